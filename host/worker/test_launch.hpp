// test_launch.hpp: for tests that launch processes: the program they launch, and what they hear of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <poll.h>

#include "host/worker/launcher.hpp"
#include "host/worker/test_sandbox.hpp"

namespace stoa::worker {

inline std::filesystem::path fixture_program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "stoa_launched_fixture";
}

struct PipeEnds {
  PipeEnds() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    read = ends[0];
    write = ends[1];
  }
  ~PipeEnds() {
    close_write();
    ::close(read);
  }
  PipeEnds(const PipeEnds&) = delete;
  PipeEnds& operator=(const PipeEnds&) = delete;

  void close_write() {
    if (write >= 0) ::close(write);
    write = -1;
  }

  // Until the last writer has closed it.
  std::string read_all() {
    close_write();
    std::string all;
    char text[4096];
    for (ssize_t got = 1; got != 0;) {
      got = ::read(read, text, sizeof(text));
      if (got > 0) all.append(text, static_cast<std::size_t>(got));
      if (got < 0 && errno != EINTR) break;
    }
    return all;
  }

  std::string read_line() {
    std::string line;
    for (char byte = 0; ::read(read, &byte, 1) == 1 && byte != '\n';) line += byte;
    return line;
  }

  int read, write;
};

// How it ended, as waitpid says. Waits for the pidfd first, at most ten seconds: that is what a supervisor watches.
inline int wait_for_end(const Launched& launched) {
  pollfd watched{launched.pidfd, POLLIN, 0};
  EXPECT_EQ(::poll(&watched, 1, 10'000), 1) << "the process has not ended";
  ::close(launched.pidfd);
  ::kill(launched.pid, SIGKILL);
  int status = 0;
  while (::waitpid(launched.pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

inline std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

// Nothing is left to reap: neither running nor ended.
inline bool has_no_child() { return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

}  // namespace stoa::worker
