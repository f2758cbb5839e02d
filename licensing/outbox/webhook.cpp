// webhook.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/outbox/webhook.hpp"

#include <algorithm>

namespace stoa::licensing {
namespace {

constexpr std::size_t kUrlBytesMax = 2'000, kTypesMax = 32;

constexpr EventKind kKinds[] = {
    {"call.billed", "calls that were charged, up to 500 together", true},
    {"entry.top_up", "a customer paid in", false},
    {"entry.refund", "a call was given back, in whole or in part", true},
    {"entry.adjustment", "an operator corrected accounts", false},
    {"entry.payout", "a publisher's payout was booked", true},
    {"entry.guarantee", "a guaranteed minimum was made up", true},
    {"entry.expiry", "credits expired", false},
    {"budget.reached", "80 or 100 per cent of a key's budget or a licence's quota are used", false},
    {"licence.changed", "a licence was issued, replaced or revoked", true},
    {"key.changed", "an API key was made, rotated or revoked", false},
    {"customer.changed", "a customer was made, suspended, resumed or closed", false},
    {"release.changed", "a release of the catalogue changed its state", true},
    {"statement.issued", "a month was closed, and everybody's statement of it is there", true},
    {"payout.changed", "a payout is due, held, submitted, settled, failed or came back", true},
    {"webhook.test", "asked for by `stoa webhooks test`", true},
};

bool covers(std::string_view subscription, std::string_view type) {
  if (subscription.ends_with(".*")) return type.starts_with(subscription.substr(0, subscription.size() - 1));
  return subscription == type || subscription == "*";
}

std::unexpected<Error> bad_url(const char* why) {
  return failure(Code::invalid_argument, "webhook.url", std::string("url: ") + why);
}

}  // namespace

std::span<const EventKind> event_kinds() { return kKinds; }

bool wants(const Webhook& webhook, std::string_view type, std::string_view publisher) {
  if (!webhook.disabled_because.empty()) return false;
  if (!webhook.owner.empty()) {
    const auto* const kind = std::ranges::find(kKinds, type, &EventKind::type);
    if (webhook.owner != publisher || kind == std::end(kKinds) || !kind->is_publishers) return false;
  }
  return std::ranges::any_of(webhook.types, [&](const std::string& one) { return covers(one, type); });
}

Result<void> check_webhook(const Webhook& webhook, bool may_be_plain) {
  const std::string_view url = webhook.url;
  if (url.size() > kUrlBytesMax) return bad_url("is longer than 2000 bytes");
  const bool is_plain = url.starts_with("http://");
  if (!url.starts_with("https://") && !(is_plain && may_be_plain)) return bad_url("want https://");
  if (!std::ranges::all_of(url, [](char c) { return c > 0x20 && c < 0x7f; }))
    return bad_url("has characters that no URL has");
  const std::string_view authority = url.substr(is_plain ? 7 : 8, url.find('/', 8) - (is_plain ? 7 : 8));
  if (authority.empty()) return bad_url("names no host");
  if (authority.contains('@')) return bad_url("a name and a password in it would stand in every log");
  if (webhook.types.empty() || webhook.types.size() > kTypesMax)
    return failure(Code::invalid_argument, "webhook.types", "types: want 1 to 32");
  for (const std::string& type : webhook.types) {
    const bool is_known = std::ranges::any_of(kKinds, [&](const EventKind& kind) { return covers(type, kind.type); });
    if (!is_known)
      return failure(Code::invalid_argument, "webhook.types",
                     "types: '" + type.substr(0, 64) + "' is no kind of event");
  }
  return {};
}

std::int64_t retry_after_ms(const RetryRule& rule, std::uint32_t attempts, std::uint32_t dice) {
  std::int64_t wait_ms = rule.first_ms;
  for (std::uint32_t i = 1; i < attempts && wait_ms < rule.most_ms; ++i) wait_ms *= 3;
  wait_ms = std::min<std::int64_t>(wait_ms, rule.most_ms);
  return wait_ms * (900 + dice % 201) / 1'000;
}

}  // namespace stoa::licensing
