// ready_loop.hpp: a thread that waits for descriptors and does so for others, too. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>

namespace stoa::thread {

// Rationale: an answer that a thread of its own takes in, only to wake the thread that sends it on, costs one wake
// more.
class ReadyLoop {
 public:
  // Its end ends the watch; on_ready may still be running then, but is not called again.
  class Watch {
   public:
    virtual ~Watch() = default;
    // False: the loop does not run yet, or does not run any more, and somebody else has to wait for the descriptor.
    virtual bool is_active() const noexcept = 0;
  };

  virtual ~ReadyLoop() = default;
  // Reads what comes out of a pipe or an eventfd, which do not block, and drops it; what counts is that it came: it
  // calls on_ready on a thread of the loop, always the same one, once soon and then each time. on_ready must be prompt.
  // True from it: there is more, it wants to be called again when others have had their turn. The descriptor is
  // duplicated. Any thread.
  virtual std::unique_ptr<Watch> watch(int descriptor, std::function<bool()> on_ready) = 0;
};

}  // namespace stoa::thread
