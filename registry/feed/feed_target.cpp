// feed_target.cpp: facts to values and back. SPDX-License-Identifier: Apache-2.0
#include "registry/feed/feed_target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "registry/catalogue/alias_store.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kFactBytes = 1024;  // TufRepository takes no more in one

void put_text(Target& target, const std::string& name, std::string_view text) {
  target.facts[name] = text.substr(0, kFactBytes);
  for (std::size_t at = kFactBytes, part = 1; at < text.size(); at += kFactBytes, ++part)
    target.facts[fmt::format("{}.{}", name, part)] = text.substr(at, kFactBytes);
}

// "acme/vision" and "1.2.0" of "acme/vision/1.2.0.stoa".
struct Split {
  std::string_view folder, name;
};
std::optional<Split> split(std::string_view path, std::string_view ending) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos || !path.ends_with(ending) || std::ranges::count(path, '/') != 2) return {};
  const Split parts{path.substr(0, slash), path.substr(slash + 1, path.size() - slash - 1 - ending.size())};
  return parts.name.empty() ? std::nullopt : std::optional(parts);
}

// One target's facts on their way to values: what is wrong first is what is told.
class Facts {
 public:
  Facts(std::string_view path, const Target& target) : path_(path), target_(target) {}

  std::string text(const std::string& name) {
    const auto first = target_.facts.find(name);
    if (first == target_.facts.end()) {
      refuse(name, "is missing");
      return {};
    }
    std::string text = first->second;
    for (std::size_t part = 1;; ++part) {
      const auto next = target_.facts.find(fmt::format("{}.{}", name, part));
      if (next == target_.facts.end()) return text;
      text += next->second;
    }
  }
  std::int64_t number(const std::string& name) {
    const std::string digits = text(name);
    std::int64_t number = 0;
    const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (bad != std::errc() || end != digits.data() + digits.size()) refuse(name, "is no number");
    return number;
  }
  std::uint64_t count(const std::string& name) {
    const std::int64_t value = number(name);
    if (value < 0) refuse(name, "is negative");
    return static_cast<std::uint64_t>(value);
  }
  std::vector<std::uint64_t> counts(const std::string& name) {
    const std::string words = text(name);
    std::vector<std::uint64_t> counts;
    for (std::string_view rest = words; !rest.empty();) {
      const auto end = std::min(rest.find(' '), rest.size());
      std::uint64_t& count = counts.emplace_back();
      const auto [read, bad] = std::from_chars(rest.data(), rest.data() + end, count);
      if (bad != std::errc() || read != rest.data() + end) refuse(name, "has what is no number");
      rest.remove_prefix(std::min(rest.size(), end + 1));
    }
    return counts;
  }
  Split split_path(std::string_view ending) {
    const auto parts = split(path_, ending);
    if (!parts) refuse("path", fmt::format("is none that ends in {}", ending));
    return parts.value_or(Split{});
  }
  void refuse(std::string_view name, std::string_view what) {
    if (!error_) error_ = Error{Code::data_loss, "feed.fact", fmt::format("{}: {} {}", path_, name, what), 0};
  }
  template <class Value>
  Result<Value> end(Value& value) {
    if (error_) return std::unexpected(*error_);
    return std::move(value);
  }

 private:
  std::string_view path_;
  const Target& target_;
  std::optional<Error> error_;
};

Target labelled(const std::string& path) {
  const std::string text = label_text(path);
  return {.length = text.size(), .sha256 = sha256_of(text), .facts = {}};
}

}  // namespace

std::string path_of(const PublicRelease& release) {
  return fmt::format("{}/{}{}", release.plugin, release.version, kReleaseEnding);
}

Target target_of(const PublicRelease& release) {
  Target target{.length = release.package_bytes, .sha256 = release.package_sha256, .facts = {}};
  target.facts["id"] = release.id.text;
  target.facts["state"] = name_of(release.state);
  target.facts["listed"] = release.is_listed ? "yes" : "no";
  target.facts["published_ms"] = fmt::format("{}", release.published_ms);
  target.facts["cool_until_ms"] = fmt::format("{}", release.cool_until_ms);
  target.facts["key"] = to_hex(release.key);
  put_text(target, "models", fmt::format("{}", fmt::join(release.models, " ")));
  return target;
}

