// crash_note.cpp SPDX-License-Identifier: Apache-2.0
#include "host/worker/crash_note.hpp"

#include <signal.h>
#include <sys/mman.h>

#include <cstdint>

namespace stoa::worker {
namespace {

ArenaHeader* g_header = nullptr;
constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::size_t kSignalStackBytes = 64u << 10;

// Only stores: nothing here may fail. The default action is back, so returning ends the process by the same signal.
void note(int number, siginfo_t* info, void*) {
  g_header->crash_address.store(reinterpret_cast<std::uintptr_t>(info->si_addr), std::memory_order_relaxed);
  g_header->crash_signal.store(static_cast<std::uint32_t>(number), std::memory_order_release);
}

}  // namespace

void note_crashes(ArenaHeader& header) {
  g_header = &header;
  struct sigaction action{};
  action.sa_sigaction = &note;
  action.sa_flags = static_cast<int>(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  for (const int number : kSignals) sigaction(number, &action, nullptr);
}

SignalStack::SignalStack()
    : memory_(
          mmap(nullptr, kSignalStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {
  if (memory_ == MAP_FAILED) return;
  stack_t stack{};
  stack.ss_sp = memory_;
  stack.ss_size = kSignalStackBytes;
  sigaltstack(&stack, &before_);
}

SignalStack::~SignalStack() {
  if (memory_ == MAP_FAILED) return;
  sigaltstack(&before_, nullptr);  // a sanitizer has one for each thread and takes it back at the thread's end
  munmap(memory_, kSignalStackBytes);
}

}  // namespace stoa::worker
