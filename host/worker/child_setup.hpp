// child_setup.hpp: what a forked child does to become a worker that has nothing of its parent's.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

namespace stoa::worker {

inline constexpr int kFirstGiven = 3;  // the number of the first descriptor that a worker is given

// Moves descriptors to 3, 4, 5 … in their order, the last one to stdout and stderr; stdin is /dev/null. All others
// are closed, or, with CLOSE_RANGE_CLOEXEC as close_flags, when a program is run. Signals as at a program's start,
// none blocked, and a session of its own. The descriptors lie above all numbers they are moved to.
// Returns 0 or an errno. Invariant: async-signal-safe; what is closed is closed last.
int settle_as_worker(std::span<const int> descriptors, unsigned close_flags) noexcept;

}  // namespace stoa::worker
