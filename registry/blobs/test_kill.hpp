// test_kill.hpp: kill -9 at one system call of a process.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>

namespace stoa::registry {

// In the child, right before what is to be interrupted. False: nobody may be traced here.
inline bool stop_to_be_traced() { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 && ::raise(SIGSTOP) == 0; }

// In the parent: kills the child as it enters or leaves its n-th system call, counted together. Its wait status.
inline int kill_at_system_call(pid_t child, std::uint64_t n) {
  int status = 0;
  for (std::uint64_t i = 0; ::waitpid(child, &status, 0) == child && WIFSTOPPED(status); ++i) {
    if (i == n) ::kill(child, SIGKILL);
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
  }
  return status;
}

}  // namespace stoa::registry
