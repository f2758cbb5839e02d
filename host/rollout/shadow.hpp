// shadow.hpp: asks a release what another one was asked, and compares. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "host/inference/mirror.hpp"
#include "host/inference/served_model.hpp"
#include "host/rollout/traffic_plan.hpp"

namespace stoa::rollout {

struct ShadowStatistics {
  std::uint64_t equal = 0, different = 0;  // answers compared
  std::uint64_t failed = 0;                // the shadow gave no answer where the other did
  std::uint64_t dropped = 0;               // no room for the copy: nothing was asked
  std::uint64_t skipped = 0;               // the other gave no answer to compare with
  std::uint32_t held = 0;                  // copies under way
  std::uint64_t held_bytes = 0;
  std::string last_difference;  // in words: output, index, expected and got
};

// The copy of a request is asked once the other release has answered, on a thread of its own: on a customer's way lies
// one copy of the answer's bytes, within the plan's bounds, and no waiting. Inputs are shared, not copied; they stay in
// memory (a worker's arena, where they lie in one) until the copy is done, which waiting_bytes_max bounds.
class Shadow final {
 public:
  Shadow(std::shared_ptr<inference::ServedModel> model, const ShadowPlan& plan);
  // Gives up what is under way and joins its thread. Not on an I/O thread: the model's plugin is told to stop.
  ~Shadow();
  Shadow(const Shadow&) = delete;
  Shadow& operator=(const Shadow&) = delete;

  // May outlive the shadow; it is deaf then.
  std::shared_ptr<inference::Mirror> mirror() const;
  ShadowStatistics statistics() const;  // any thread

 private:
  class Desk;
  std::shared_ptr<Desk> desk_;
  std::thread thread_;
};

// A part as it was emitted, in memory of its own.
runtime::InputPart copy_of(const runtime::OutputPart& part);

// What differs, in words; empty: nothing. Parts of one name: texts, bytes and JSON are put together first, tensors and
// strings are compared one by one, in their order. Floats within atol + rtol * |expected|.
std::string difference(std::span<const runtime::InputPart> expected, std::span<const runtime::OutputPart> got,
                       const ShadowPlan& tolerance);

}  // namespace stoa::rollout
