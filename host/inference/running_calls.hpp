// running_calls.hpp: the calls a model has taken and not ended, for whoever has to end them all.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "host/runtime/call.hpp"

namespace stoa::inference {

// Any thread. In several parts, because calls come and go on all threads at once: neighbours rarely share a lock.
// Lifetime: a call is alive until it is removed, because nobody lets go of one that has not ended.
class RunningCalls {
 public:
  // Before it is handed on: it may end at once.
  void add(runtime::Call& call) {
    call.is_listed = true;
    Part& part = part_of(call);
    const std::lock_guard lock(part.mutex);
    part.calls.push_back(&call);
    call.seat = static_cast<std::uint32_t>(part.calls.size());
  }
  // Ignored for one that was not added.
  void remove(runtime::Call& call) noexcept {
    if (!call.is_listed) return;
    Part& part = part_of(call);
    const std::lock_guard lock(part.mutex);
    if (call.seat == 0) return;
    runtime::Call* const last = part.calls.back();
    part.calls[call.seat - 1] = last;
    last->seat = call.seat;
    call.seat = 0;
    part.calls.pop_back();
  }
  std::vector<std::shared_ptr<runtime::Call>> list() const {
    std::vector<std::shared_ptr<runtime::Call>> all;
    for (const Part& part : parts_) {
      const std::lock_guard lock(part.mutex);
      for (runtime::Call* const call : part.calls)
        if (auto held = call->weak_from_this().lock()) all.push_back(std::move(held));
    }
    return all;
  }

 private:
  static constexpr std::size_t kParts = 16;
  struct alignas(64) Part {
    mutable std::mutex mutex;
    std::vector<runtime::Call*> calls;  // Lock: mutex, with their seats: each one's place here, from 1
  };
  Part& part_of(const runtime::Call& call) { return parts_[call.id() % kParts]; }

  std::array<Part, kParts> parts_;
};

}  // namespace stoa::inference
