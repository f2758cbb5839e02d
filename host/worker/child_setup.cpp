// child_setup.cpp SPDX-License-Identifier: Apache-2.0
#include "host/worker/child_setup.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace stoa::worker {

int settle_as_worker(std::span<const int> descriptors, unsigned close_flags) noexcept {
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0 || ::dup2(null, STDIN_FILENO) < 0) return errno;
  const int output = descriptors.back();
  if (::dup2(output, STDOUT_FILENO) < 0 || ::dup2(output, STDERR_FILENO) < 0) return errno;
  int target = kFirstGiven;
  for (const int fd : descriptors.first(descriptors.size() - 1))
    if (::dup2(fd, target++) < 0) return errno;
  struct sigaction by_default{};
  by_default.sa_handler = SIG_DFL;
  for (int signal = 1; signal < _NSIG; ++signal) ::sigaction(signal, &by_default, nullptr);  // two of them are refused
  sigset_t none;
  ::sigemptyset(&none);
  if (::sigprocmask(SIG_SETMASK, &none, nullptr) != 0 || ::setsid() < 0) return errno;
  return ::syscall(SYS_close_range, static_cast<unsigned>(target), ~0u, close_flags) == 0 ? 0 : errno;
}

}  // namespace stoa::worker
