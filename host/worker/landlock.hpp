// landlock.hpp: which files this process may still reach. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "host/worker/sandbox.hpp"

namespace stoa::worker {

// The kernel's Landlock ABI; 0: it has none, or it is switched off. Any thread.
int landlock_abi() noexcept;

// Confines the calling thread, and the threads it starts, to the policy's files and to those that libraries need; from
// ABI 4 also to no TCP, from 6 to no signals and no abstract sockets outside. Needs no_new_privs. A path that cannot be
// granted is an error, never skipped; a system path that this machine does not have is none.
// Reason: sandbox.landlock.
Result<void> confine_files(const SandboxPolicy& policy);

}  // namespace stoa::worker