Result<PublicRelease> release_of(std::string_view path, const Target& target) {
  Facts facts(path, target);
  PublicRelease release;
  const Split parts = facts.split_path(kReleaseEnding);
  release.plugin = parts.folder, release.version = parts.name;
  release.id.text = facts.text("id");
  const auto state = release_state_of(facts.text("state"));
  if (!state || !(is_servable(*state) || *state == ReleaseState::revoked))
    facts.refuse("state", "is none of the public ones");
  release.state = state.value_or(ReleaseState::revoked);
  release.is_listed = facts.text("listed") == "yes";
  release.published_ms = facts.number("published_ms");
  release.cool_until_ms = facts.number("cool_until_ms");
  if (!read_hex(facts.text("key"), release.key)) facts.refuse("key", "is no public key");
  const std::string models = facts.text("models");
  for (std::string_view rest = models; !rest.empty();) {
    const auto end = std::min(rest.find(' '), rest.size());
    release.models.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  release.package_sha256 = target.sha256;
  release.package_bytes = target.length;
  return facts.end(release);
}

std::string label_text(std::string_view path) {
  for (const std::string_view ending : {kAliasEnding, kRolloutEnding, kVerdictEnding})
    if (const auto parts = split(path, ending)) return fmt::format("{}@{}\n", parts->folder, parts->name);
  return {};
}

std::string path_of(const AliasRecord& alias) { return fmt::format("{}/{}{}", alias.model, alias.alias, kAliasEnding); }

Target target_of(const AliasRecord& alias) {
  Target target = labelled(path_of(alias));
  target.facts["step"] = fmt::format("{}", alias.step);
  put_text(target, "targets", text_of(alias.targets));
  return target;
}

Result<AliasRecord> alias_of(std::string_view path, const Target& target) {
  Facts facts(path, target);
  AliasRecord alias;
  const Split parts = facts.split_path(kAliasEnding);
  alias.model = parts.folder, alias.alias = parts.name;
  alias.step = facts.number("step");
  auto targets = parse_alias_targets(facts.text("targets"));
  if (targets)
    alias.targets = std::move(*targets);
  else
    facts.refuse("targets", targets.error().message);
  return facts.end(alias);
}

std::string path_of(const RolloutRecord& rollout) {
  return fmt::format("{}/{}{}", rollout.plan.model, rollout.id.text, kRolloutEnding);
}

Target target_of(const RolloutRecord& rollout) {
  Target target = labelled(path_of(rollout));
  const auto& shadow = rollout.plan.shadow;
  target.facts["version"] = shadow ? shadow->version : rollout.plan.version;
  target.facts["state"] = name_of(rollout.state);
  if (shadow) {
    target.facts["shadow_ppm"] = fmt::format("{}", shadow->share_ppm);
    target.facts["atol_nano"] = fmt::format("{}", shadow->atol_nano);
    target.facts["rtol_nano"] = fmt::format("{}", shadow->rtol_nano);
  } else {
    put_text(target, "steps", fmt::format("{}", fmt::join(rollout.plan.steps_ppm, " ")));
    target.facts["step"] = fmt::format("{}", rollout.step);
    target.facts["promotes"] = rollout.plan.promotes ? "yes" : "no";
  }
  target.facts["stable"] = rollout.stable;
  target.facts["share_ppm"] = fmt::format("{}", rollout.share_ppm());
  const RolloutLimits& limits = rollout.plan.limits;
  target.facts["requests_min"] = fmt::format("{}", limits.requests_min);
  target.facts["window_ms"] = fmt::format("{}", limits.window_ms);
  target.facts["error_margin_ppm"] = fmt::format("{}", limits.error_margin_ppm);
  target.facts["p99_ratio_percent"] = fmt::format("{}", limits.p99_ratio_percent);
  target.facts["unready_ms"] = fmt::format("{}", limits.unready_ms);
  return target;
}

Result<RolloutRecord> rollout_of(std::string_view path, const Target& target) {
  Facts facts(path, target);
  RolloutRecord rollout;
  const Split parts = facts.split_path(kRolloutEnding);
  rollout.plan.model = parts.folder, rollout.id.text = parts.name;
  rollout.plan.version = facts.text("version");
  rollout.stable = facts.text("stable");
  const auto state = rollout_state_of(facts.text("state"));
  if (!state || !(is_active(*state) || *state == RolloutState::promoted))
    facts.refuse("state", "is none of the public ones");
  rollout.state = state.value_or(RolloutState::paused);
  if (target.facts.contains("shadow_ppm")) {
    rollout.plan.shadow = RolloutShadow{.version = std::exchange(rollout.plan.version, std::string()),
                                        .share_ppm = facts.count("shadow_ppm"),
                                        .atol_nano = facts.count("atol_nano"),
                                        .rtol_nano = facts.count("rtol_nano")};
  } else {
    rollout.plan.steps_ppm = facts.counts("steps");
    if (std::ranges::any_of(rollout.plan.steps_ppm, [](std::uint64_t ppm) { return ppm > 1'000'000; }))
      facts.refuse("steps", "has one of more than 1000000");
    rollout.plan.promotes = facts.text("promotes") == "yes";
    rollout.step = facts.count("step");
  }
  rollout.plan.limits = {.requests_min = facts.count("requests_min"),
                         .window_ms = facts.count("window_ms"),
                         .error_margin_ppm = facts.count("error_margin_ppm"),
                         .p99_ratio_percent = facts.count("p99_ratio_percent"),
                         .unready_ms = facts.count("unready_ms")};
  return facts.end(rollout);
}

std::string path_of(const VerdictRecord& verdict) {
  return fmt::format("{}/{}{}", verdict.model, verdict.version, kVerdictEnding);
}

Target target_of(const VerdictRecord& verdict) {
  Target target = labelled(path_of(verdict));
  target.facts["id"] = fmt::format("{}", verdict.id);
  target.facts["state"] = verdict.state;
  // An operator may have written it, and one fact that no reader takes would keep all others from being signed.
  std::string reason = verdict.reason.substr(0, kFactBytes);
  std::ranges::replace_if(reason, [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
  target.facts["reason"] = reason;
  target.facts["back_to"] = verdict.back_to;
  target.facts["at_ms"] = fmt::format("{}", verdict.at_ms);
  if (verdict.forgiven_ms) target.facts["forgiven_ms"] = fmt::format("{}", *verdict.forgiven_ms);
  return target;
}

Result<VerdictRecord> verdict_of(std::string_view path, const Target& target) {
  Facts facts(path, target);
  VerdictRecord verdict;
  const Split parts = facts.split_path(kVerdictEnding);
  verdict.model = parts.folder, verdict.version = parts.name;
  verdict.id = facts.number("id");
  verdict.state = facts.text("state");
  verdict.reason = facts.text("reason");
  verdict.back_to = facts.text("back_to");
  verdict.at_ms = facts.number("at_ms");
  if (target.facts.contains("forgiven_ms")) verdict.forgiven_ms = facts.number("forgiven_ms");
  return facts.end(verdict);
}

}  // namespace stoa::registry
