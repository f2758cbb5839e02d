// worker_process_blame.cpp: what a worker died of, and which of its requests may have been too much for it.
// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "host/worker/worker_process.hpp"

namespace stoa::worker {
namespace {

constexpr std::size_t kNamedMax = 4;  // requests in a line of the log

std::string signal_text(int number) {
  const char* name = sigabbrev_np(number);
  return name == nullptr ? "signal " + std::to_string(number) : std::string("SIG") + name;
}

}  // namespace

bool WorkerProcess::is_at(std::uint64_t batch) const {
  return std::ranges::any_of(responses_.header().seats,
                             [&](const ArenaHeader::Seat& seat) { return seat.batch.load() == batch; });
}

// Lock: mutex_. Only a request that a thread works on, or that the plugin kept, can be why nothing comes; where those
// that merely wait for a thread are the only ones late, nobody is to blame.
std::shared_ptr<WorkerProcess::Flight> WorkerProcess::find_hung(std::uint64_t now_ns) {
  std::shared_ptr<Flight> hung;
  for (const auto& [unused, flight] : flights_) {
    if (flight->has_ended || flight->hangs_ns == 0 || now_ns <= flight->hangs_ns) continue;
    const bool is_worked_on = flight->has_returned || is_at(flight->position);
    if (hung != nullptr && !is_worked_on) continue;
    hung = flight;
    hung_batch_ = is_worked_on ? flight->position : 0;
    if (is_worked_on) break;
  }
  return hung;
}

// Lock: mutex_.
std::string WorkerProcess::what_ended_it(const siginfo_t& info) const {
  std::string what = "it ended itself with status " + std::to_string(info.si_status);
  if (info.si_code != CLD_EXITED) {
    const ArenaHeader& note = responses_.header();
    const int noted = static_cast<int>(note.crash_signal.load());
    // abort() ends the first process of a namespace by another signal than its own (note_crashes).
    what = signal_text(noted == SIGABRT && info.si_status != SIGKILL ? noted : info.si_status);
    char address[32];
    std::snprintf(address, sizeof address, " at address 0x%llx",
                  static_cast<unsigned long long>(note.crash_address.load()));
    if (noted == info.si_status && noted != SIGABRT) what += address;
  }
  if (!kill_reason_.empty()) what += " from the host, because " + kill_reason_;
  return what;
}

// Lock: mutex_. begun: the flights that it had read and not ended. In this order the worker's word is asked: what hung,
// whose thread crashed, who was worked on. One batch is blamed or none; a death that came from outside blames nobody.
void WorkerProcess::blame(const siginfo_t& info, std::span<const std::shared_ptr<Flight>> begun, Death& death) const {
  const ArenaHeader& note = responses_.header();
  const bool is_killed = info.si_code != CLD_EXITED && info.si_status == SIGKILL;
  const bool is_noted = info.si_code != CLD_EXITED && !is_killed && note.crash_signal.load() != 0;
  const auto is_named = [&](std::uint64_t batch) {
    if (hung_batch_) return batch == *hung_batch_;
    return is_noted ? batch == note.crash_batch.load() : is_at(batch);
  };
  std::vector<std::shared_ptr<Flight>> named;
  std::ranges::copy_if(begun, std::back_inserter(named),
                       [&](const auto& flight) { return is_named(flight->position); });
  // A plugin with threads of its own works on what nobody is at.
  if (named.empty() && !hung_batch_ && begun.size() == 1) named.push_back(begun.front());
  std::ranges::sort(named, {}, [](const auto& flight) { return flight->call->id(); });
  for (std::size_t i = 0; i < std::min(named.size(), kNamedMax); ++i)
    death.what += (i == 0 ? ", last request " : ", ") + std::to_string(named[i]->call->id());
  if (named.size() > kNamedMax) death.what += " and " + std::to_string(named.size() - kNamedMax) + " more";
  const auto is_of_another = [&](const auto& flight) { return flight->position != named.front()->position; };
  if ((is_killed && kill_reason_.empty()) || std::ranges::any_of(named, is_of_another)) return;
  for (const auto& flight : named) death.suspects.push_back(flight->call);
}

}  // namespace stoa::worker
