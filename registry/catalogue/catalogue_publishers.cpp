// catalogue_publishers.cpp: namespaces, and the keys that speak for them. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "registry/catalogue/act_store.hpp"
#include "registry/catalogue/publisher_store.hpp"
#include "registry/catalogue/token.hpp"
#include "registry/package/manifest_grammar.hpp"

namespace stoa::registry {
namespace {

Result<void> check_namespace(std::string_view name) {
  if (is_account_name(name)) return {};
  return failure(Code::invalid_argument, "publisher.name",
                 "name: want 1 to 64 of a-z, 0-9 and hyphens between them, as in a manifest's \"publisher\"");
}

Result<PublisherRecord> changed(database::Connection& connection, PublisherRecord record) {
  if (auto written = update_publisher(connection, record); !written) return std::unexpected(written.error());
  return record;
}

}  // namespace

std::string key_possession_text(std::string_view publisher, const KeyId& key) {
  return fmt::format("stoa key possession v1\n{}\n{}\n", publisher, key.hex);
}

std::string PublisherKeyRecord::state_at(std::int64_t now_ms) const {
  if (revoked_from_ms) return "revoked";
  if (valid_until_ms && now_ms >= *valid_until_ms) return "rotated";
  return now_ms < valid_from_ms ? "not yet valid" : "active";
}

Result<Issued<PublisherRecord>> Catalogue::create_publisher(const Actor& actor, std::string_view name,
                                                            std::string_view display_name) {
  if (auto allowed = require(actor, Permission::manage_publishers); !allowed) return std::unexpected(allowed.error());
  if (auto good = check_namespace(name); !good) return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  PublisherRecord record{.name = std::string(name),
                         .display_name = std::string(display_name.empty() ? name : display_name),
                         .state = "pending",
                         .held_because = {},
                         .bytes_max = options_.policy.publisher_bytes_max,
                         .created_ms = act->now_ms,
                         .verified_ms = {}};
  if (options_.publisher_name) {
    const auto known = read_publishers(connection_);
    if (!known) return std::unexpected(known.error());
    std::vector<std::string> taken;
    for (const PublisherRecord& other : *known) taken.push_back(other.name);
    record.held_because = options_.publisher_name(name, taken);
  }
  std::string token = new_token(TokenKind::publisher);
  if (auto kept = insert_publisher(connection_, record, hash_of_token(token)); !kept)
    return std::unexpected(kept.error());
  const std::string detail = record.held_because ? "held: " + *record.held_because : "";
  if (auto done = act->end(actor, "publisher.create", name, detail); !done) return std::unexpected(done.error());
  return Issued<PublisherRecord>{std::move(record), std::move(token)};
}

Result<Issued<PublisherRecord>> Catalogue::replace_publisher_token(const Actor& actor, std::string_view name) {
  if (auto allowed = require_publisher(actor, name, Permission::manage_publishers); !allowed)
    return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto record = read_publisher(connection_, name);
  if (!record) return std::unexpected(record.error());
  std::string token = new_token(TokenKind::publisher);
  if (auto kept = update_publisher_token(connection_, name, hash_of_token(token)); !kept)
    return std::unexpected(kept.error());
  if (auto done = act->end(actor, "publisher.token", name, "the token before does not count any more"); !done)
    return std::unexpected(done.error());
  return Issued<PublisherRecord>{std::move(*record), std::move(token)};
}

Result<PublisherRecord> Catalogue::let_publisher_pass(const Actor& actor, std::string_view name) {
  if (auto allowed = require(actor, Permission::manage_publishers); !allowed) return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto record = read_publisher(connection_, name);
  if (!record) return record;
  if (!record->held_because)
    return failure(Code::failed_precondition, "publisher.not_held", fmt::format("publisher '{}' is not held", name));
  const std::string detail = "was held: " + *record->held_because;
  record->held_because.reset();
  auto written = changed(connection_, std::move(*record));
  if (!written) return written;
  if (auto done = act->end(actor, "publisher.let_pass", name, detail); !done) return std::unexpected(done.error());
  return written;
}

Result<PublisherRecord> Catalogue::set_publisher_state(const Actor& actor, std::string_view name,
                                                       std::string_view state, std::string_view because) {
  if (auto allowed = require(actor, Permission::manage_publishers); !allowed) return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto record = read_publisher(connection_, name);
  if (!record) return record;
  // pending becomes verified by its first key alone.
  const bool is_step = (record->state == "verified" && state == "suspended") ||
                       (record->state == "suspended" && state == "verified") ||
                       (record->state != "closed" && state == "closed");
  if (!is_step)
    return failure(Code::failed_precondition, "publisher.state",
                   fmt::format("publisher '{}' is {} and cannot become '{}'", name, record->state, state));
  const std::string detail = fmt::format("{} -> {}: {}", record->state, state, because);
  record->state = state;
  auto written = changed(connection_, std::move(*record));
  if (!written) return written;
  if (auto done = act->end(actor, "publisher.state", name, detail); !done) return std::unexpected(done.error());
  return written;
}

Result<PublisherRecord> Catalogue::publisher(std::string_view name) { return read_publisher(connection_, name); }
Result<std::vector<PublisherRecord>> Catalogue::publishers() { return read_publishers(connection_); }

Result<PublisherKeyRecord> Catalogue::add_key(const Actor& actor, std::string_view publisher, const PublicKey& key,
                                              const Ed25519Signature& possession) {
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
  PublisherKeyRecord record{.publisher = std::string(publisher),
                            .key = key,
                            .role = "release",
                            .valid_from_ms = act->now_ms,
                            .added_ms = act->now_ms,
                            .valid_until_ms = {},
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
  if (auto done = act->end(actor, "key.add", publisher, key.id().hex); !done) return std::unexpected(done.error());
  return record;
}

Result<PublisherKeyRecord> Catalogue::rotate_key(const Actor& actor, std::string_view publisher, const KeyId& key,
                                                 std::int64_t at_ms) {
  if (auto allowed = require_publisher(actor, publisher, Permission::manage_publishers); !allowed)
    return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto record = read_key(connection_, publisher, key);
  if (!record) return record;
  if (at_ms < act->now_ms)
    return failure(Code::invalid_argument, "key.rotation",
                   "at: lies in the past; to take back what a key has signed, revoke it from that date");
  if (record->revoked_from_ms || (record->valid_until_ms && *record->valid_until_ms <= at_ms))
    return failure(Code::failed_precondition, "key.state",
                   fmt::format("key {} is {} already", key.hex, record->state_at(at_ms)));
  record->valid_until_ms = at_ms;
  if (auto written = update_key(connection_, *record); !written) return std::unexpected(written.error());
  if (auto done = act->end(actor, "key.rotate", publisher, fmt::format("{} until {}", key.hex, at_ms)); !done)
    return std::unexpected(done.error());
  return record;
}

Result<Catalogue::Revocation> Catalogue::revoke_key(const Actor& actor, std::string_view publisher, const KeyId& key,
                                                    std::int64_t from_ms, std::string_view because) {
  if (auto allowed = require_publisher(actor, publisher, Permission::manage_publishers); !allowed)
    return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto record = read_key(connection_, publisher, key);
  if (!record) return std::unexpected(record.error());
  if (record->revoked_from_ms && *record->revoked_from_ms <= from_ms)
    return failure(Code::failed_precondition, "key.state",
                   fmt::format("key {} is revoked from {} ms on already", key.hex, *record->revoked_from_ms));
  record->revoked_from_ms = from_ms;
  record->revoked_because = because;
  if (auto written = update_key(connection_, *record); !written) return std::unexpected(written.error());
  // The registry's clock when the signature arrived is what counts: the signer's own date proves nothing.
  Revocation revocation{std::move(*record), {}};
  std::vector<std::string> ids;
  auto rows = connection_.query(
      "SELECT r.id FROM releases r JOIN plugins p ON p.name = r.plugin WHERE p.publisher = ? AND r.key_id = ? AND "
      "r.submitted_ms >= ? AND r.state IN ('validating', 'published', 'deprecated') ORDER BY r.id",
      publisher, key.hex, from_ms);
  while (rows.next()) ids.emplace_back(rows.text(0));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  for (std::string& id : ids) {
    auto release = read_release(connection_, {id});
    if (!release) return std::unexpected(release.error());
    release->state = ReleaseState::quarantined;
    release->state_because = fmt::format("its key {} is revoked: {}", key.hex, because);
    release->changed_ms = act->now_ms;
    if (auto written = update_release(connection_, *release); !written) return std::unexpected(written.error());
    if (auto noted = act->note(Actor::registry(), "release.quarantine", release->plugin + " " + release->version,
                               release->state_because);
        !noted)
      return std::unexpected(noted.error());
    revocation.quarantined.push_back({std::move(id)});
  }
  if (auto done = act->end(actor, "key.revoke", publisher, fmt::format("{} from {}: {}", key.hex, from_ms, because));
      !done)
    return std::unexpected(done.error());
  return revocation;
}

Result<std::vector<PublisherKeyRecord>> Catalogue::keys(std::string_view publisher) {
  if (auto owner = read_publisher(connection_, publisher); !owner) return std::unexpected(owner.error());
  return read_keys(connection_, publisher);
}

}  // namespace stoa::registry
