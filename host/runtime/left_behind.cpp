// left_behind.cpp SPDX-License-Identifier: Apache-2.0
#include "host/runtime/left_behind.hpp"

#include <deque>
#include <mutex>
#include <utility>

namespace stoa::runtime {

void leave_behind(std::shared_ptr<const void> what) {
  static std::mutex mutex;
  static auto* const kept = new std::deque<std::shared_ptr<const void>>();
  const std::lock_guard lock(mutex);
  kept->push_back(std::move(what));
}

}  // namespace stoa::runtime
