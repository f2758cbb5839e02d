// signing_clock.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/feed/signing_clock.hpp"

#include <algorithm>
#include <utility>

namespace stoa::registry {

SigningClock::SigningClock(Sources sources, std::optional<TufTime> signed_at)
    : sources_(std::move(sources)),
      base_(std::max(sources_.wall(), signed_at.value_or(TufTime{}))),
      base_monotonic_(sources_.monotonic()) {}

TufTime SigningClock::floor() const {
  return base_ + std::chrono::floor<std::chrono::seconds>(sources_.monotonic() - base_monotonic_);
}

TufTime SigningClock::now() {
  const TufTime wall = sources_.wall(), least = floor();
  if (wall <= least) return least;
  base_ = wall;
  base_monotonic_ = sources_.monotonic();
  return wall;
}

std::chrono::seconds SigningClock::behind() { return now() - sources_.wall(); }

}  // namespace stoa::registry
