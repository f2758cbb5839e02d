// crash_note.hpp: what a dying worker leaves in its arena for the host's log. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "host/worker/arena.hpp"

namespace stoa::worker {

// Notes signal and address of SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT, and lets the signal end the process. A
// plugin may replace these handlers: then the host knows the signal alone. Once, before partner code runs.
void note_crashes(ArenaHeader& header);

}  // namespace stoa::worker
