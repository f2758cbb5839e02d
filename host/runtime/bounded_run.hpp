// bounded_run.hpp: runs plugin code that may never return. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>

namespace stoa::runtime {

// Runs work on a thread of its own and waits for it. False when deadline_ns (CLOCK_MONOTONIC) passes first: the thread
// is left behind for ever, with all that work owns, because a thread inside foreign code cannot be stopped. A hung
// plugin therefore costs a thread and its memory; only a worker process (isolation tiers T1 and up) can be killed
// instead. work must own what it touches.
bool run_bounded(std::function<void()> work, std::uint64_t deadline_ns);

}  // namespace stoa::runtime
