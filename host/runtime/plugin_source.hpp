// plugin_source.hpp: a verified package as the runtime sees it: files on disk, typed models, golden cases.
// host/app makes one from a registry package; the runtime never opens a package itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/runtime/model_spec.hpp"
#include "host/runtime/part.hpp"
#include "stoa/result.hpp"

namespace stoa::runtime {

// The content of an encrypted asset: a descriptor of memory that nobody can change, for as long as somebody holds it.
using ClearDescriptor = std::shared_ptr<const int>;
// Decrypts, where that is allowed for these models now. Blocks as long as reading the file does. Any thread.
using DecryptAsset = std::function<Result<ClearDescriptor>(std::span<const ModelSpec> models)>;

struct AssetFile {
  std::string path;            // as in the manifest: "assets/weights.pt"
  std::filesystem::path file;  // where the verified bytes lie
  std::uint64_t size = 0;      // of the content
  int descriptor = -1;         // where it is open already, in a process that may open no files; else -1
  DecryptAsset decrypt = {};   // empty: the file is the content
  ClearDescriptor clear = {};  // what descriptor is of, once decrypted
};

// What a golden case expects of one output. Tensors compare within atol + rtol * |expected|; text and bytes exactly.
struct GoldenOutput {
  std::string name;
  InputPart expected;
  double atol = 1e-5, rtol = 1e-4;
};
struct GoldenCase {
  std::string name, model;
  std::string params_json;
  std::vector<InputPart> inputs;
  std::vector<GoldenOutput> outputs;
};

// What a sandbox opens for the plugin, as its manifest asks and the operator allows.
struct PluginPermissions {
  bool jit = false;                      // makes code while it serves
  bool network = false;                  // opens sockets, to any address and port
  std::vector<std::uint16_t> tcp_ports;  // opens TCP to these ports, at any address
  bool devices = false;                  // uses the cards of its model's spec
  std::uint64_t scratch_bytes = 0;       // writes files in a folder of its own; 0: has none
};

struct PluginSource {
  std::string id, version;                       // "publisher/plugin", "1.2.0"
  std::filesystem::path library;                 // absolute
  std::array<std::uint8_t, 32> source_sha256{};  // of the manifest the library was built with
  std::uint32_t abi_min = 1, abi_max = 1;
  std::string libc_min;  // the platform's, "2.36"; empty: not checked
  PluginPermissions permissions;
  std::vector<AssetFile> assets;
  std::vector<ModelSpec> models;
  std::vector<GoldenCase> golden;
};

}  // namespace stoa::runtime
