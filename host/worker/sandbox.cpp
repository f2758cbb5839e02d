// sandbox.cpp: the load stage step by step, and the serve stage. SPDX-License-Identifier: Apache-2.0
#include "host/worker/sandbox.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "host/worker/landlock.hpp"
#include "host/worker/sandbox_failure.hpp"
#include "host/worker/seccomp_filter.hpp"

namespace stoa::worker {
namespace {

// What Linux gives a program by default; a plugin that needs more makes a thread with a larger stack.
constexpr rlim_t kStackBytes = 8u << 20;

bool is_filtered(const SandboxPolicy& policy) { return policy.tier >= Tier::t2; }

Result<void> check_policy(const SandboxPolicy& policy) {
  if (policy.tier == Tier::t0) return sandbox_failure("policy", "T0 is no tier of a worker");
  if (policy.uid == 0 || policy.gid == 0)
    return sandbox_failure("policy", "a worker may not be root: uid " + std::to_string(policy.uid) + ", gid " +
                                         std::to_string(policy.gid));
  for (const auto& path : policy.readable)
    if (!path.is_absolute()) return sandbox_failure("policy", "the path is relative: \"" + path.string() + "\"");
  if (!policy.scratch.empty() && !policy.scratch.is_absolute())
    return sandbox_failure("policy", "the path is relative: \"" + policy.scratch.string() + "\"");
  if (policy.tier == Tier::t2n && ::getpid() != 1)
    return sandbox_failure("namespaces", "the worker is process " + std::to_string(::getpid()) +
                                             " of its namespace and not the first: it has none of its own");
  return {};
}

Result<void> close_others(std::vector<int> kept) {
  kept.insert(kept.end(), {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
  std::ranges::sort(kept);
  kept.erase(std::ranges::unique(kept).begin(), kept.end());
  unsigned first = 0;  // that may be closed
  for (const int fd : kept) {
    if (fd < 0) return sandbox_failure("descriptors", "descriptor " + std::to_string(fd) + " is none");
    const auto next = static_cast<unsigned>(fd);
    if (next > first && ::syscall(SYS_close_range, first, next - 1, 0u) != 0)
      return sandbox_failure("descriptors", "cannot close " + std::to_string(first) + " and on", errno);
    first = next + 1;
  }
  if (::syscall(SYS_close_range, first, ~0u, 0u) != 0)
    return sandbox_failure("descriptors", "cannot close " + std::to_string(first) + " and on", errno);
  return {};
}

struct Limit {
  decltype(RLIMIT_CORE) resource;
  const char* name;
  rlim_t value;
};

// Lowers, never raises: what the operator set for the host is a bound for its workers.
Result<void> set_limit(const Limit& limit) {
  rlimit now{};
  if (::getrlimit(limit.resource, &now) != 0)
    return sandbox_failure("limits", std::string("cannot read ") + limit.name, errno);
  const rlim_t value = std::min(limit.value, now.rlim_max);
  const rlimit next{value, value};
  if (::setrlimit(limit.resource, &next) == 0) return {};
  return sandbox_failure("limits", std::string("cannot set ") + limit.name + " to " + std::to_string(value), errno);
}

Result<void> set_limits(const SandboxPolicy& policy) {
  const auto or_none = [](std::uint64_t value) { return value == 0 ? RLIM_INFINITY : static_cast<rlim_t>(value); };
  // A memfd counts as a file, and a driver that makes one would be killed by SIGXFSZ.
  const rlim_t file_bytes = policy.devices           ? RLIM_INFINITY
                            : policy.scratch.empty() ? 0
                                                     : or_none(policy.scratch_bytes_max);
  const Limit limits[] = {
      {RLIMIT_CORE, "RLIMIT_CORE", 0},  // a dump would hold requests and weights
      {RLIMIT_FSIZE, "RLIMIT_FSIZE", file_bytes},
      {RLIMIT_NOFILE, "RLIMIT_NOFILE", policy.descriptors_max},
      {RLIMIT_STACK, "RLIMIT_STACK", kStackBytes},
      {RLIMIT_MSGQUEUE, "RLIMIT_MSGQUEUE", 0},
      {RLIMIT_AS, "RLIMIT_AS", policy.devices ? RLIM_INFINITY : or_none(policy.memory_bytes_max)},
      {RLIMIT_NPROC, "RLIMIT_NPROC", limits_threads(policy) ? or_none(policy.threads_max) : RLIM_INFINITY},
  };
  for (const auto& limit : limits)
    if (auto set = set_limit(limit); !set) return set;
  return {};
}

Result<void> set_share(const SandboxPolicy& policy) {
  // SCHED_OTHER stays: SCHED_BATCH would have a woken worker wait for its time slice, and callers wait for the worker.
  errno = 0;
  const int nice = ::getpriority(PRIO_PROCESS, 0);
  if (errno != 0 || (nice < policy.nice && ::setpriority(PRIO_PROCESS, 0, policy.nice) != 0))
    return sandbox_failure("limits", "cannot set the nice value to " + std::to_string(policy.nice), errno);
  return {};
}

Result<void> take_identity(const SandboxPolicy& policy) {
  if (::geteuid() != 0 && ::getuid() != 0) return {};
  const std::string who = std::to_string(policy.uid) + ":" + std::to_string(policy.gid);
  if (::setgroups(0, nullptr) != 0 || ::setresgid(policy.gid, policy.gid, policy.gid) != 0 ||
      ::setresuid(policy.uid, policy.uid, policy.uid) != 0)
    return sandbox_failure("identity", "cannot become " + who, errno);
  if (::setresuid(-1, 0, -1) == 0) return sandbox_failure("identity", "could become root again from " + who);
  return {};
}

Result<void> give_up_privileges(const SandboxPolicy& policy) {
  // After the identity, whose change resets this one.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return sandbox_failure("privileges", "PR_SET_PDEATHSIG", errno);
  if (policy.host_pid != 0 && policy.tier != Tier::t2n && ::getppid() != policy.host_pid)
    return sandbox_failure("parent", "host " + std::to_string(policy.host_pid) + " has died, the parent is " +
                                         std::to_string(::getppid()));
  // No dump, and no other process of the same uid may look in.
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) return sandbox_failure("privileges", "PR_SET_DUMPABLE", errno);
  // The first process of a user namespace has all of them in there until it runs a program, which a forked worker does
  // not; an ordinary user's host may have been given some of its own.
  __user_cap_header_struct whose{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capset, &whose, none) != 0) return sandbox_failure("privileges", "capset", errno);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return sandbox_failure("privileges", "PR_SET_NO_NEW_PRIVS", errno);
  return {};
}

}  // namespace

bool limits_threads(const SandboxPolicy& policy) noexcept {
  return policy.threads_max != 0 && (policy.tier == Tier::t2n || ::geteuid() == 0);
}

Result<void> enter_load_stage(const SandboxPolicy& policy) {
  Result<void> entered = check_policy(policy);
  if (entered) entered = close_others(policy.descriptors);
  if (entered) entered = set_limits(policy);
  if (entered) entered = set_share(policy);
  if (entered) entered = take_identity(policy);
  if (entered) entered = give_up_privileges(policy);
  if (entered && is_filtered(policy)) entered = confine_files(policy);
  if (entered && is_filtered(policy)) entered = filter_for_loading(policy);
  return entered;
}

Result<void> enter_serve_stage(const SandboxPolicy& policy) {
  if (!is_filtered(policy)) return {};
  return filter_for_serving(policy);
}

}  // namespace stoa::worker
