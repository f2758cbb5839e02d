// test_process.hpp: a process of our own that dies at one of its system calls, or finds the disk full at one.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>

namespace stoa::registry {

// What a traced child tells its tracer: a prctl() of no meaning to the kernel.
enum class Tracing : int { begins = 0x53544f41, disk_is_full = 0x53544f42, disk_has_room = 0x53544f43 };
inline void tell_tracer(Tracing what) { (void)::prctl(static_cast<int>(what), 0, 0, 0, 0); }

// Runs `work` in a child with the writing end of a pipe, traced from its own begins on. Nothing of the parent may be
// open on the files that it works on.
class TracedChild {
 public:
  explicit TracedChild(const std::function<int(int pipe)>& work) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no process");
    if (pid_ == 0) {
      ::close(ends[0]);
      const bool is_traced = ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 && ::raise(SIGSTOP) == 0;
      ::_exit(is_traced ? work(ends[1]) : kNotTraced);  // without the parent's destructors
    }
    ::close(ends[1]);
    reading_ = ends[0];
    ::fcntl(reading_, F_SETFL, O_NONBLOCK);
  }
  TracedChild(const TracedChild&) = delete;
  ~TracedChild() {
    if (pid_ > 0) ::kill(pid_, SIGKILL), wait();
    ::close(reading_);
  }

  static constexpr int kNotTraced = 77;  // this machine lets nobody be traced

  // Kills it as it enters or leaves its n-th system call after begins, counted together.
  void kill_at_call(std::uint64_t n) {
    std::uint64_t seen = 0;
    bool is_begun = false;
    run([&](const user_regs_struct& at, bool is_entry) {
      if (is_entry && is(at, Tracing::begins)) is_begun = true;
      if (is_begun && seen++ == n) ::kill(pid_, SIGKILL);
      return Verdict::pass;
    });
  }

  // Between disk_is_full and disk_has_room the first `writes` calls that may need room pass, and all after that fail.
  // How many failed.
  std::uint64_t fill_disk_after(std::uint64_t writes) {
    std::uint64_t seen = 0, failed = 0;
    bool is_full = false;
    run([&](const user_regs_struct& at, bool is_entry) {
      if (!is_entry) return Verdict::pass;
      if (is(at, Tracing::disk_is_full)) is_full = true;
      if (is(at, Tracing::disk_has_room)) is_full = false;
      if (!is_full || !needs_room(at) || seen++ < writes) return Verdict::pass;
      ++failed;
      return Verdict::no_space;
    });
    return failed;
  }

  std::string said() {
    std::string said;
    char bytes[4096];
    for (ssize_t got; (got = ::read(reading_, bytes, sizeof bytes)) > 0;)
      said.append(bytes, static_cast<std::size_t>(got));
    return said;
  }
  // Its result; -1: it did not end by itself.
  int result() const { return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; }

 private:
  enum class Verdict : std::uint8_t { pass, no_space };

  static bool is(const user_regs_struct& at, Tracing what) {
    return at.orig_rax == SYS_prctl && static_cast<int>(at.rdi) == static_cast<int>(what);
  }
  // Makes a name or makes a file longer. Not those that only make a file durable: what was written has its room.
  static bool needs_room(const user_regs_struct& at) {
    switch (at.orig_rax) {
      case SYS_write:
      case SYS_pwrite64:
      case SYS_writev:
      case SYS_pwritev:
      case SYS_fallocate:
      case SYS_mkdir:
      case SYS_mkdirat:
      case SYS_rename:
      case SYS_renameat:
      case SYS_renameat2:
      case SYS_link:
      case SYS_linkat:
        return true;
      case SYS_open:
        return (at.rsi & O_CREAT) != 0;
      case SYS_openat:
        return (at.rdx & O_CREAT) != 0;
      default:
        return false;
    }
  }

  template <class At>
  void run(At at) {
    if (!wait() || !WIFSTOPPED(status_)) return;
    ::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    bool is_entry = false, is_refused = false;
    for (int signal = 0;;) {
      ::ptrace(PTRACE_SYSCALL, pid_, nullptr, signal);
      if (!wait() || !WIFSTOPPED(status_)) return;
      const bool is_call = WSTOPSIG(status_) == (SIGTRAP | 0x80);
      signal = is_call || WSTOPSIG(status_) == SIGTRAP ? 0 : WSTOPSIG(status_);
      if (!is_call) continue;
      is_entry = !is_entry;
      user_regs_struct registers{};
      ::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers);
      if (!is_entry && is_refused) {
        registers.rax = static_cast<unsigned long long>(-ENOSPC);
        ::ptrace(PTRACE_SETREGS, pid_, nullptr, &registers);
      }
      is_refused = at(registers, is_entry) == Verdict::no_space;
      if (!is_entry || !is_refused) continue;
      registers.orig_rax = static_cast<unsigned long long>(-1);  // no call at all
      ::ptrace(PTRACE_SETREGS, pid_, nullptr, &registers);
    }
  }
  // False: there is nobody any more.
  bool wait() {
    pid_t ended = 0;
    while ((ended = ::waitpid(pid_, &status_, 0)) < 0 && errno == EINTR) {
    }
    if (ended == pid_ && !WIFSTOPPED(status_)) pid_ = -1;
    return ended > 0;
  }

  pid_t pid_ = -1;
  int reading_ = -1, status_ = 0;
};

}  // namespace stoa::registry
