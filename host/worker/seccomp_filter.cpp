// seccomp_filter.cpp: the two lists, and the arguments that are looked at. SPDX-License-Identifier: Apache-2.0
#include "host/worker/seccomp_filter.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/worker/descriptor.hpp"
#include "host/worker/sandbox_failure.hpp"

namespace stoa::worker {
namespace {

// What computes, waits and talks over descriptors it has. Nothing here names a file, a process or an address.
constexpr std::string_view kHarmlessCalls =
    // descriptors
    "read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 close close_range lseek fstat "
    "fstatfs dup dup2 dup3 poll ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait epoll_pwait "
    "epoll_pwait2 eventfd2 pipe2 timerfd_create timerfd_settime timerfd_gettime fadvise64 flock recvmsg "
    "recvfrom shutdown "
    // memory
    "brk mmap munmap mremap mprotect madvise mlock mlock2 munlock msync mincore membarrier get_mempolicy "
    "set_mempolicy mbind "
    // threads
    "futex futex_waitv set_robust_list get_robust_list rseq set_tid_address arch_prctl exit exit_group "
    "sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_getattr sched_get_priority_max "
    "sched_get_priority_min getpriority gettid "
    // signals, of its own
    "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack "
    "restart_syscall pause "
    // clocks
    "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times "
    // who and where it is
    "getpid getppid getpgrp getuid geteuid getgid getegid getresuid getresgid getgroups getrlimit getrusage uname "
    "sysinfo getcpu getrandom getcwd umask "
    // names and sizes, but not the content, of any file: neither Landlock nor a filter can tell one path from another
    // here, and stdio needs fstat, which glibc 2.36 makes of newfstatat
    "stat lstat newfstatat statx";

// What only loading needs, unless the worker may open files while it serves.
constexpr std::string_view kPathCalls = "access faccessat faccessat2 readlink readlinkat getdents getdents64 statfs";

constexpr std::string_view kScratchCalls =
    "mkdir mkdirat rmdir unlink unlinkat creat rename renameat renameat2 ftruncate fallocate fsync fdatasync";

constexpr std::string_view kNetworkCalls = "connect bind getsockname getpeername getsockopt setsockopt recvmmsg";

// A driver's ioctl numbers change from version to version; only a proxy that speaks its protocol could filter them. The
// price: FIOSETOWN on a socket, so give such a worker no socket where it shares the host's uid.
constexpr std::string_view kDeviceCalls = "ioctl memfd_create ftruncate";

// PR_SET_DUMPABLE and PR_SET_PDEATHSIG are not among them: a plugin would undo what the load stage did.
constexpr int kPrctl[] = {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP, PR_CAPBSET_READ,
                          PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, PR_SET_THP_DISABLE, PR_GET_THP_DISABLE,
                          0x53564d41 /* PR_SET_VMA: names for memory; absent from old headers */};
// isatty, bytes that wait, close on exec, non-blocking. TIOCSTI would type into the operator's terminal.
constexpr unsigned long kIoctl[] = {TCGETS, FIONREAD, FIOCLEX, FIONCLEX, FIONBIO};
// F_SETOWN and F_SETSIG are not among them: they have the kernel send signals to any process of the same uid. Nor are
// F_ADD_SEALS, leases and notifications.
constexpr int kFcntl[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD,  F_GETFL,
                          F_SETFL, F_GETLK,         F_SETLK, F_SETLKW, F_GET_SEALS};
constexpr int kFamilies[] = {AF_INET, AF_INET6};

constexpr std::uint64_t kNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

bool has_sockets(const SandboxPolicy& policy) { return policy.network || limits_ports(policy); }

bool opens_files_while_serving(const SandboxPolicy& policy) {
  return !policy.scratch.empty() || policy.devices || has_sockets(policy);
}

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp has_bits(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

using FilterProgram = std::vector<sock_filter>;

// Stands for the process's own number in a program that was compiled by another process. No process can have it:
// Linux gives at most 2^22 numbers.
constexpr std::uint32_t kSelf = 0x53454c46;

// A filter that is being written. Its length costs next to nothing per call: the kernel remembers which numbers are
// allowed whatever their arguments. Writing it costs libseccomp about 2 ms, the kernel a tenth of that. The first
// failure is kept and everything after it is skipped.
class Filter {
 public:
  explicit Filter(std::uint32_t otherwise) : context_(::seccomp_init(otherwise), &::seccomp_release) {
    if (context_ == nullptr) keep("cannot make a filter", -ENOMEM);
    set(SCMP_FLTATR_API_SYSRAWRC, 1);                     // errors as the kernel gave them
    set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);  // 32-bit calls have other numbers
  }

  void on(std::uint32_t action, int call) { add(action, call, {}); }
  // calls: names with a space between them. One that this machine's architecture does not have (open, on ARM) is no
  // rule.
  void on(std::uint32_t action, std::string_view calls) {
    while (!calls.empty() && error_ == 0) {
      const std::string name(calls.substr(0, calls.find(' ')));
      calls.remove_prefix(std::min(calls.size(), name.size() + 1));
      const int call = ::seccomp_syscall_resolve_name(name.c_str());
      if (call == __NR_SCMP_ERROR) return keep("no system call " + name, -EINVAL);
      on(action, call);
    }
  }
  void on(std::uint32_t action, int call, const scmp_arg_cmp& comparison) { add(action, call, {&comparison, 1}); }
  // All of the comparisons must hold.
  void on(std::uint32_t action, int call, std::span<const scmp_arg_cmp> comparisons) { add(action, call, comparisons); }

  // What libseccomp made of it. It only writes to a descriptor: a pipe, because RLIMIT_FSIZE is 0 already. One that
  // does not fit would be cut, and the kernel refuses a program whose last step does not return.
  Result<FilterProgram> compile() {
    int ends[2] = {-1, -1};
    if (error_ == 0 && ::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) keep("cannot make a pipe", -errno);
    const Descriptor out(ends[0]), in(ends[1]);
    if (error_ == 0) keep("cannot write the filter", ::seccomp_export_bpf(context_.get(), in.get()));
    FilterProgram program(BPF_MAXINSNS);
    const ssize_t got = error_ != 0 ? 0 : ::read(out.get(), program.data(), program.size() * sizeof(sock_filter));
    if (got < 0) keep("cannot read the filter", -errno);
    if (error_ != 0) return sandbox_failure("seccomp", what_, -error_);
    program.resize(static_cast<std::size_t>(got) / sizeof(sock_filter));
    return program;
  }

 private:
  void set(scmp_filter_attr attribute, std::uint32_t value) {
    if (error_ == 0)
      keep("cannot set attribute " + std::to_string(attribute), ::seccomp_attr_set(context_.get(), attribute, value));
  }

  void add(std::uint32_t action, int call, std::span<const scmp_arg_cmp> comparisons) {
    if (error_ != 0) return;
    const int added = ::seccomp_rule_add_array(context_.get(), action, call, static_cast<unsigned>(comparisons.size()),
                                               comparisons.data());
    if (added == 0) return;
    const std::unique_ptr<char, void (*)(void*)> name(::seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call),
                                                      &std::free);
    keep("cannot add a rule for " + (name == nullptr ? std::to_string(call) : std::string(name.get())), added);
  }

