// trusted_time.hpp: the latest time that was ever seen signed or written, by which a clock set back is noticed.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

#include "stoa/result.hpp"

namespace stoa::licensing {

// Two clocks of one moment, in milliseconds. Steady: one that nobody sets, and that also counts while the machine
// sleeps (CLOCK_BOOTTIME).
struct ClockPair {
  std::int64_t wall_ms = 0, steady_ms = 0;
};

struct ClockReading {
  bool is_behind = false;       // the wall clock, by more than the tolerance
  bool is_new = false;          // is_behind is other than it was
  std::int64_t floor_ms = 0;    // the trusted time
  std::int64_t forward_ms = 0;  // by how much the wall clock was set forward since the last reading; 0: it was not
};

// Invariant: the floor only rises; in the file it does too, at most kKeepEveryMs behind. A clock set forward raises it,
// which cannot be told from time that passed.
class TrustedTime {
 public:
  static constexpr std::int64_t kKeepEveryMs = 60'000;

  // A file that is not there has seen nothing. Reasons: file.*; trusted_time.file, where it is not what keep() writes.
  static Result<TrustedTime> open(std::filesystem::path file);

  std::optional<std::int64_t> floor_ms() const { return floor_ms_; }
  // Somebody whose key counts for every licence signed it.
  void note(std::int64_t signed_ms);
  ClockReading read(const ClockPair& now);

  // Whether keep() would write: where it is not urgent, no oftener than every kKeepEveryMs of time that passed.
  bool is_due(bool is_urgent = false) const;
  // Durable when it returns. Whoever shares the file with others locks it.
  Result<void> keep(bool is_urgent = false);

 private:
  explicit TrustedTime(std::filesystem::path file) : file_(std::move(file)) {}
  std::filesystem::path file_;
  std::optional<std::int64_t> floor_ms_, kept_ms_;
  std::optional<ClockPair> last_;
  bool was_behind_ = false;
};

}  // namespace stoa::licensing
