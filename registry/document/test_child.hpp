// test_child.hpp: a process of our own that a test may kill or starve. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>

namespace stoa::registry {

// Runs `work` with the writing end of a pipe and ends with its result. Nothing of the parent may be open on the files
// that it works on. Destroyed: killed and gone.
class TestChild {
 public:
  template <class Work>
  explicit TestChild(Work work) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no process");
    if (pid_ == 0) {
      ::close(ends[0]);
      ::_exit(work(ends[1]));  // without the parent's destructors
    }
    ::close(ends[1]);
    reading_ = ends[0];
  }
  TestChild(const TestChild&) = delete;
  ~TestChild() {
    if (pid_ > 0) (void)kill();
    ::close(reading_);
  }

  // What it said until the time was over or it ended.
  std::string said_within(std::chrono::nanoseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    std::string said;
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - std::chrono::steady_clock::now());
      if (left.count() <= 0) return said;
      pollfd one{reading_, POLLIN, 0};
      const timespec limit{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
      if (::ppoll(&one, 1, &limit, nullptr) > 0 && !read_some(said)) return said;
    }
  }
  // Kills it; what was still in the pipe was said before.
  std::string kill() {
    ::kill(pid_, SIGKILL);
    std::string said;
    while (read_some(said)) {
    }
    wait();
    return said;
  }
  // Its result; -1: it did not end by itself.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  bool read_some(std::string& said) {
    char bytes[4096];
    const auto got = ::read(reading_, bytes, sizeof bytes);
    if (got <= 0) return false;
    said.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  pid_t pid_ = -1;
  int reading_ = -1;
};

// From now on no file of this process grows beyond that: a write fails as on a full disk.
inline void limit_files(rlim_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

}  // namespace stoa::registry
