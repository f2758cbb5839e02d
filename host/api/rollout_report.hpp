// rollout_report.hpp: where each release of each model stands on this host, as the API and /metrics tell it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stoa::api {

struct ReleaseReport {
  std::string version = {}, state = {};  // state: host/rollout's word
  std::string reason = {};               // of a verdict, with its numbers
  std::uint64_t share_ppm = 0;           // of the requests that name no version
  struct Figures {                       // since it was loaded
    std::uint64_t requests = 0, failed = 0;
    std::uint64_t p99_us = 0;  // 0: not known
  };
  std::optional<Figures> figures = {};  // nothing: it is not loaded
};

struct ShadowReport {
  std::string version = {};
  std::uint64_t equal = 0, different = 0, failed = 0, dropped = 0, skipped = 0, held = 0;
  std::string last_difference = {};
};

struct ModelReport {
  std::string model = {}, stable = {}, candidate = {}, previous = {};  // versions; empty: none
  std::string judgement = {};                                          // the last look's figures
  std::vector<ReleaseReport> releases = {};
  std::optional<ShadowReport> shadow = {};
};

}  // namespace stoa::api