  void keep(std::string what, int error) {
    if (error_ != 0 || error >= 0) return;
    what_ = std::move(what);
    error_ = error;
  }

  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  std::string what_;
  int error_ = 0;  // a negative errno
};

// Calls whose first argument says whom they are for: this process only.
void allow_for_self(Filter& filter) {
  filter.on(SCMP_ACT_ALLOW, SCMP_SYS(tgkill), equals(0, kSelf));  // abort() and raise()
  filter.on(SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), equals(0, 0));
  filter.on(SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), equals(0, kSelf));
  filter.on(SCMP_ACT_ALLOW, SCMP_SYS(sched_setaffinity), equals(0, 0));
}

void allow_threads(Filter& filter) {
  // A thread, in no new namespace, and never a process. clone3's flags lie in memory, where a filter cannot look:
  // glibc takes ENOSYS for an old kernel and comes back with clone.
  filter.on(SCMP_ACT_ALLOW, SCMP_SYS(clone), has_bits(0, CLONE_THREAD | kNamespaces, CLONE_THREAD));
  filter.on(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
}

void allow_files(Filter& filter, const SandboxPolicy& policy) {
  filter.on(SCMP_ACT_ALLOW, kPathCalls);
  filter.on(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2));  // as clone3: openat's flags can be seen
  if (!policy.scratch.empty()) {
    filter.on(SCMP_ACT_ALLOW, SCMP_SYS(open));
    filter.on(SCMP_ACT_ALLOW, SCMP_SYS(openat));
    filter.on(SCMP_ACT_ALLOW, kScratchCalls);
    return;
  }
  // Landlock says which files. This is about O_TRUNC, which Landlock sees from ABI 3 on only.
  filter.on(SCMP_ACT_ALLOW, SCMP_SYS(open), has_bits(1, O_CREAT | O_TRUNC, 0));
  filter.on(SCMP_ACT_ALLOW, SCMP_SYS(openat), has_bits(2, O_CREAT | O_TRUNC, 0));
}

