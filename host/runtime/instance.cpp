// instance.cpp: the life of an instance as a table. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/instance.hpp"

#include <iterator>

namespace stoa::runtime {

std::string_view name_of(InstanceState state) {
  constexpr std::string_view kNames[] = {"created",  "loading", "warming", "proving",   "ready",
                                         "draining", "stopped", "failed",  "recovering"};
  const auto at = static_cast<std::size_t>(state);
  return at < std::size(kNames) ? kNames[at] : "unknown";
}

bool is_legal(InstanceState from, InstanceState to) {
  using enum InstanceState;
  if (to == failed) return from != stopped;
  switch (from) {
    case created:
      return to == loading;
    case loading:
      return to == warming;
    case warming:
      return to == proving || to == draining;
    case proving:
      return to == ready || to == draining;
    case ready:
      return to == draining || to == recovering;
    case recovering:
      return to == ready || to == draining;
    case draining:
      return to == stopped;
    case failed:
      return to == stopped;
    case stopped:
      return false;
  }
  return false;
}

Result<void> make_ready(Instance& instance) {
  if (auto warm = instance.warm_up(); !warm) return warm;
  return instance.prove();
}

}  // namespace stoa::runtime
