// rollout_rules.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/rollout_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "registry/catalogue/default_release.hpp"
#include "registry/document/words.hpp"
#include "registry/versions/semver.hpp"

namespace stoa::registry {
namespace {

constexpr std::uint64_t kWholePpm = 1'000'000;
constexpr std::size_t kStepsMax = 32, kCustomersMax = 1'000, kCustomerBytesMax = 256;
constexpr std::uint64_t kDayMs = 86'400'000;

template <class... Values>
std::unexpected<Error> refused(fmt::format_string<Values...> text, Values&&... values) {
  return failure(Code::invalid_argument, "rollout.plan", fmt::format(text, std::forward<Values>(values)...));
}

Result<void> check_trial(const RolloutPlan& plan) {
  if (!parse_semantic_version(plan.version)) return refused("version: '{}' is no version", plan.version.substr(0, 64));
  if (plan.steps_ppm.empty() && plan.customers.empty())
    return refused("steps_ppm: is empty, and so is customers: nobody would be given {}", plan.version);
  if (plan.promotes && plan.steps_ppm.empty()) return refused("promotes: needs at least one of steps_ppm");
  if (plan.steps_ppm.size() > kStepsMax)
    return refused("steps_ppm: has {} steps, limit is {}", plan.steps_ppm.size(), kStepsMax);
  std::uint64_t last = 0;
  for (const std::uint64_t step : plan.steps_ppm) {
    if (step <= last || step > kWholePpm)
      return refused("steps_ppm: has {} behind {}, want rising steps up to {}", step, last, kWholePpm);
    last = step;
  }
  if (plan.customers.size() > kCustomersMax)
    return refused("customers: are {}, limit is {}", plan.customers.size(), kCustomersMax);
  for (const std::string& customer : plan.customers) {
    if (auto good = check_words("customers", customer, kCustomerBytesMax); !good) return good;
    if (customer.empty() || customer.contains('\n')) return refused("customers: has an id that is empty or two lines");
  }
  return {};
}

Result<void> check_shadow(const RolloutPlan& plan, const RolloutShadow& shadow) {
  if (!plan.version.empty() || !plan.steps_ppm.empty() || !plan.customers.empty() || plan.promotes)
    return refused("shadow: is asked for beside a version on trial; one after the other");
  if (!parse_semantic_version(shadow.version))
    return refused("shadow.version: '{}' is no version", shadow.version.substr(0, 64));
  if (shadow.share_ppm == 0 || shadow.share_ppm > kWholePpm)
    return refused("shadow.share_ppm: is {}, want 1 to {}", shadow.share_ppm, kWholePpm);
  constexpr std::uint64_t kToleranceMax = 1'000'000'000'000;  // a thousand: beyond it nothing is compared
  for (const auto& [name, nano] : {std::pair{"atol", shadow.atol_nano}, std::pair{"rtol", shadow.rtol_nano}})
    if (nano > kToleranceMax) return refused("shadow.{}: is {} nano, limit is {}", name, nano, kToleranceMax);
  return {};
}

Result<void> check_limits(const RolloutLimits& limits) {
  const struct {
    const char* name;
    std::uint64_t value, min, max;
  } rows[] = {{"requests_min", limits.requests_min, 1, 1'000'000'000},
              {"window_ms", limits.window_ms, 1, 7 * kDayMs},
              {"error_margin_ppm", limits.error_margin_ppm, 0, kWholePpm},
              {"unready_ms", limits.unready_ms, 0, kDayMs}};
  for (const auto& row : rows)
    if (row.value < row.min || row.value > row.max)
      return refused("limits.{}: is {}, want {} to {}", row.name, row.value, row.min, row.max);
  if (limits.p99_ratio_percent != 0 && (limits.p99_ratio_percent < 100 || limits.p99_ratio_percent > 1'000'000))
    return refused("limits.p99_ratio_percent: is {}, want 0 (latency is not looked at) or 100 to 1000000",
                   limits.p99_ratio_percent);
  return {};
}

}  // namespace

Result<void> check_rollout(const RolloutPlan& plan) {
  if (plan.model.empty()) return refused("model: is empty");
  if (auto good = check_words("note", plan.note); !good) return good;
  if (auto good = plan.shadow ? check_shadow(plan, *plan.shadow) : check_trial(plan); !good) return good;
  return check_limits(plan.limits);
}

Result<void> check_news(const RolloutNews& news) {
  using Kind = RolloutNews::Kind;
  const auto bad = [](std::string_view what) {
    return failure(Code::invalid_argument, "rollout.news", std::string(what));
  };
  if (news.model.empty()) return bad("model: is empty");
  if (!parse_semantic_version(news.version))
    return bad(fmt::format("version: '{}' is no version", news.version.substr(0, 64)));
  if (!news.back_to.empty() && !parse_semantic_version(news.back_to))
    return bad(fmt::format("back_to: '{}' is no version", news.back_to.substr(0, 64)));
  const bool is_verdict = news.kind == Kind::rolled_back || news.kind == Kind::failed;
  if (is_verdict && news.reason.empty()) return bad("reason: is empty, and a verdict has one");
  if (auto good = check_words("reason", news.reason); !good) return good;
  return check_words("numbers", news.numbers);
}

Result<void> check_against_default(const RolloutPlan& plan, const std::vector<AliasTarget>& present) {
  if (present.empty())
    return failure(Code::failed_precondition, "rollout.no_stable",
                   fmt::format("model \"{}\" has no release yet that answers by default", plan.model));
  if (present.size() > 1)
    return failure(Code::failed_precondition, "rollout.divided",
                   fmt::format("alias '{}' of \"{}\" divides its requests already: point it to one release first",
                               kDefaultAlias, plan.model));
  const std::string& tried = plan.shadow ? plan.shadow->version : plan.version;
  if (tried == present.front().version)
    return refused("version: {} answers by default already; keep the alias '{}' on the release before it", tried,
                   kDefaultAlias);
  return {};
}

}  // namespace stoa::registry
