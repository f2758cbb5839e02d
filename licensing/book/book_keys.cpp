// book_keys.cpp: API keys: given once, replaced with an overlap, taken back. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "licensing/book/act_store.hpp"
#include "licensing/book/asking_key.hpp"
#include "licensing/book/customer_store.hpp"
#include "licensing/book/key_store.hpp"
#include "licensing/book/request_store.hpp"
#include "licensing/terms/key_width.hpp"
#include "licensing/terms/refusal.hpp"
#include "registry/document/utc_time.hpp"
#include "registry/document/words.hpp"

namespace stoa::licensing {
namespace {

// All that count are in every snapshot; nobody keeps more apart.
constexpr std::uint64_t kLivingMax = 1'000;
constexpr std::int64_t kOverlapMaxMs = 90LL * 86'400'000;

std::unexpected<Error> refused(Refusal refusal, std::string_view more = {}) {
  Error error = error_of(refusal);
  if (!more.empty()) error.message += fmt::format(" ({})", more);
  return std::unexpected(std::move(error));
}

std::string scopes_text(Scopes scopes) {
  std::string text;
  for (const Scope scope : {Scope::infer, Scope::account, Scope::manage})
    if (has(scopes, scope)) text += (text.empty() ? "" : ",") + std::string(name_of(scope));
  return text;
}

Result<void> require_open(const Customer& customer) {
  if (customer.state != CustomerState::closed) return {};
  return failure(Code::failed_precondition, "customer.state", fmt::format("customer '{}' is closed", customer.name));
}

Result<void> require_room(database::Connection& connection, const CustomerId& customer, std::int64_t now_ms) {
  const auto living = count_living_keys(connection, customer, now_ms);
  if (!living) return std::unexpected(living.error());
  if (*living < kLivingMax) return {};
  return failure(Code::failed_precondition, "key.too_many",
                 fmt::format("the customer has {} keys that count, limit is {}: revoke those that nobody uses", *living,
                             kLivingMax));
}

// What is asked for again gets a new secret for the same key: of one that counts no more it would be dead.
Result<ApiKey> key_of_request(database::Connection& connection, const ApiKeyId& id) {
  auto known = read_key(connection, id);
  if (known && (known->revoked_ms || known->rotated_until_ms))
    return failure(Code::failed_precondition, "key.state",
                   fmt::format("key {} of that request is revoked or rotated since", id.text));
  return known;
}

}  // namespace

Result<Shown<ApiKey>> Book::create_key(const Actor& actor, const CustomerId& customer, const NewKey& wanted,
                                       const RequestToken& request) {
  if (auto allowed = require_customer(actor, customer, Scope::manage, "create keys"); !allowed)
    return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto owner = read_customer(writing_, customer.text);
  if (!owner) return std::unexpected(owner.error());
  if (auto open = require_open(*owner); !open) return std::unexpected(open.error());
  const auto asking = read_asking(writing_, actor, act->now_ms);
  if (!asking) return std::unexpected(asking.error());
  Shown<ApiKey> made{.record = {.id = new_id<KeyTag>(act->now_ms),
                                .customer = customer,
                                .name = wanted.name,
                                .hash = {},
                                .scopes = wanted.scopes,
                                .models = wanted.models,
                                .rate = wanted.rate,
                                .budget = wanted.budget,
                                .created_ms = act->now_ms,
                                .expires_ms = wanted.expires_ms,
                                .rotated_until_ms = {},
                                .successor = {},
                                .first = {},
                                .made_by = {},
                                .revoked_ms = {},
                                .revoked_because = {}},
                     .secret = new_api_key()};
  if (auto good = check_terms(made.record); !good) return std::unexpected(good.error());
  const auto before = find_request(writing_, actor.text(), request);
  if (!before) return std::unexpected(before.error());
  std::string_view detail = "again: the secret before counts no more";
  if (*before) {
    auto known = key_of_request(writing_, {**before});
    if (!known) return std::unexpected(known.error());
    made.record = std::move(*known);
  } else {
    if (*asking)
      if (auto narrow = hand_on(**asking, made.record); !narrow) return std::unexpected(narrow.error());
    const auto known = read_key_named(writing_, customer, wanted.name, act->now_ms);
    if (!known) return std::unexpected(known.error());
    if (*known)
      return failure(Code::already_exists, "key.exists",
                     fmt::format("name: there is a key '{}' already ({}): rotate it, or take another name", wanted.name,
                                 (*known)->id.text));
    if (auto room = require_room(writing_, customer, act->now_ms); !room) return std::unexpected(room.error());
    detail = {};
    if (auto noted = write_request(writing_, actor.text(), request, made.record.id.text, act->now_ms); !noted)
      return std::unexpected(noted.error());
  }
  made.record.hash = hash_of_api_key(made.secret);
  if (auto kept = write_key(writing_, made.record, act->revision); !kept) return std::unexpected(kept.error());
  const std::string words = fmt::format("{} of {}: {}{}{}", wanted.name, customer.text, scopes_text(wanted.scopes),
                                        detail.empty() ? "" : "; ", detail);
  const std::string subject = made.record.id.text;
  return act->end_with(std::move(made), actor, "key.create", subject, words);
}

Result<Shown<ApiKey>> Book::rotate_key(const Actor& actor, const ApiKeyId& id, std::int64_t overlap_ms,
                                       const RequestToken& request) {
  if (overlap_ms < 0 || overlap_ms > kOverlapMaxMs)
    return failure(Code::invalid_argument, "key.overlap",
                   fmt::format("overlap_s: is {}, allowed are 0 to {}", overlap_ms / 1000, kOverlapMaxMs / 1000));
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto old = read_key(writing_, id);
  if (!old) return std::unexpected(old.error());
  if (auto allowed = require_customer(actor, old->customer, Scope::manage, "rotate keys"); !allowed)
    return std::unexpected(allowed.error());
  const auto asking = read_asking(writing_, actor, act->now_ms);
  if (!asking) return std::unexpected(asking.error());
  const auto before = find_request(writing_, actor.text(), request);
  if (!before) return std::unexpected(before.error());
  Shown<ApiKey> made{.record = *old, .secret = new_api_key()};
  if (*before) {
    auto known = key_of_request(writing_, {**before});
    if (!known) return std::unexpected(known.error());
    made.record = std::move(*known);
  } else {
    if (old->revoked_ms)
      return failure(Code::failed_precondition, "key.state", fmt::format("key {} is revoked", id.text));
    if (old->rotated_until_ms)
      return failure(Code::failed_precondition, "key.state",
                     fmt::format("key {} was rotated: its successor is {}", id.text, old->successor.text));
    if (old->expires_ms && *old->expires_ms <= act->now_ms)
      return failure(
          Code::failed_precondition, "key.state",
          fmt::format("key {} expired at {}: create a new one", id.text, registry::utc_text(*old->expires_ms)));
    if (*asking)
      if (auto own = require_its_own(writing_, **asking, *old); !own) return std::unexpected(own.error());
    if (overlap_ms > 0)
      if (auto room = require_room(writing_, old->customer, act->now_ms); !room) return std::unexpected(room.error());
    // Only its id and its secret are new: it ends when the old one would have ended, and what that has used counts for
    // it, too (by its id, as admission follows it). Otherwise who may rotate a key could raise its limits.
    made.record.first = first_of(*old);
    made.record.id = new_id<KeyTag>(act->now_ms);
    made.record.created_ms = act->now_ms;
    old->rotated_until_ms = act->now_ms + overlap_ms;
    old->successor = made.record.id;
    if (auto kept = write_key(writing_, *old, act->revision); !kept) return std::unexpected(kept.error());
    if (auto noted = write_request(writing_, actor.text(), request, made.record.id.text, act->now_ms); !noted)
      return std::unexpected(noted.error());
  }
  made.record.hash = hash_of_api_key(made.secret);
  if (auto kept = write_key(writing_, made.record, act->revision); !kept) return std::unexpected(kept.error());
  const std::string words = fmt::format("-> {}, both count for {} s", made.record.id.text, overlap_ms / 1000);
  return act->end_with(std::move(made), actor, "key.rotate", id.text, words);
}

Result<ApiKey> Book::revoke_key(const Actor& actor, const ApiKeyId& id, std::string_view because) {
  if (auto good = registry::check_words("because", because); !good) return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto key = read_key(writing_, id);
  if (!key) return key;
  if (auto allowed = require_customer(actor, key->customer, Scope::manage, "revoke keys"); !allowed)
    return std::unexpected(allowed.error());
  const auto asking = read_asking(writing_, actor, act->now_ms);
  if (!asking) return std::unexpected(asking.error());
  if (*asking)
    if (auto own = require_its_own(writing_, **asking, *key); !own) return std::unexpected(own.error());
  if (key->revoked_ms)
    return failure(Code::failed_precondition, "key.state", fmt::format("key {} is revoked already", id.text));
  key->revoked_ms = act->now_ms;
  key->revoked_because = because;
  if (auto kept = write_key(writing_, *key, act->revision); !kept) return std::unexpected(kept.error());
  return act->end_with(std::move(*key), actor, "key.revoke", id.text, because);
}

Result<ApiKey> Book::key(const ApiKeyId& id) {
  return read([&](database::Connection& connection) { return read_key(connection, id); });
}

Result<std::vector<ApiKey>> Book::keys(const CustomerId& customer, const Page& page) {
  return read([&](database::Connection& connection) { return read_keys(connection, customer, page); });
}

// The keys of a customer that the book knows are the book's alone.
Result<Book::Holder> Book::holder_by_file(database::Connection& connection, const Sha256& key) const {
  const FileLicences files = options_.files();
  const HeldLicence* held = nullptr;
  for (const HeldLicence* const one : files.naming(key)) {
    const auto known = read_customer(connection, one->licence.subject.customer);
    if (known) continue;
    if (known.error().code != Code::not_found) return std::unexpected(known.error());
    held = one;
    break;
  }
  if (held == nullptr) return refused(Refusal::key_unknown);
  Holder holder{.actor = actor_of_file(held->licence, key), .customer = {}, .key = {}};
  holder.customer.id = holder.key.customer = holder.actor.customer;
  holder.customer.name = holder.actor.name;
  holder.customer.display_name = held->licence.subject.name;
  holder.key.id = holder.actor.key;
  holder.key.hash = key;
  holder.key.scopes = holder.actor.scopes;
  return holder;
}

Result<Book::Holder> Book::authenticate(std::string_view text) {
  if (!is_well_formed_api_key(text)) return refused(Refusal::key_malformed);
  return read([&](database::Connection& connection) -> Result<Holder> {
    const Sha256 hash = hash_of_api_key(text);
    auto found = read_key_of(connection, hash);
    if (!found) return std::unexpected(found.error());
    if (!*found) return holder_by_file(connection, hash);
    ApiKey& key = **found;
    const std::int64_t now = now_ms();
    if (key.revoked_ms) return refused(Refusal::key_revoked, key.revoked_because);
    if (key.rotated_until_ms && *key.rotated_until_ms <= now) return refused(Refusal::key_rotated);
    if (key.expires_ms && *key.expires_ms <= now) return refused(Refusal::key_expired);
    auto customer = read_customer(connection, key.customer.text);
    if (!customer) return std::unexpected(customer.error());
    if (customer->state == CustomerState::suspended) return refused(Refusal::customer_suspended);
    if (customer->state == CustomerState::closed) return refused(Refusal::customer_closed);
    return Holder{.actor = {Actor::Kind::customer, customer->name, customer->id, key.id, key.scopes},
                  .customer = std::move(*customer),
                  .key = std::move(key)};
  });
}

}  // namespace stoa::licensing
