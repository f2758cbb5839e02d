// namespaces.cpp: clone, the identity maps, and a child that waits for them. SPDX-License-Identifier: Apache-2.0
#include "host/worker/namespaces.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "host/worker/sandbox_failure.hpp"

namespace stoa::worker {
namespace {

// The two ends of what parent and child say to each other while it starts.
struct StartEnds {
  int ours = -1, childs = -1;
};

// In the child. Raw calls: glibc's would have all threads of a process follow, and those it knows are its parent's.
bool take_mapped_identity(const NamespaceSpec& spec) {
  return ::syscall(SYS_setgroups, 0, nullptr) == 0 && ::syscall(SYS_setresgid, spec.gid, spec.gid, spec.gid) == 0 &&
         ::syscall(SYS_setresuid, spec.uid, spec.uid, spec.uid) == 0;
}

Result<void> check_identity(const NamespaceSpec& spec, bool is_root) {
  if (!is_root || (spec.uid != 0 && spec.gid != 0)) return {};
  return sandbox_failure(
      "namespaces", "a worker may not be root: uid " + std::to_string(spec.uid) + ", gid " + std::to_string(spec.gid));
}

Result<void> write_file(pid_t pid, const char* name, const std::string& text) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return sandbox_failure("namespaces", "cannot open the child's " + std::string(name), errno);
  const bool is_written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  ::close(file);
  if (!is_written) return sandbox_failure("namespaces", "cannot write the child's " + std::string(name), error);
  return {};
}

// One id in the namespace, and it is the same outside: nothing in there is root.
Result<void> write_maps(pid_t child, const NamespaceSpec& spec, bool is_root) {
  const std::string uid = std::to_string(is_root ? spec.uid : ::geteuid());
  const std::string gid = std::to_string(is_root ? spec.gid : ::getegid());
  // The kernel's condition for an ordinary user's gid_map: no group may be given up to get around its "deny".
  Result<void> written;
  if (!is_root) written = write_file(child, "setgroups", "deny");
  if (written) written = write_file(child, "uid_map", uid + " " + uid + " 1");
  if (written) written = write_file(child, "gid_map", gid + " " + gid + " 1");
  return written;
}

void end_child(const NamespacedChild& child) {
  ::kill(child.pid, SIGKILL);
  while (::waitpid(child.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  ::close(child.pidfd);
}

// The child's end lies where run does not overwrite it.
Result<StartEnds> open_channel(int first_descriptor) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return sandbox_failure("namespaces", "cannot make a socket pair", errno);
  const StartEnds channel{ends[0], ::fcntl(ends[1], F_DUPFD_CLOEXEC, first_descriptor)};
  const int error = errno;
  ::close(ends[1]);
  if (channel.childs >= 0) return channel;
  ::close(channel.ours);
  return sandbox_failure("namespaces", "cannot move a descriptor", error);
}

}  // namespace

unsigned long namespace_flags(const NamespaceSpec& spec) noexcept {
  constexpr unsigned long kAlways = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  return kAlways | (spec.has_network ? 0ul : CLONE_NEWNET);
}

StartReport run_in_namespaces(const NamespaceSpec& spec, bool is_root, int channel, int (*run)(void*), void* argument) {
  char word = 0;
  // The maps are not written: the parent is gone, or has given up.
  if (receive_from(channel, word) != Heard::message) return {StartStep::parent, ESRCH};
  if (is_root && !take_mapped_identity(spec)) return {StartStep::identity, errno};
  // After the identity, which resets it. That the parent answers once more proves that it lived when this was set;
  // getppid() would not: from in here every parent is 0.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return {StartStep::parent, errno};
  if (!send_to(channel, StartReport{StartStep::parent, 0}) || receive_from(channel, word) != Heard::message)
    return {StartStep::parent, ESRCH};
  // What is mounted later outside does not appear in here.
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return {StartStep::mounts, errno};
  return {StartStep::program, run(argument)};
}

Result<void> see_through(pid_t child, const NamespaceSpec& spec, int channel) {
  const bool is_root = ::geteuid() == 0;
  if (auto good = check_identity(spec, is_root); !good) return good;
  if (auto written = write_maps(child, spec, is_root); !written) return written;
  StartReport report{StartStep::parent, ESRCH};
  bool is_going = send_to(channel, kGo) && receive_from(channel, report) == Heard::message && report.error == 0;
  if (is_going) is_going = send_to(channel, kGo) && receive_from(channel, report) == Heard::end;
  if (is_going) return {};
  constexpr const char* kStopped[] = {"cannot fork the worker", "cannot take the worker's uid and gid",
                                      "cannot tie the worker to its host", "cannot make the mounts private",
                                      "cannot run the worker's program"};
  return sandbox_failure("namespaces", kStopped[static_cast<int>(report.step)], report.error);
}

Result<NamespacedChild> start_in_namespaces(const NamespaceSpec& spec, int (*run)(void*), void* argument) {
  const bool is_root = ::geteuid() == 0;
  if (auto good = check_identity(spec, is_root); !good) return std::unexpected(good.error());
  const auto channel = open_channel(spec.first_descriptor);
  if (!channel) return std::unexpected(channel.error());

  const unsigned long flags = namespace_flags(spec) | CLONE_PIDFD | SIGCHLD;
  int pidfd = -1;
  // No signal reaches the child before its program: our handlers would run in it, and write to what is ours.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const long pid = ::syscall(SYS_clone, flags, nullptr, &pidfd, nullptr, 0);
  if (pid == 0) {
    ::close(channel->ours);
    const StartReport report = run_in_namespaces(spec, is_root, channel->childs, run, argument);
    send_to(channel->childs, report);
    ::_exit(127);
  }
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::close(channel->childs);
  if (pid < 0) {
    ::close(channel->ours);
    return sandbox_failure("namespaces", "cannot clone into new namespaces", error);
  }

  const NamespacedChild child{static_cast<pid_t>(pid), pidfd};
  const auto started = see_through(child.pid, spec, channel->ours);
  ::close(channel->ours);
  if (started) return child;
  end_child(child);
  return std::unexpected(started.error());
}

bool can_make_namespaces() noexcept {
  try {
    const auto child = start_in_namespaces({}, [](void*) -> int { ::_exit(0); }, nullptr);
    if (!child) return false;
    int status = -1;
    while (::waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    ::close(child->pidfd);
    return status == 0;
  } catch (...) {  // no memory for a message: no
    return false;
  }
}

}  // namespace stoa::worker
