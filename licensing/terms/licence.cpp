// licence.cpp: which terms make sense. SPDX-License-Identifier: Apache-2.0
#include "licensing/terms/licence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "registry/document/utc_time.hpp"
#include "registry/document/words.hpp"
#include "registry/versions/version_range.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kPolicies[] = {"deny", "grace", "advisory"};
constexpr std::size_t kCoveragesMax = 64, kEntitlementsMax = 64, kQuotasMax = 16, kKeysMax = 64;
constexpr std::int64_t kYearMs = 366LL * 86'400'000;

Result<void> refuse_licence(std::string_view field, std::string_view rule) {
  return failure(Code::invalid_argument, "licence.terms", fmt::format("{}: {}", field, rule));
}

Result<void> check_coverage(const Licence& licence) {
  if (licence.covers.empty() || licence.covers.size() > kCoveragesMax)
    return refuse_licence("covers",
                          fmt::format("has {} models, allowed are 1 to {}", licence.covers.size(), kCoveragesMax));
  for (std::size_t i = 0; i < licence.covers.size(); ++i) {
    const Coverage& covered = licence.covers[i];
    if (!is_model_pattern(covered.model))
      return refuse_licence(fmt::format("covers[{}].model", i), "is not of the form publisher/model or publisher/*");
    if (auto range = registry::parse_version_range(covered.versions); !range)
      return refuse_licence(fmt::format("covers[{}].versions", i), range.error().message);
  }
  return {};
}

Result<void> check_rate(const Licence& licence) {
  if (!licence.rate) return {};
  if (const auto flaw = flaw_of(*licence.rate))
    return failure(Code::invalid_argument, "licence.terms", "rate." + *flaw);
  return {};
}

Result<void> check_quotas(const Licence& licence) {
  if (licence.quotas.size() > kQuotasMax)
    return refuse_licence("quotas",
                          fmt::format("has {} meters, at most {} are allowed", licence.quotas.size(), kQuotasMax));
  std::set<std::string_view> meters;
  for (const Quota& quota : licence.quotas) {
    if (const auto flaw = flaw_of(quota)) return failure(Code::invalid_argument, "licence.terms", "quotas[]." + *flaw);
    if (!meters.insert(quota.meter).second)
      return refuse_licence("quotas[].meter", fmt::format("'{}' is given twice", quota.meter));
  }
  return {};
}

Result<void> check_entitlements(const Licence& licence) {
  if (licence.entitlements.size() > kEntitlementsMax)
    return refuse_licence("entitlements", fmt::format("has {} features, at most {} are allowed",
                                                      licence.entitlements.size(), kEntitlementsMax));
  std::set<std::string_view> features;
  for (const Entitlement& granted : licence.entitlements) {
    if (!is_handle(granted.feature)) return refuse_licence("entitlements[].feature", "is not a lower-case dotted word");
    if (granted.limit < -1) return refuse_licence("entitlements[].limit", "is below -1 (-1: without limit)");
    if (granted.limit > static_cast<std::int64_t>(kAmountMax))
      return refuse_licence("entitlements[].limit", "is over 2^53 - 1");
    if (!features.insert(granted.feature).second)
      return refuse_licence("entitlements[].feature", fmt::format("'{}' is given twice", granted.feature));
  }
  return {};
}

Result<void> check_times(const Licence& licence) {
  for (const auto& [field, at_ms] :
       {std::pair("issued", std::optional(licence.issued_ms)),
        std::pair("not_before", std::optional(licence.not_before_ms)), std::pair("expires", licence.expires_ms)})
    if (at_ms && (*at_ms < 0 || *at_ms > registry::kUtcMaxMs))
      return refuse_licence(field, "is not between 1970 and 9999");
  if (licence.expires_ms && *licence.expires_ms <= licence.not_before_ms)
    return refuse_licence("expires", "is not after not_before");
  if (licence.grace_ms < 0 || licence.grace_ms > kYearMs)
    return refuse_licence("grace", "is not between 0 and 366 days");
  const bool has_grace =
      licence.on_expiry == Policy::grace || licence.on_quota == Policy::grace || licence.on_clock == Policy::grace;
  if (licence.grace_ms > 0 && !has_grace) return refuse_licence("grace", "is given, but no policy is grace");
  if (licence.is_trial && !licence.expires_ms) return refuse_licence("expires", "is missing, and a trial has an end");
  if (licence.offline_ms && (*licence.offline_ms < 60'000 || *licence.offline_ms > 10 * kYearMs))
    return refuse_licence("offline", "is not between a minute and ten years");
  return {};
}

Result<void> check_seats(const Licence& licence) {
  if (!licence.floating) return {};
  if (licence.floating->seats < 1 || licence.floating->seats > 100'000)
    return refuse_licence("floating.seats", fmt::format("is {}, allowed are 1 to 100000", licence.floating->seats));
  if (licence.floating->ttl_s < 5 || licence.floating->ttl_s > 86'400)
    return refuse_licence("floating.ttl_s", fmt::format("is {}, allowed are 5 to 86400", licence.floating->ttl_s));
  return {};
}

Result<void> check_subject(const Licence& licence) {
  if (licence.subject.customer.empty() && licence.content_keys.empty())
    return refuse_licence("subject.customer", "is missing, and there is no content key for a host either");
  if (licence.subject.keys.size() > kKeysMax || licence.content_keys.size() > kKeysMax)
    return refuse_licence("subject.keys", fmt::format("more than {} keys", kKeysMax));
  if (licence.subject.name.size() > 256) return refuse_licence("subject.name", "is longer than 256 bytes");
  if (std::ranges::any_of(licence.subject.name, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    return refuse_licence("subject.name", "has a control character");
  if (const auto good = registry::check_words("subject.name", licence.subject.name); !good)
    return failure(Code::invalid_argument, "licence.terms", good.error().message);
  return {};
}

}  // namespace

bool is_model_pattern(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || !is_handle(text.substr(0, slash))) return false;
  const std::string_view model = text.substr(slash + 1);
  return model == "*" || is_handle(model);
}

std::string_view name_of(Policy policy) { return kPolicies[static_cast<std::size_t>(policy)]; }

std::optional<Policy> policy_of(std::string_view name) {
  const auto* const at = std::ranges::find(kPolicies, name);
  if (at == std::end(kPolicies)) return std::nullopt;
  return static_cast<Policy>(at - std::begin(kPolicies));
}

bool is_issuer_name(std::string_view text) { return is_handle(text) && text.front() != '.'; }

Result<void> check_terms(const Licence& licence) {
  if (!is_issuer_name(licence.issuer))
    return refuse_licence("issuer", "is not a name of lower-case letters, digits, '-', '_'");
  if (licence.serial < 1) return refuse_licence("serial", "is 0, the first is 1");
  if (!licence.node.empty() && !is_handle(licence.node))
    return refuse_licence("node", "is no fingerprint of a host key");
  for (const auto check :
       {check_subject, check_coverage, check_entitlements, check_quotas, check_seats, check_times, check_rate})
    if (auto fine = check(licence); !fine) return fine;
  return {};
}

bool covers_model(const Coverage& coverage, std::string_view model) {
  if (!coverage.model.ends_with("/*")) return coverage.model == model;
  return model.starts_with(std::string_view(coverage.model).substr(0, coverage.model.size() - 1));
}

bool covers_version(const Coverage& coverage, const registry::VersionKey& version) {
  if (coverage.versions == "*") return true;
  const auto range = registry::parse_version_range(coverage.versions);
  return range && range->admits(version);
}

}  // namespace stoa::licensing
