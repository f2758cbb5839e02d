// manifest.hpp: what a package says of itself, parsed and checked. The JSON form: docs/reference/manifest.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/document/digest.hpp"
#include "stoa/datatype.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

struct PortDeclaration {
  std::string name;
  std::string kind;                    // "tensor" "text" "bytes" "json"
  DataType datatype = DataType::fp32;  // bytes for every kind but tensor
  std::vector<std::int64_t> shape;     // -1: any extent; {1} for every kind but tensor
  std::vector<std::string> media_types;
  bool optional = false;
  std::string description;
};

struct LimitsDeclaration {  // absent: the host's default
  std::optional<std::uint64_t> request_bytes_max;
  std::optional<std::uint32_t> inflight_max, queue_max, threads;
  std::optional<std::uint64_t> deadline_ms, load_ms;
};

// What the publisher asks for: nano-units (10^-9) of the currency for `per` of what the meter counts. What a customer
// pays is the operator's word, which is not in here.
struct PriceDeclaration {
  std::string meter, currency;  // "token.out", "EUR"
  std::uint64_t nano = 0, per = 1;
  bool operator==(const PriceDeclaration&) const = default;
};

struct ModelDeclaration {
  std::string name;  // local: "image-classify"; served as "<publisher>/<name>"
  std::string task, description;
  std::vector<PortDeclaration> inputs, outputs;
  std::vector<std::vector<std::string>> one_of;
  std::vector<std::string> meters;       // "call", "image", "token.out" ...
  std::vector<PriceDeclaration> prices;  // of these meters; empty: the publisher says nothing
  bool is_streaming = false;
  LimitsDeclaration limits;
  std::string config_json;  // object text or empty
};

struct CudaCompute {  // compute capability 8.6
  std::uint32_t major = 0, minor = 0;
  friend auto operator<=>(const CudaCompute&, const CudaCompute&) = default;
  std::string text() const { return std::to_string(major) + "." + std::to_string(minor); }
};

struct GpuDeclaration {
  std::string kind;  // "cuda"
  CudaCompute compute_min;
  std::uint64_t memory_bytes_min = 0;
  bool operator==(const GpuDeclaration&) const = default;
};

struct PlatformDeclaration {
  std::string os, arch, libc;    // "linux", "x86_64", "glibc"
  std::string libc_min;          // "2.36"
  std::vector<std::string> cpu;  // cpu_feature.hpp's: "x86-64-v3", "avx512f"; empty: every machine of arch
  std::optional<GpuDeclaration> gpu;
  std::string library;  // path in the package: "lib/linux-x86_64/plugin.so"
  Sha256 sha256{};
  std::uint64_t size = 0;
};

// An asset that lies in the package encrypted (licensing/sealed).
struct EncryptionDeclaration {
  std::string content_key;       // id of the key: 16 hexadecimal digits
  std::uint64_t plain_size = 0;  // of its content in clear
  bool operator==(const EncryptionDeclaration&) const = default;
};

struct AssetDeclaration {
  std::string path;  // "assets/weights.pt"
  Sha256 sha256{};   // of the bytes in the package
  std::uint64_t size = 0;
  std::string media_type;
  std::optional<EncryptionDeclaration> encrypted;  // packed form only
};

// A value given to an input or expected of an output. Exactly one of data_json, data_bytes and data_asset holds it,
// but for an empty text or bytes value, where all three are empty.
struct GoldenTensor {
  std::string name;
  DataType datatype = DataType::fp32;  // the port's
  std::vector<std::int64_t> shape;     // no -1; {1} for every kind but tensor
  std::string data_json;               // tensor and json ports: JSON text of the v2 "data" array or of the value
  std::string data_bytes;              // text and bytes ports: the content itself (base64 in the manifest's bytes)
  std::string data_asset;              // "@assets/x.png" in the manifest: path of the asset that holds the content
  std::string media_type;              // the manifest's own, else the asset's, else the port's only one, else empty
  double atol = 1e-5, rtol = 1e-4;     // outputs only
};
struct GoldenDeclaration {
  std::string name, model, params_json;
  std::vector<GoldenTensor> inputs, outputs;
};

struct Manifest {
  std::string publisher, plugin;  // id "acme/vision"
  std::string version;            // semantic version 2.0
  std::string description, homepage;
  std::string changelog;  // what this version changes, for people
  std::uint32_t abi_min = 1, abi_max = 1;
  std::vector<PlatformDeclaration> platforms;
  std::vector<ModelDeclaration> models;
  std::vector<std::string> permissions;       // permission.hpp's: "device:cuda", "scratch:64MiB"
  std::string min_isolation;                  // "T0" "T1" "T2" "T2n": not served below; empty: the operator's word
  std::string licence_code, licence_weights;  // SPDX expressions
  std::vector<AssetDeclaration> assets;
  std::vector<GoldenDeclaration> golden;
  Sha256 source_sha256{};  // of the author's manifest, which the library carries

  std::string id() const { return publisher + "/" + plugin; }
};

// Strict: unknown keys, duplicate keys, depth over 16 and sizes over the documented bounds are refused. Error: code
// invalid_argument, reason "manifest.<rule>", message starting with the field's JSON pointer.
Result<Manifest> parse_manifest(std::string_view json);

// The author's form: the same without the digests and sizes that packing adds. Those of the result are zero.
Result<Manifest> parse_source_manifest(std::string_view json);

inline constexpr std::size_t kManifestBytesMax = 1 << 20;
inline constexpr std::uint64_t kEntryBytesMax = (std::uint64_t{8} << 30) - 1;  // what a ustar header can say

}  // namespace stoa::registry
