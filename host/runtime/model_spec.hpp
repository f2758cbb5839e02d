// model_spec.hpp: what the host knows of a model before its code runs: typed, checked, without JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "stoa/datatype.hpp"
#include "stoa/dlpack.h"

namespace stoa::runtime {

// The numbers are the C ABI's STOA_PART_*.
enum class PartKind : std::uint32_t { tensor = 1, text = 2, bytes = 3, json = 4, strings = 5 };

// One named input or output. Text, bytes and JSON ports appear in the v2 protocol as BYTES of shape [1].
struct PortSpec {
  std::string name;
  PartKind kind = PartKind::tensor;
  DataType datatype = DataType::fp32;
  std::vector<std::int64_t> shape;       // -1: any extent
  std::vector<std::string> media_types;  // accepted (input) or produced (output); empty: none stated
  bool optional = false;
};

struct ModelLimits {
  std::uint64_t request_bytes_max = 64u << 20;
  std::uint32_t inflight_max = 64;             // between submit and finish
  std::uint32_t queue_max = 256;               // waiting in front of that
  std::uint32_t threads = 1;                   // model threads, each may be inside submit
  std::uint32_t workers = 1;                   // processes of so many threads each, where it runs in workers
  std::uint64_t deadline_ns = 30'000'000'000;  // for requests that name none
  std::uint64_t load_ns = 60'000'000'000;      // load, warm-up and golden cases together
  std::uint64_t memory_budget_bytes = 0;       // told to the plugin; 0: none stated
};

struct ModelSpec {
  std::string name;                        // "publisher/model"
  std::string version;                     // the release's
  std::array<std::uint8_t, 32> package{};  // names all of the release's content; zeros: it came in no package
  std::string local_name;                  // the manifest's model name, as stoa_load.model says it
  std::string task;                        // "image-classification"
  std::vector<PortSpec> inputs, outputs;
  std::vector<std::vector<std::string>> one_of;  // exactly one input of each group must be given
  std::vector<std::string> meters;
  ModelLimits limits;
  std::vector<DLDevice> devices;  // that the model may use; empty: the CPU
  std::string config_json;        // passed through, never parsed here
  bool is_streaming = false;      // emits more than once per request

  const PortSpec* input(std::string_view port) const {
    for (const auto& p : inputs)
      if (p.name == port) return &p;
    return nullptr;
  }
  const PortSpec* output(std::string_view port) const {
    for (const auto& p : outputs)
      if (p.name == port) return &p;
    return nullptr;
  }
};

}  // namespace stoa::runtime
