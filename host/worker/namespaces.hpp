// namespaces.hpp: a child process in namespaces of its own, for tier T2n. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include "host/worker/start_channel.hpp"
#include "stoa/result.hpp"

namespace stoa::worker {

struct NamespaceSpec {
  uid_t uid = 65534;  // the child's, where we are root; an ordinary user's child keeps the user's
  gid_t gid = 65534;
  bool has_network = false;  // stays in our network namespace
  int first_descriptor = 3;  // run may overwrite the descriptors below this one
};

struct NamespacedChild {
  pid_t pid;  // as we see it; it sees itself as 1
  int pidfd;  // the caller closes it; close on exec
};

// Starts a child in user, mount, process, IPC, UTS and (unless has_network) network namespaces of its own and runs
// run(argument) in it, with spec's identity, and dying with the thread that calls this. run executes a program, or
// returns an errno, which is this function's error then. It may only do what is async-signal-safe: the child has a copy
// of one thread of ours, and of whatever locks the others held. All signals are
// blocked in it. It is a fork: it costs a copy of our page tables.
// Threads: any. Blocks until the program runs. The caller reaps the child.
// Reason: sandbox.namespaces, code failed_precondition.
Result<NamespacedChild> start_in_namespaces(const NamespaceSpec& spec, int (*run)(void*), void* argument);

// -- the same in parts, for who forks in another process than the one that watches: the clone's flags, then each side's
// half of the talk over a socket that keeps messages apart --

unsigned long namespace_flags(const NamespaceSpec& spec) noexcept;
// In the child, up to its program. is_root: whether the parent is. run(argument) returns an errno, or 0 once it has
// closed the channel. Async-signal-safe, if run is.
StartReport run_in_namespaces(const NamespaceSpec& spec, bool is_root, int channel, int (*run)(void*), void* argument);
// In the parent: writes the child's maps and lets it go on, until its end of the channel is closed.
// Reason: sandbox.namespaces.
Result<void> see_through(pid_t child, const NamespaceSpec& spec, int channel);

// Whether start_in_namespaces works here, found out by doing it. Containers and hardened kernels refuse it.
bool can_make_namespaces() noexcept;

}  // namespace stoa::worker
