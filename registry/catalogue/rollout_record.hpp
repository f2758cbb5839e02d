// rollout_record.hpp: a release's way into traffic as the catalogue keeps it: what was asked for, how far it got, and
// what was found. Times are milliseconds of Unix time, shares parts in a million. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/catalogue/ids.hpp"

namespace stoa::registry {

struct RolloutTag {
  static constexpr std::string_view kPrefix = "roll";
};
using RolloutId = Id<RolloutTag>;

// Gets copies of requests; its answers are compared and thrown away.
struct RolloutShadow {
  std::string version = {};
  std::uint64_t share_ppm = 1'000'000;
  std::uint64_t atol_nano = 10'000, rtol_nano = 100'000;  // 1e-5 and 1e-4: how far floats may differ
  friend bool operator==(const RolloutShadow&, const RolloutShadow&) = default;
};

// When a host takes the release back by itself; what they mean is host/rollout's (traffic_plan.hpp).
struct RolloutLimits {
  std::uint64_t requests_min = 100, window_ms = 60'000, error_margin_ppm = 5'000;
  std::uint64_t p99_ratio_percent = 200;  // 0: latency is not looked at
  std::uint64_t unready_ms = 5'000;
  friend bool operator==(const RolloutLimits&, const RolloutLimits&) = default;
};

struct RolloutPlan {
  std::string model = {};
  std::string version = {};                 // on trial; empty: only a shadow
  std::vector<std::string> customers = {};  // these get it at every step
  std::vector<std::uint64_t> steps_ppm = {};
  bool promotes = false;  // after the last step the alias "default" moves to it
  std::optional<RolloutShadow> shadow = {};
  RolloutLimits limits = {};
  std::string note = {};
  friend bool operator==(const RolloutPlan&, const RolloutPlan&) = default;
};

enum class RolloutState : std::uint8_t {
  running,      // hosts shift
  paused,       // hosts stay at the step reached, and still take it back when it fails
  promoted,     // it is the model's default
  rolled_back,  // by a host or an operator, see reason
  failed,       // it did not load or prove itself
  ended,        // its release was withdrawn
};
std::string_view name_of(RolloutState state);
std::optional<RolloutState> rollout_state_of(std::string_view name);
constexpr bool is_active(RolloutState state) { return state == RolloutState::running || state == RolloutState::paused; }

struct RolloutRecord {
  RolloutId id = {};
  RolloutPlan plan = {};
  std::string stable =
      {};  // what the model's name meant when it began, and goes on to mean until the release is promoted
  RolloutState state = RolloutState::running;
  std::uint64_t step = 0;                 // of steps_ppm, the one reached
  std::string reason = {}, numbers = {};  // of its last change: the word, and the figures behind it
  std::string actor = {};
  std::int64_t started_ms = 0, changed_ms = 0;
  friend bool operator==(const RolloutRecord&, const RolloutRecord&) = default;

  // What it gives a share of the requests now; 0: none but those customers.
  std::uint64_t share_ppm() const {
    if (!is_active(state) || plan.steps_ppm.empty()) return 0;
    return plan.steps_ppm[step < plan.steps_ppm.size() ? step : plan.steps_ppm.size() - 1];
  }
};

// Why a release is not served by default, until somebody forgives it.
struct VerdictRecord {
  std::int64_t id = 0;
  std::string model = {}, version = {};
  std::string state = {};  // "rolled_back" "failed"
  std::string reason = {}, numbers = {};
  std::string back_to = {};  // the version that took over
  std::string actor = {};    // "registry": a host found it
  std::int64_t at_ms = 0;
  std::optional<std::int64_t> forgiven_ms = {};
  friend bool operator==(const VerdictRecord&, const VerdictRecord&) = default;
};

// What a host found. rollout: the id of the one that it was about, where it comes from elsewhere and may be late;
// empty: the model's last one.
struct RolloutNews {
  enum class Kind : std::uint8_t { step, promoted, rolled_back, failed } kind = Kind::step;
  std::string model = {}, version = {};
  std::uint64_t step = 0;
  std::string reason = {}, numbers = {}, back_to = {};
  std::string rollout = {};
};
std::string_view name_of(RolloutNews::Kind kind);  // "step" "promoted" "rolled_back" "failed"
std::optional<RolloutNews::Kind> news_kind_of(std::string_view name);

}  // namespace stoa::registry
