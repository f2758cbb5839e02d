// launcher.cpp: posix_spawn, and its like in namespaces. SPDX-License-Identifier: Apache-2.0
#include "host/worker/launcher.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "host/worker/child_setup.hpp"
#include "host/worker/descriptor.hpp"
#include "host/worker/namespaces.hpp"

namespace stoa::worker {
namespace {

std::unexpected<Error> cannot_launch(const std::string& what, int error) {
  return failure(Code::unavailable, "launch.spawn", what + ": " + std::generic_category().message(error));
}

// Copies of the descriptors, above all numbers they will have in the child: there they are moved down one by one, and
// none may lie where another one goes.
class HighCopies {
 public:
  Result<void> add(int fd, int above) {
    const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, above);
    if (copy >= 0) {
      owned_.emplace_back(copy);
      copies_.push_back(copy);
      return {};
    }
    if (errno != EBADF) return cannot_launch("cannot copy descriptor " + std::to_string(fd), errno);
    return failure(Code::invalid_argument, "launch.spec", "descriptor " + std::to_string(fd) + " is not open");
  }

  const std::vector<int>& get() const { return copies_; }

 private:
  std::vector<Descriptor> owned_;
  std::vector<int> copies_;
};

// What a program is started with, in the form that the kernel takes. Lifetime: points into spec.
struct Start {
  explicit Start(const LaunchSpec& spec) : program(spec.program.c_str()) {
    arguments.push_back(const_cast<char*>(program));
    for (const auto& argument : spec.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    // One thread each: a worker is one of many on this machine, and these libraries would each take all of it.
    for (const char* fixed : {"LANG=C.UTF-8", "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1"})
      environment.push_back(const_cast<char*>(fixed));
    // The host's own settings reach a worker through its arguments only; this is for those who test it.
    for (char** variable = environ; *variable != nullptr; ++variable)
      for (const std::string_view prefix : {"ASAN_OPTIONS=", "UBSAN_OPTIONS=", "LSAN_OPTIONS=", "TSAN_OPTIONS="})
        if (std::string_view(*variable).starts_with(prefix)) environment.push_back(*variable);
    environment.push_back(nullptr);
  }

  const char* program;
  std::vector<char*> arguments, environment;
};

struct Moves {
  const std::vector<int>& descriptors;  // high copies; the last one is the output
  int first_closed() const { return kFirstGiven + static_cast<int>(descriptors.size()) - 1; }
};

class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  // 0 or an errno.
  int fill(const Moves& moves) {
    int error = ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    int target = kFirstGiven;
    for (const int fd : moves.descriptors) {
      const bool is_output = target == moves.first_closed();
      for (const int to : is_output ? std::vector{STDOUT_FILENO, STDERR_FILENO} : std::vector{target})
        if (error == 0) error = ::posix_spawn_file_actions_adddup2(&actions_, fd, to);
      ++target;
    }
    if (error == 0) error = ::posix_spawn_file_actions_addclosefrom_np(&actions_, moves.first_closed());
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    if (error == 0) error = ::posix_spawnattr_setsigmask(&attributes_, &none);
    if (error == 0) error = ::posix_spawnattr_setsigdefault(&attributes_, &all);
    constexpr short kFlags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID;
    if (error == 0) error = ::posix_spawnattr_setflags(&attributes_, kFlags);
    return error;
  }

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

Result<Launched> spawn(const Start& start, const Moves& moves) {
  SpawnSettings settings;
  if (const int error = settings.fill(moves); error != 0) return cannot_launch("cannot prepare a process", error);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, start.program, settings.actions(), settings.attributes(),
                                  start.arguments.data(), start.environment.data());
  if (error != 0) return cannot_launch(std::string("cannot run ") + start.program, error);
  // No race: the number is the child's until we reap it.
  const long pidfd = ::syscall(SYS_pidfd_open, pid, 0u);
  if (pidfd >= 0) return Launched{pid, static_cast<int>(pidfd)};
  const int no_pidfd = errno;
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return cannot_launch("cannot watch process " + std::to_string(pid), no_pidfd);
}

struct NamespacedStart {
  const Start& start;
  const Moves& moves;
};

// In the child: what posix_spawn does with its settings. Invariant: async-signal-safe. Returns an errno.
int execute_in_namespaces(void* argument) {
  const auto& [start, moves] = *static_cast<const NamespacedStart*>(argument);
  if (const int error = settle_as_worker(moves.descriptors, CLOSE_RANGE_CLOEXEC); error != 0) return error;
  ::execve(start.program, start.arguments.data(), start.environment.data());
  return errno;
}

}  // namespace

Result<Launched> launch(const LaunchSpec& spec) {
  if (spec.tier == Tier::t0) return failure(Code::invalid_argument, "launch.spec", "T0 is no tier of a worker");
  if (!spec.program.is_absolute())
    return failure(Code::invalid_argument, "launch.spec", "the path is relative: \"" + spec.program.string() + "\"");
  const int above = kFirstGiven + static_cast<int>(spec.descriptors.size());
  HighCopies copies;
  for (const int fd : spec.descriptors)
    if (auto added = copies.add(fd, above); !added) return std::unexpected(added.error());
  if (auto added = copies.add(spec.output, above); !added) return std::unexpected(added.error());

  const Start start(spec);
  const Moves moves{copies.get()};
  if (spec.tier != Tier::t2n) return spawn(start, moves);
  NamespacedStart in_namespaces{start, moves};
  const NamespaceSpec namespaces{spec.uid, spec.gid, spec.network, above};
  const auto child = start_in_namespaces(namespaces, &execute_in_namespaces, &in_namespaces);
  if (!child) return std::unexpected(child.error());
  return Launched{child->pid, child->pidfd};
}

}  // namespace stoa::worker
