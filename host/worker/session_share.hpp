// session_share.hpp: a worker's share of a contended CPU, where the kernel groups processes by session.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include "host/worker/descriptor.hpp"

namespace stoa::worker {

// Where it groups by session, a nice value counts among the threads of one session, and a worker has a session of its
// own: against the host only the session's counts. Fairness, not isolation: without the file there are no such groups.
class SessionShare {
 public:
  // While the worker may still be dumped, which makes its files in /proc ours: before its load stage.
  explicit SessionShare(pid_t worker);

  // True: there is nothing more to do. False: try again later, because the kernel takes one change in 100 ms of the
  // whole machine from anyone but root.
  bool set(int nice);

 private:
  Descriptor file_;
};

}  // namespace stoa::worker