void allow_tcp(Filter& filter, const scmp_arg_cmp& of_family) {
  constexpr std::uint64_t kType = 0xffffffff & ~std::uint64_t{SOCK_CLOEXEC | SOCK_NONBLOCK};
  for (const std::uint64_t protocol : {std::uint64_t{0}, std::uint64_t{IPPROTO_TCP}}) {
    const scmp_arg_cmp all[] = {of_family, has_bits(1, kType, SOCK_STREAM), equals(2, protocol)};
    filter.on(SCMP_ACT_ALLOW, SCMP_SYS(socket), all);
  }
}

// Landlock holds TCP to its ports where it connects. So with ports there is TCP only: no UDP, no MPTCP, which Landlock
// does not take for TCP, and no MSG_FASTOPEN, which connects while it sends and does not ask Landlock in all kernels.
void allow_sockets(Filter& filter, const SandboxPolicy& policy) {
  const auto allow_sending = [&](int call, unsigned flags) {
    if (limits_ports(policy))
      filter.on(SCMP_ACT_ALLOW, call, has_bits(flags, MSG_FASTOPEN, 0));
    else
      filter.on(SCMP_ACT_ALLOW, call);
  };
  allow_sending(SCMP_SYS(sendto), 3);
  allow_sending(SCMP_SYS(sendmsg), 2);
  if (!has_sockets(policy)) return;
  allow_sending(SCMP_SYS(sendmmsg), 3);
  filter.on(SCMP_ACT_ALLOW, kNetworkCalls);
  for (const int family : kFamilies) {
    const auto of_family = equals(0, static_cast<std::uint64_t>(family));
    if (limits_ports(policy))
      allow_tcp(filter, of_family);
    else
      filter.on(SCMP_ACT_ALLOW, SCMP_SYS(socket), of_family);
  }
}

Result<FilterProgram> compile_for_loading(const SandboxPolicy& policy) {
  Filter filter(SCMP_ACT_ERRNO(EPERM));
  filter.on(SCMP_ACT_ALLOW, kHarmlessCalls);
  filter.on(SCMP_ACT_ALLOW, SCMP_SYS(seccomp));  // for the second filter; whoever adds another only loses more
  for (const int option : kPrctl)
    filter.on(SCMP_ACT_ALLOW, SCMP_SYS(prctl), equals(0, static_cast<std::uint64_t>(option)));
  for (const int command : kFcntl)
    filter.on(SCMP_ACT_ALLOW, SCMP_SYS(fcntl), equals(1, static_cast<std::uint64_t>(command)));
  allow_for_self(filter);
  allow_threads(filter);
  allow_files(filter, policy);
  allow_sockets(filter, policy);
  if (policy.devices) {
    filter.on(SCMP_ACT_ALLOW, kDeviceCalls);
  } else {
    for (const unsigned long request : kIoctl) filter.on(SCMP_ACT_ALLOW, SCMP_SYS(ioctl), equals(1, request));
  }
  return filter.compile();
}

