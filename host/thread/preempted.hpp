// preempted.hpp: whether the kernel gave this thread's core to another. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/resource.h>

#include <utility>

namespace stoa::thread {

// Since this thread asked last (or began). A system call: for whoever has seen something take too long.
inline bool was_preempted() noexcept {
  thread_local long seen = 0;
  rusage usage;
  return ::getrusage(RUSAGE_THREAD, &usage) == 0 && std::exchange(seen, usage.ru_nivcsw) != usage.ru_nivcsw;
}

}  // namespace stoa::thread
