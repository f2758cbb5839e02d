// sandbox.hpp: what a worker process does to itself, before it loads partner code and before it serves with it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "stoa/result.hpp"

namespace stoa::worker {

// How far partner code is kept from the host, weakest first. Invariant: a stronger tier has a greater value.
enum class Tier : std::uint8_t {
  t0,   // in the host's own process: nothing is kept from it
  t1,   // a process with its own limits, without privileges
  t2,   // T1, and Landlock and seccomp: no files, network, programs, signals or other processes
  t2n,  // T2, in namespaces of its own
};

// "T0", "T1", "T2", "T2n". Any thread.
std::string_view name_of(Tier tier) noexcept;
// Takes what name_of gives, nothing else. Reason: "sandbox.tier". Any thread.
Result<Tier> parse_tier(std::string_view name);

// What this kernel lets this process do, found out by trying.
struct SandboxSupport {
  int landlock_abi = 0;              // 0: the kernel has no Landlock, or it is switched off
  bool has_seccomp = false;          // filters that answer with an errno
  bool has_user_namespaces = false;  // all the namespaces that T2n needs
  bool is_root = false;
};

// Forks once, for the namespaces: milliseconds, so probe at the start and remember. Any thread; it reaps its own child.
SandboxSupport probe_sandbox();

// The strongest tier of a worker. Without Landlock or without seccomp that is T1, which is no home for third-party
// code: the caller reports it and refuses what demands more.
Tier best_tier(const SandboxSupport& support) noexcept;

// What one worker may do. Everything not granted here is refused.
struct SandboxPolicy {
  Tier tier = Tier::t2;

  std::vector<int> descriptors;  // stay open, besides 0, 1 and 2; no datagram sockets: they can send anywhere
  std::vector<std::filesystem::path> readable;  // absolute files and folders to read and map; each must exist
  std::filesystem::path scratch;                // an absolute folder to read and write; empty: none
  bool network = false;  // sockets of IPv4 and IPv6 to anywhere, and the files that name resolution reads
  // Without network: TCP to these ports, and to 53, where names are resolved; the same files; no UDP. Empty: none.
  std::vector<std::uint16_t> tcp_ports;
  bool devices = false;              // NVIDIA's driver, without a card; implies jit
  std::vector<std::uint32_t> cards;  // with devices: /dev/nvidia0 and so on; each must exist
  // Makes code while it serves: executable pages without a file. libtorch does, at each new shape of a convolution: its
  // oneDNN throws "could not create a primitive" without.
  bool jit = false;

  std::uint64_t memory_bytes_max = 0;   // of address space; 0: no limit. Not with devices: a driver reserves terabytes
  std::uint64_t scratch_bytes_max = 0;  // of one file in scratch; 0: no limit
  std::uint32_t descriptors_max = 64;   // open at once
  // Threads of this worker, 0: no limit. The kernel counts them per uid, in T2n per uid and namespace: where the host
  // is root, give each worker a uid of its own. See limits_threads() for when it is in force.
  std::uint32_t threads_max = 0;
  // Of its threads and of its session: a tenth of a contended CPU against one ordinary process. A nicer one stays so.
  int nice = 10;

  uid_t uid = 65534;  // becomes this when it starts as root; never 0
  gid_t gid = 65534;
  pid_t host_pid = 0;  // the parent to die with; 0: do not check that it still lives. Not used in T2n
};

// Whether TCP is held to tcp_ports. Any thread.
inline bool limits_ports(const SandboxPolicy& policy) noexcept { return !policy.network && !policy.tcp_ports.empty(); }

// Whether threads_max binds: in T2n, and for a worker that starts as root. An ordinary user's workers share its uid
// with the host, whose threads the kernel would count too; there memory_bytes_max is what ends a thread bomb, one stack
// of address space per thread. Ask before the load stage, which gives root up. Any thread.
bool limits_threads(const SandboxPolicy& policy) noexcept;

// First stage: gives up privileges, sets limits, and leaves what dlopen and a plugin's constructors need. Afterwards
// files may be opened where the policy says so, threads may start, nothing else of the system may be touched.
// T1 stops after limits and privileges. The process dies with the thread that launched it (PR_SET_PDEATHSIG).
// Threads: call it while the process has one thread: limits of the kernel's that are kept per thread are set for one.
// Error: the process is half changed and must end. Reasons, code failed_precondition, the message names the path or
// limit:
//   sandbox.policy       T0, uid 0 or a relative path
//   sandbox.namespaces   T2n, but this process is not the first one of a process namespace
//   sandbox.descriptors  close_range failed
//   sandbox.limits       a limit, or the nice value, was refused
//   sandbox.identity     uid, gid or groups were refused
//   sandbox.privileges   one of the prctl was refused
//   sandbox.parent       the host died meanwhile
//   sandbox.landlock     no Landlock in this kernel, or none that knows ports, or a path that cannot be granted
//   sandbox.seccomp      no filter in this kernel, or it was refused
Result<void> enter_load_stage(const SandboxPolicy& policy);

// Second stage, for all threads at once: takes away opening files, new code and whatever else only loading needs. With
// scratch, devices or network files can still be opened, where Landlock lets them. Threads may still start, because
// libraries start theirs at their first real work; threads_max and memory_bytes_max bound them.
// Threads: any, once, after enter_load_stage with the same policy. Reason: sandbox.seccomp; then the process must end.
Result<void> enter_serve_stage(const SandboxPolicy& policy);

}  // namespace stoa::worker
