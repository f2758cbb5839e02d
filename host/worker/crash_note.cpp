// crash_note.cpp SPDX-License-Identifier: Apache-2.0
#include "host/worker/crash_note.hpp"

#include <signal.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <iterator>

namespace stoa::worker {
namespace {

ArenaHeader* g_header = nullptr;
std::atomic<std::uint32_t> g_seats_taken{0};
thread_local std::atomic<std::uint64_t>* t_batch = nullptr;
constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::size_t kSignalStackBytes = 64u << 10;

// Only stores: nothing here may fail. The default action is back, so returning ends the process by the same signal.
void note(int number, siginfo_t* info, void*) {
  std::uint32_t none = 0;
  if (!g_header->crash_signal.compare_exchange_strong(none, static_cast<std::uint32_t>(number))) return;
  const bool has_address = info->si_code > 0;  // it is no signal that somebody sent
  g_header->crash_address.store(has_address ? reinterpret_cast<std::uintptr_t>(info->si_addr) : 0);
  if (t_batch != nullptr) g_header->crash_batch.store(t_batch->load());
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

void take_seat() {
  const std::uint32_t at = g_seats_taken.fetch_add(1);
  if (at < std::size(g_header->seats)) t_batch = &g_header->seats[at].batch;
}

void note_batch(std::uint64_t batch) {
  if (t_batch != nullptr) t_batch->store(batch, std::memory_order_relaxed);
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
