// signing_clock.hpp: the time that metadata is signed by: it never goes back. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <functional>
#include <optional>

#include "registry/tuf/metadata.hpp"

namespace stoa::registry {

// The machine's clock while it goes forward. Where it went back, or is before what was signed last, time goes on from
// there as fast as the monotonic clock does: a follower whose clock is right takes what expires later than what it has,
// and nothing is signed that has expired already. Threads: one at a time.
class SigningClock {
 public:
  struct Sources {
    std::function<TufTime()> wall;
    std::function<std::chrono::nanoseconds()> monotonic;
  };
  // signed_at: of what was signed last, where that is known.
  SigningClock(Sources sources, std::optional<TufTime> signed_at);

  TufTime now();
  // By how much the machine's clock is behind it. Some seconds: somebody sets it.
  std::chrono::seconds behind();

 private:
  TufTime floor() const;

  Sources sources_;
  TufTime base_;
  std::chrono::nanoseconds base_monotonic_;
};

}  // namespace stoa::registry
