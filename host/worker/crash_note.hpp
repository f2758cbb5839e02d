// crash_note.hpp: what a dying worker leaves in its arena for the host's log. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <signal.h>

#include "host/worker/arena.hpp"

namespace stoa::worker {

// Notes signal and address of SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT, and lets the signal end the process. A
// plugin may replace these handlers: then the host knows the signal alone. Once, before partner code runs.
void note_crashes(ArenaHeader& header);

// What the handlers run on when the calling thread's own stack has overflown: without, that leaves no note. From its
// construction to its end on the same thread; then the thread has what it had before. Where there is no memory for it,
// the thread goes without.
class SignalStack {
 public:
  SignalStack();
  ~SignalStack();
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

 private:
  void* memory_;
  stack_t before_{};
};

}  // namespace stoa::worker
