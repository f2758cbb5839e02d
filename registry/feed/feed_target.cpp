// feed_target.cpp: facts to values and back. SPDX-License-Identifier: Apache-2.0
#include "registry/feed/feed_target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "registry/catalogue/alias_store.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kFactBytes = 1024;  // TufRepository takes no more in one

void put_text(Target& target, const std::string& name, std::string_view text) {
  target.facts[name] = text.substr(0, kFactBytes);
  for (std::size_t at = kFactBytes, part = 1; at < text.size(); at += kFactBytes, ++part)
    target.facts[fmt::format("{}.{}", name, part)] = text.substr(at, kFactBytes);
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
  const auto parts = split(path, kReleaseEnding);
  if (parts)
    release.plugin = parts->folder, release.version = parts->name;
  else
    facts.refuse("path", "is none of a release");
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

std::string path_of(const AliasRecord& alias) { return fmt::format("{}/{}{}", alias.model, alias.alias, kAliasEnding); }

std::string alias_text(std::string_view path) {
  const auto parts = split(path, kAliasEnding);
  return parts ? fmt::format("{}@{}\n", parts->folder, parts->name) : std::string();
}

Target target_of(const AliasRecord& alias) {
  const std::string text = alias_text(path_of(alias));
  Target target{.length = text.size(), .sha256 = sha256_of(text), .facts = {}};
  target.facts["step"] = fmt::format("{}", alias.step);
  put_text(target, "targets", text_of(alias.targets));
  return target;
}

Result<AliasRecord> alias_of(std::string_view path, const Target& target) {
  Facts facts(path, target);
  AliasRecord alias;
  const auto parts = split(path, kAliasEnding);
  if (parts)
    alias.model = parts->folder, alias.alias = parts->name;
  else
    facts.refuse("path", "is none of an alias");
  alias.step = facts.number("step");
  auto targets = parse_alias_targets(facts.text("targets"));
  if (targets)
    alias.targets = std::move(*targets);
  else
    facts.refuse("targets", targets.error().message);
  return facts.end(alias);
}

}  // namespace stoa::registry
