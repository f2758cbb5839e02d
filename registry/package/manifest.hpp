// manifest.hpp: what a package says of itself, parsed and checked. The JSON form: docs/reference/manifest.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/datatype.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

using Sha256 = std::array<std::uint8_t, 32>;

struct PortDeclaration {
  std::string name;
  std::string kind;                      // "tensor" "text" "bytes" "json"
  DataType datatype = DataType::fp32;    // bytes for every kind but tensor
  std::vector<std::int64_t> shape;       // -1: any extent; {1} for every kind but tensor
  std::vector<std::string> media_types;
  bool optional = false;
  std::string description;
};

struct LimitsDeclaration {               // absent: the host's default
  std::optional<std::uint64_t> request_bytes_max;
  std::optional<std::uint32_t> inflight_max, queue_max, threads;
  std::optional<std::uint64_t> deadline_ms, load_ms;
};

struct ModelDeclaration {
  std::string name;                      // local: "image-classify"; served as "<publisher>/<name>"
  std::string task, description;
  std::vector<PortDeclaration> inputs, outputs;
  std::vector<std::vector<std::string>> one_of;
  std::vector<std::string> meters;       // "call", "image", "token.out" ...
  bool is_streaming = false;
  LimitsDeclaration limits;
  std::string config_json;               // object text or empty
};

struct PlatformDeclaration {
  std::string os, arch, libc;            // "linux", "x86_64", "glibc"
  std::string libc_min;                  // "2.36"
  std::string library;                   // path in the package: "lib/linux-x86_64/plugin.so"
  Sha256 sha256{};
  std::uint64_t size = 0;
};

struct AssetDeclaration {
  std::string path;                      // "assets/weights.pt"
  Sha256 sha256{};
  std::uint64_t size = 0;
  std::string media_type;
};

struct GoldenTensor {                    // or text / bytes: data_json is then a string (bytes: base64 or "@path")
  std::string name;
  DataType datatype = DataType::fp32;
  std::vector<std::int64_t> shape;
  std::string data_json;                 // v2 "data" array, a string, or "@assets/x.png" for an asset's bytes
  double atol = 1e-5, rtol = 1e-4;       // outputs only
};
struct GoldenDeclaration {
  std::string name, model, params_json;
  std::vector<GoldenTensor> inputs, outputs;
};

struct Manifest {
  std::string publisher, plugin;         // id "acme/vision"
  std::string version;                   // semantic version 2.0
  std::string description, homepage;
  std::uint32_t abi_min = 1, abi_max = 1;
  std::vector<PlatformDeclaration> platforms;
  std::vector<ModelDeclaration> models;
  std::vector<std::string> permissions;  // "device:cuda", "network:…", "scratch:64MiB"
  std::string licence_code, licence_weights;  // SPDX expressions
  std::vector<AssetDeclaration> assets;
  std::vector<GoldenDeclaration> golden;
  Sha256 source_sha256{};                // of the author's manifest, which the library carries

  std::string id() const { return publisher + "/" + plugin; }
};

// Strict: unknown keys, duplicate keys, depth over 16 and sizes over the documented bounds are refused. Error: code
// invalid_argument, reason "manifest.<rule>", message starting with the field's JSON pointer.
Result<Manifest> parse_manifest(std::string_view json);

}  // namespace stoa::registry
