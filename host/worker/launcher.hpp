// launcher.hpp: starts a worker's program with nothing of the host's but what it is given.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "host/worker/sandbox.hpp"

namespace stoa::worker {

struct LaunchSpec {
  std::filesystem::path program;       // absolute
  std::vector<std::string> arguments;  // without the program's name
  std::vector<int> descriptors;        // the child has them as 3, 4, 5 … in this order, and no others; ours stay open
  int output = -1;                     // becomes the child's stdout and stderr
  Tier tier = Tier::t2;                // T1 and T2 start alike; T2n is started in its namespaces
  // For T2n only, as in the policy: T1 and T2 take their identity themselves, and share the host's network namespace.
  uid_t uid = 65534;  // where the host is root
  gid_t gid = 65534;
  bool network = false;
};

struct Launched {
  pid_t pid;  // the caller reaps it
  int pidfd;  // the caller closes it; readable once the process has ended; close on exec
};

// Starts the program in a session of its own (a terminal's Ctrl-C is for the host), with stdin from /dev/null, no
// signal blocked or ignored, and an environment of LANG, one thread for OpenMP and OpenBLAS each, and the sanitizers'
// options where we have some. Returns when the program runs, or could not be run.
//
// Lifetime: a worker asks the kernel to be killed with the thread that launched it. That thread must live as long as
// its workers do, so launch from one that lasts; and where it ends, its workers are meant to. The program must be one
// that its uid may execute: in T2n the change of identity comes first. Threads: any. Reasons: launch.spec (T0, a
// relative program, a closed descriptor; code invalid_argument), launch.spawn (no process, or no such program; code
// unavailable), sandbox.namespaces (T2n).
Result<Launched> launch(const LaunchSpec& spec);

}  // namespace stoa::worker
