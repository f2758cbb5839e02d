// webhook.hpp: who is told of what, where, and how often it is tried. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "registry/document/id.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

struct WebhookTag {
  static constexpr std::string_view kPrefix = "whk";
};
using WebhookId = registry::Id<WebhookTag>;

// A kind of event; a subscription is one of these, or "call.*" for all that begin so.
struct EventKind {
  std::string_view type, what;
  bool is_publishers;  // a publisher may hear of those about its own models
};
std::span<const EventKind> event_kinds();

struct Webhook {
  WebhookId id = {};
  std::string owner = {};  // a publisher's namespace; empty: the operators'
  std::string url = {};
  std::vector<std::string> types = {};
  std::int64_t created_ms = 0;
  std::string disabled_because = {};  // empty: it is active
  friend bool operator==(const Webhook&, const Webhook&) = default;
};
// Whether it is to hear of this. publisher: whose models it is about; empty: operators alone hear of it.
bool wants(const Webhook& webhook, std::string_view type, std::string_view publisher);
// invalid_argument "webhook.url", "webhook.types".
Result<void> check_webhook(const Webhook& webhook, bool may_be_plain);

// Something that happened, as its source has it. Sources number what they have, from 0 or 1 on, for ever.
struct Happening {
  std::string id;  // within its source, the same whenever it is read
  std::int64_t at_ms = 0;
  std::string type, subject;
  std::string data;  // a JSON object
};

// When what failed so many times is tried again: 5 s, 15 s, 45 s … an hour at most; a tenth of it more or less, by
// `dice` (0 … 999), so that a receiver which comes back is not met by all at once.
struct RetryRule {
  std::uint32_t attempts_max = 12;  // then it is a dead letter: after some five hours
  std::uint32_t first_ms = 5'000, most_ms = 3'600'000;
};
std::int64_t retry_after_ms(const RetryRule& rule, std::uint32_t attempts, std::uint32_t dice);

}  // namespace stoa::licensing
