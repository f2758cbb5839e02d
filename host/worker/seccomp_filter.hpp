// seccomp_filter.hpp: which system calls this process may still make. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "host/worker/sandbox.hpp"

namespace stoa::worker {

// Whether the kernel takes filters that answer with an errno. Any thread.
bool has_seccomp() noexcept;

// Compiles, once for this process and those it forks, the filters of workers without devices and without a scratch
// folder; whoever has not done so compiles his own at the load stage, for about 2 ms. One thread. Reason:
// sandbox.seccomp.
Result<void> prepare_filters();

// The filter of the load stage, for the calling thread and those it starts: an allow-list, all else is EPERM, so that a
// library that probes goes on without. Needs no_new_privs. Reason: sandbox.seccomp.
Result<void> filter_for_loading(const SandboxPolicy& policy);

// The filter of the serve stage, for all threads. It only takes away: the first one stays in force beneath it. It was
// compiled at the load stage. Reason: sandbox.seccomp.
Result<void> filter_for_serving(const SandboxPolicy& policy);

}  // namespace stoa::worker