Result<FilterProgram> compile_for_serving(const SandboxPolicy& policy) {
  Filter filter(SCMP_ACT_ALLOW);
  constexpr std::uint32_t kRefuse = SCMP_ACT_ERRNO(EPERM);
  filter.on(kRefuse, SCMP_SYS(seccomp));
  if (!opens_files_while_serving(policy)) {
    filter.on(kRefuse, SCMP_SYS(open));
    filter.on(kRefuse, SCMP_SYS(openat));
    filter.on(kRefuse, kPathCalls);
  }
  if (!policy.jit && !policy.devices) {
    filter.on(kRefuse, SCMP_SYS(mmap), has_bits(2, PROT_EXEC, PROT_EXEC));
    filter.on(kRefuse, SCMP_SYS(mprotect), has_bits(2, PROT_EXEC, PROT_EXEC));
  }
  return filter.compile();
}

// ---- compiled programs: this process's, and those it forks have them too ----

constexpr std::size_t kShapes = 32;
// What of a policy the filters depend on.
std::size_t shape_of(const SandboxPolicy& policy) {
  return (policy.network ? 1u : 0u) | (policy.devices ? 2u : 0u) | (policy.jit ? 4u : 0u) |
         (policy.scratch.empty() ? 0u : 8u) | (limits_ports(policy) ? 16u : 0u);
}

struct FilterPair {
  FilterProgram loading, serving;
};

// Filled before a process has a second thread: by whoever forks workers, or by the worker at its load stage. Never
// freed. Global because a sandbox is the process's.
constinit const FilterPair* g_filters[kShapes] = {};

Result<const FilterPair*> filters_for(const SandboxPolicy& policy) {
  const FilterPair*& kept = g_filters[shape_of(policy)];
  if (kept != nullptr) return kept;
  if (!has_seccomp()) return sandbox_failure("seccomp", "this kernel has no seccomp filters");
  auto loading = compile_for_loading(policy);
  if (!loading) return std::unexpected(loading.error());
  auto serving = compile_for_serving(policy);
  if (!serving) return std::unexpected(serving.error());
  kept = new FilterPair{std::move(*loading), std::move(*serving)};
  return kept;
}

// for_all_threads: those that run already, too.
Result<void> enter(FilterProgram program, bool for_all_threads) {
  for (sock_filter& step : program)
    if (step.code == (BPF_JMP | BPF_JEQ | BPF_K) && step.k == kSelf) step.k = static_cast<std::uint32_t>(::getpid());
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  const unsigned flags = for_all_threads ? SECCOMP_FILTER_FLAG_TSYNC : 0;
  const long entered = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
  if (entered == 0) return {};
  if (entered > 0) return sandbox_failure("seccomp", "thread " + std::to_string(entered) + " cannot follow");
  return sandbox_failure("seccomp", "cannot load the filter", errno);
}

}  // namespace

bool has_seccomp() noexcept {
  const std::uint32_t action = SECCOMP_RET_ERRNO;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0u, &action) == 0;
}

Result<void> prepare_filters() {
  SandboxPolicy policy;
  for (const bool network : {false, true}) {
    for (const bool jit : {false, true}) {
      policy.network = network;
      policy.jit = jit;
      if (auto made = filters_for(policy); !made) return std::unexpected(made.error());
    }
  }
  return {};
}

Result<void> filter_for_loading(const SandboxPolicy& policy) {
  const auto filters = filters_for(policy);
  if (!filters) return std::unexpected(filters.error());
  return enter((*filters)->loading, false);
}

Result<void> filter_for_serving(const SandboxPolicy& policy) {
  const FilterPair* const filters = g_filters[shape_of(policy)];
  if (filters == nullptr) return sandbox_failure("seccomp", "the load stage was entered with another policy");
  return enter(filters->serving, true);
}

}  // namespace stoa::worker
