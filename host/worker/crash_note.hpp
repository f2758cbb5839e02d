// crash_note.hpp: what a dying worker leaves in its arena for the host's log. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <signal.h>

#include "host/worker/arena.hpp"

namespace stoa::worker {

// Notes signal and address of SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT, of the first that comes: abort() goes on to
// an illegal instruction where its signal ends nothing (a namespace's first process). Then the signal ends it. A plugin
// may replace these handlers: then the host knows the signal alone. Once, before partner code runs.
void note_crashes(ArenaHeader& header);

// For a model thread: a seat of its own in the header, after note_crashes, and what it is at from now on; 0: nothing.
// Threads that find all seats taken work without being noted.
void take_seat();
void note_batch(std::uint64_t batch);

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
