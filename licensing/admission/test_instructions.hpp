// test_instructions.hpp: how many instructions something takes, counted one by one. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>

namespace stoa::licensing {

// work runs in a process of its own, which is stepped through it: exact, on any machine, however busy. With it are
// counted the same few of the mark at either end. Nothing: this machine lets no process be traced.
template <class Work>
std::optional<long> instructions_of(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(1);
    work();  // what is done once, as the first call of a shared library's function, is done now
    ::raise(SIGUSR1);
    work();
    ::raise(SIGUSR1);
    ::_exit(0);
  }
  int status = 0;
  const auto is_at = [&](int signal) {
    return ::waitpid(child, &status, 0) == child && WIFSTOPPED(status) && WSTOPSIG(status) == signal;
  };
  std::optional<long> steps;
  if (child > 0 && is_at(SIGUSR1)) {
    long count = 0;
    do {
      ::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr);
      ++count;
    } while (is_at(SIGTRAP));
    if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGUSR1) steps = count;
  }
  if (child > 0 && WIFSTOPPED(status)) {
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
  }
  return steps;
}

}  // namespace stoa::licensing
