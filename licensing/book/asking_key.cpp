// asking_key.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/book/asking_key.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "licensing/book/key_store.hpp"
#include "licensing/terms/key_width.hpp"
#include "licensing/terms/refusal.hpp"

namespace stoa::licensing {
namespace {

std::string text_of(const Rate& rate) { return fmt::format("{} calls in {} ms", rate.calls, rate.window_ms); }
std::string text_of(const Quota& budget) {
  return fmt::format("{} {} in the period '{}'", budget.amount, budget.meter, name_of(budget.period));
}

// Two would count beside each other.
template <class Limit>
Result<void> share(std::string_view field, std::optional<Limit>& wanted, const std::optional<Limit>& own) {
  if (!own) return {};
  if (wanted && *wanted != *own)
    return failure(Code::permission_denied, "key.wider",
                   fmt::format("{}: is {}, the asking key's {} counts for all keys that it makes: leave it out", field,
                               text_of(*wanted), text_of(*own)));
  wanted = own;
  return {};
}

Result<std::vector<ApiKey>> read_elders(database::Connection& connection, const ApiKey& key) {
  std::vector<ApiKey> elders;
  for (ApiKeyId next = key.made_by; !next.text.empty() && elders.size() < kGenerationsMax;) {
    auto elder = read_key(connection, next);
    if (!elder) return std::unexpected(elder.error());
    next = elder->made_by;
    elders.push_back(std::move(*elder));
  }
  return elders;
}

ApiKeyId user_among(const ApiKey& key, const std::vector<ApiKey>& elders, SharedLimit limit) {
  return user_of(key, limit, [&](const ApiKeyId& id) {
    const auto at = std::ranges::find(elders, id, &ApiKey::id);
    return at == elders.end() ? nullptr : &*at;
  });
}

}  // namespace

Result<std::optional<AskingKey>> read_asking(database::Connection& connection, const Actor& actor,
                                             std::int64_t now_ms) {
  if (actor.kind != Actor::Kind::customer) return std::nullopt;
  auto key = read_key(connection, actor.key);
  if (!key) return std::unexpected(key.error());
  if (key->revoked_ms) return std::unexpected(error_of(Refusal::key_revoked));
  if (key->rotated_until_ms && *key->rotated_until_ms <= now_ms) return std::unexpected(error_of(Refusal::key_rotated));
  if (key->expires_ms && *key->expires_ms <= now_ms) return std::unexpected(error_of(Refusal::key_expired));
  auto elders = read_elders(connection, *key);
  if (!elders) return std::unexpected(elders.error());
  return AskingKey{std::move(*key), std::move(*elders)};
}

Result<void> hand_on(const AskingKey& asking, ApiKey& made) {
  const ApiKey& own = asking.key;
  if (own.rotated_until_ms)
    return failure(Code::failed_precondition, "key.state",
                   fmt::format("key {} was rotated: its successor {} makes keys", own.id.text, own.successor.text));
  if (asking.elders.size() >= kGenerationsMax)
    return failure(Code::failed_precondition, "key.generations",
                   fmt::format("before key {} there are {} keys, each made by the one before: at most {} are followed, "
                               "make keys by an earlier one",
                               own.id.text, asking.elders.size(), kGenerationsMax));
  if (made.models.empty()) made.models = own.models;
  if (!made.expires_ms) made.expires_ms = end_of(own);
  if (auto shared = share("rate", made.rate, own.rate); !shared) return shared;
  if (auto shared = share("budget", made.budget, own.budget); !shared) return shared;
  made.made_by = first_of(own);
  return require_no_wider(made, own);
}

Result<void> require_its_own(database::Connection& connection, const AskingKey& asking, const ApiKey& key) {
  const ApiKeyId& first = first_of(key);
  if (std::ranges::any_of(asking.elders, [&](const ApiKey& elder) { return elder.id == first; }))
    return failure(Code::permission_denied, "key.elder",
                   fmt::format("key {} is one by which the asking key was made", key.id.text));
  if (auto narrow = require_no_wider(key, asking.key); !narrow) return narrow;
  const auto elders = read_elders(connection, key);
  if (!elders) return std::unexpected(elders.error());
  for (const SharedLimit limit : kSharedLimits)
    if (has(asking.key, limit) && user_among(key, *elders, limit) != user_among(asking.key, asking.elders, limit))
      return failure(Code::permission_denied, "key.wider",
                     fmt::format("{}: key {} does not share the asking key's",
                                 limit == SharedLimit::rate ? "rate" : "budget", key.id.text));
  return {};
}

}  // namespace stoa::licensing
