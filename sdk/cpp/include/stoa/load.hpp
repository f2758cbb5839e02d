// load.hpp: what a model's constructor is told: its name, the operator's settings, the devices and bounds it may use.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_LOAD_HPP
#define STOA_LOAD_HPP
#include <cstdint>
#include <string_view>

#include "stoa/record.hpp"
#include "stoa/span.hpp"

namespace stoa {

// Lifetime: for the constructor only, and so are its views. Copy what the model keeps.
class Load {
 public:
  explicit Load(const stoa_load& abi) noexcept : record_(complete(abi)) {}

  std::string_view model() const noexcept { return view_of(record_.model); }              // the manifest's model name
  std::string_view config_json() const noexcept { return view_of(record_.config_json); }  // an object, or empty
  Span<const DLDevice> devices() const noexcept { return {record_.devices, record_.n_devices}; }  // none: the CPU
  std::uint64_t memory_budget() const noexcept { return record_.memory_budget; }  // bytes; 0: no limit stated
  std::uint32_t inflight_max() const noexcept { return record_.max_inflight == 0 ? 1 : record_.max_inflight; }
  std::uint32_t threads() const noexcept { return record_.n_threads == 0 ? 1 : record_.n_threads; }

 private:
  stoa_load record_;
};

}  // namespace stoa
#endif
