// catalogue_keys.cpp: the keys that speak for a publisher. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "registry/catalogue/act_store.hpp"
#include "registry/catalogue/publisher_store.hpp"
#include "registry/catalogue/release_rules.hpp"
#include "registry/document/words.hpp"

namespace stoa::registry {

namespace {

Result<void> check_terms(const KeyTerms& terms, std::int64_t now_ms) {
  if (terms.role != kReleaseKey && terms.role != kEvaluationKey)
    return failure(Code::invalid_argument, "key.role", "role: is none, want \"release\" or \"evaluation\"");
  if (terms.valid_until_ms && *terms.valid_until_ms <= now_ms)
    return failure(Code::invalid_argument, "key.validity",
                   fmt::format("valid_until_ms: is {}, and it is {} already", *terms.valid_until_ms, now_ms));
  return {};
}

// One that is revoked here was somebody else's hands': whoever shows it now may be those.
Result<void> require_unknown(database::Connection& connection, const KeyId& id, std::int64_t now_ms) {
  const auto known = read_keys_with(connection, id);
  if (!known) return std::unexpected(known.error());
  if (known->empty()) return {};
  const PublisherKeyRecord& first = known->front();
  return failure(Code::already_exists, "key.exists",
                 fmt::format("publisher '{}' has the key {} already, and it is {}", first.publisher, id.hex,
                             first.state_at(now_ms)));
}

}  // namespace

std::string key_possession_text(std::string_view publisher, const KeyId& key) {
  return fmt::format("stoa key possession v1\n{}\n{}\n", publisher, key.hex);
}

std::string PublisherKeyRecord::state_at(std::int64_t now_ms) const {
  if (revoked_from_ms && now_ms >= *revoked_from_ms) return "revoked";
  if (valid_until_ms && now_ms >= *valid_until_ms) return "rotated";
  return now_ms < valid_from_ms ? "not yet valid" : "active";
}

Result<PublisherKeyRecord> Catalogue::add_key(const Actor& actor, std::string_view publisher, const PublicKey& key,
                                              const Ed25519Signature& possession, const KeyTerms& terms) {
  if (auto allowed = require_publisher(actor, publisher, Permission::manage_publishers); !allowed)
    return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto owner = read_publisher(connection_, publisher);
  if (!owner) return std::unexpected(owner.error());
  if (owner->held_because)
    return failure(Code::failed_precondition, "publisher.held",
                   fmt::format("publisher '{}' waits for an operator: {}", publisher, *owner->held_because));
  if (owner->state != "pending" && owner->state != "verified")
    return failure(Code::failed_precondition, "publisher.state",
                   fmt::format("publisher '{}' is {}", publisher, owner->state));
  if (!key.verifies(possession, key_possession_text(publisher, key.id())))
    return failure(
        Code::invalid_argument, "key.possession",
        fmt::format("possession: is no signature of key {} over the text for publisher '{}'", key.id().hex, publisher));
  if (auto good = check_terms(terms, act->now_ms); !good) return std::unexpected(good.error());
  if (auto is_new = require_unknown(connection_, key.id(), act->now_ms); !is_new)
    return std::unexpected(is_new.error());
  PublisherKeyRecord record{.publisher = std::string(publisher),
                            .key = key,
                            .role = terms.role,
                            .valid_from_ms = act->now_ms,
                            .added_ms = act->now_ms,
                            .valid_until_ms = terms.valid_until_ms,
                            .revoked_from_ms = {},
                            .revoked_because = {}};
  if (auto kept = insert_key(connection_, record); !kept) return std::unexpected(kept.error());
  if (owner->state == "pending") {
    owner->state = "verified";
    owner->verified_ms = act->now_ms;
    if (auto written = update_publisher(connection_, *owner); !written) return std::unexpected(written.error());
    if (auto noted = act->note(actor, "publisher.state", publisher, "pending -> verified: first key"); !noted)
      return std::unexpected(noted.error());
  }
  std::string detail = key.id().hex;
  if (terms.role != kReleaseKey) detail += " for " + terms.role;
  if (terms.valid_until_ms) detail += fmt::format(" until {}", *terms.valid_until_ms);
  return act->end_with(record, actor, "key.add", publisher, detail);
}

Result<PublisherKeyRecord> Catalogue::rotate_key(const Actor& actor, std::string_view publisher, const KeyId& key,
                                                 std::optional<std::int64_t> from_ms) {
  if (auto allowed = require_publisher(actor, publisher, Permission::manage_publishers); !allowed)
    return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto record = read_key(connection_, publisher, key);
  if (!record) return record;
  const std::int64_t at_ms = from_ms.value_or(act->now_ms);
  if (at_ms < act->now_ms)
    return failure(Code::invalid_argument, "key.rotation",
                   "at: lies in the past; to take back what a key has signed, revoke it from that date");
  if (record->revoked_from_ms || (record->valid_until_ms && *record->valid_until_ms <= at_ms))
    return failure(Code::failed_precondition, "key.state",
                   fmt::format("key {} is {} already", key.hex, record->state_at(at_ms)));
  record->valid_until_ms = at_ms;
  if (auto written = update_key(connection_, *record); !written) return std::unexpected(written.error());
  return act->end_with(*record, actor, "key.rotate", publisher, fmt::format("{} until {}", key.hex, at_ms));
}

Result<Catalogue::Revocation> Catalogue::revoke_key(const Actor& actor, std::string_view publisher, const KeyId& key,
                                                    std::optional<std::int64_t> at_ms, std::string_view because) {
  if (auto allowed = require_publisher(actor, publisher, Permission::manage_publishers); !allowed)
    return std::unexpected(allowed.error());
  if (auto good = check_words("because", because); !good) return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto record = read_key(connection_, publisher, key);
  if (!record) return std::unexpected(record.error());
  const std::int64_t from_ms = at_ms.value_or(act->now_ms);
  if (record->revoked_from_ms && *record->revoked_from_ms <= from_ms)
    return failure(Code::failed_precondition, "key.state",
                   fmt::format("key {} is revoked from {} ms on already", key.hex, *record->revoked_from_ms));
  record->revoked_from_ms = from_ms;
  record->revoked_because = because;
  if (auto written = update_key(connection_, *record); !written) return std::unexpected(written.error());
  auto quarantined = quarantine_signed(*act, *record);
  if (!quarantined) return std::unexpected(quarantined.error());
  Revocation revocation{std::move(*record), std::move(*quarantined)};
  return act->end_with(revocation, actor, "key.revoke", publisher,
                       fmt::format("{} from {}: {}", key.hex, from_ms, because));
}

// Every release that the key signed too late, but for those whose state has no way there: a draft has no signature, a
// submitted one is stopped by its checks, and what is rejected or revoked stays so.
Result<std::vector<ReleaseId>> Catalogue::quarantine_signed(Act& act, const PublisherKeyRecord& key) {
  auto signed_ids = find_signed(connection_, key.publisher, key.key.id(), *key.revoked_from_ms);
  if (!signed_ids) return signed_ids;
  std::vector<ReleaseId> quarantined;
  for (ReleaseId& id : *signed_ids) {
    auto release = read_release(connection_, id);
    if (!release) return std::unexpected(release.error());
    if (!require_step(release->state, ReleaseState::quarantined)) continue;
    release->state = ReleaseState::quarantined;
    release->state_because = fmt::format("its key {} is revoked: {}", key.key.id().hex, key.revoked_because);
    release->changed_ms = act.now_ms;
    const auto line = act.note(Actor::registry(), "release.quarantine", subject_of(*release), release->state_because);
    if (!line) return std::unexpected(line.error());
    release->audit_line = *line;
    if (auto kept = update_release(connection_, *release); !kept) return std::unexpected(kept.error());
    if (auto ended = end_rollouts(act, *release, ReleaseState::quarantined); !ended)
      return std::unexpected(ended.error());
    quarantined.push_back(std::move(id));
  }
  return quarantined;
}

Result<std::vector<PublisherKeyRecord>> Catalogue::keys(std::string_view publisher) {
  if (auto owner = read_publisher(connection_, publisher); !owner) return std::unexpected(owner.error());
  return read_keys(connection_, publisher);
}

Result<std::vector<PublisherKeyRecord>> Catalogue::keys_with(const KeyId& id) {
  return read_keys_with(connection_, id);
}

}  // namespace stoa::registry
