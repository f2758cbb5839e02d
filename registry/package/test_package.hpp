// test_package.hpp: what the tests of packages share: the sample plugin and its package.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "registry/document/test_folder.hpp"
#include "registry/package/package_writer.hpp"
#include "registry/package/trust_store.hpp"
#include "registry/signature/ed25519.hpp"

namespace stoa::registry {

// The author's form of a plugin with two models, two assets and every kind of port.
inline constexpr std::string_view kSampleManifest = R"({
 "stoa": 1, "id": "acme/vision", "version": "1.2.0", "description": "sees", "homepage": "https://acme.example/vision",
 "abi": {"min": 1, "max": 1},
 "licences": {"code": "Apache-2.0", "weights": "CC-BY-4.0 OR LicenseRef-acme"},
 "permissions": ["scratch:64MiB"],
 "platforms": [{"os": "linux", "arch": "x86_64", "libc": "glibc", "libc_min": "2.36", "library": "lib/linux-x86_64/plugin.so"}],
 "models": [
  {"name": "classify", "task": "image-classification",
   "inputs": [{"name": "image", "kind": "bytes", "media_types": ["image/png"], "optional": true},
              {"name": "pixels", "datatype": "UINT8", "shape": [-1, 2], "optional": true}],
   "one_of": [["image", "pixels"]],
   "outputs": [{"name": "label", "datatype": "BYTES", "shape": [-1]}, {"name": "p", "datatype": "FP32", "shape": [-1, 2]}],
   "meters": ["call", "image"], "limits": {"threads": 1, "queue_max": 0}, "config": {"k": [1]}},
  {"name": "talk", "task": "text-generation", "streaming": true,
   "inputs": [{"name": "text", "kind": "text"}], "outputs": [{"name": "reply", "kind": "json"}]}],
 "assets": [{"path": "assets/weights.bin", "media_type": "application/octet-stream"}, {"path": "assets/golden/boot.png", "media_type": "image/png"}],
 "golden": [
  {"name": "boot", "model": "classify", "parameters": {"top": 1}, "inputs": [{"name": "image", "data": "@assets/golden/boot.png"}],
   "outputs": [{"name": "label", "datatype": "BYTES", "shape": [1], "data": ["boot"]},
               {"name": "p", "datatype": "FP32", "shape": [1, 2], "data": [0.25, 0.75], "atol": 0.001}]},
  {"name": "hello", "model": "talk", "inputs": [{"name": "text", "data": "hi"}], "outputs": [{"name": "reply", "data": {"a": 1}}]}]
})";

inline void write_sample(const std::filesystem::path& folder) {
  write_file(folder / "manifest.json", kSampleManifest);
  write_file(folder / "lib/linux-x86_64/plugin.so", "not really a library, which nothing here may notice");
  write_file(folder / "assets/weights.bin", std::string(700, 'w'));
  write_file(folder / "assets/golden/boot.png", "\x89PNG");
}

// A folder with the sample plugin, a key pair and the signed package.
class SamplePackage {
 public:
  SamplePackage() : key(PrivateKey::generate()) {
    write_sample(folder / "source");
    const auto packed = pack_folder({folder / "source", package(), &key});
    EXPECT_TRUE(packed.has_value()) << packed.error().message;
    trust.add("acme", key.public_key());
  }
  std::filesystem::path package() const { return folder / "sample.stoa"; }

  TestFolder folder;
  PrivateKey key;
  TrustStore trust;
};

}  // namespace stoa::registry
