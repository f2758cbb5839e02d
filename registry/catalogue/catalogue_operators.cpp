// catalogue_operators.cpp: operators, their tokens, and who is behind a token. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "registry/catalogue/act_store.hpp"
#include "registry/catalogue/operator_store.hpp"
#include "registry/catalogue/proposal_store.hpp"
#include "registry/catalogue/token.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kNameMax = 64;

// Names stand in logs and on command lines.
Result<void> check_name(std::string_view name) {
  const bool is_plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '@';
  });
  if (!name.empty() && name.size() <= kNameMax && is_plain) return {};
  return failure(
      Code::invalid_argument, "operator.name",
      fmt::format("name: want 1 to {} of a-z, 0-9 and -_.@, this one has {} characters", kNameMax, name.size()));
}

Result<Issued<OperatorRecord>> issue(database::Connection& connection, std::string_view name, Role role,
                                     std::int64_t now_ms) {
  if (auto good = check_name(name); !good) return std::unexpected(good.error());
  Issued<OperatorRecord> issued{{new_id<OperatorTag>(now_ms), std::string(name), role, now_ms, std::nullopt},
                                new_token(TokenKind::operators)};
  if (auto kept = insert_operator(connection, issued.record, hash_of_token(issued.token)); !kept)
    return std::unexpected(kept.error());
  return issued;
}

}  // namespace

Result<std::optional<Issued<OperatorRecord>>> Catalogue::create_first_admin(
    std::string_view name, const std::function<Result<void>(const std::string& token)>& keep) {
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto known = read_operators(connection_);
  if (!known) return std::unexpected(known.error());
  if (!known->empty()) return std::nullopt;
  auto issued = issue(connection_, name, Role::admin, act->now_ms);
  if (!issued) return std::unexpected(issued.error());
  if (keep)
    if (auto kept = keep(issued->token); !kept) return std::unexpected(kept.error());
  auto done = act->end_with(*issued, Actor::registry(), "operator.create", name, "role admin, the first");
  if (!done) return std::unexpected(done.error());
  return std::move(*done);
}

Result<Issued<OperatorRecord>> Catalogue::create_operator(const Actor& actor, std::string_view name, Role role) {
  if (auto allowed = require(actor, Permission::manage_operators); !allowed) return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto issued = issue(connection_, name, role, act->now_ms);
  if (!issued) return issued;
  return act->end_with(*issued, actor, "operator.create", name, fmt::format("role {}", name_of(role)));
}

Result<void> Catalogue::revoke_operator(const Actor& actor, std::string_view name) {
  if (auto allowed = require(actor, Permission::manage_operators); !allowed) return allowed;
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto known = read_operators(connection_);
  if (!known) return std::unexpected(known.error());
  const bool is_other_admin = std::ranges::any_of(*known, [&](const OperatorRecord& other) {
    return other.role == Role::admin && !other.revoked_ms && other.name != name;
  });
  if (!is_other_admin)
    return failure(Code::failed_precondition, "operator.last_admin",
                   fmt::format("'{}' is the last admin; create another one first", name));
  if (auto gone = revoke_operator_row(connection_, name, act->now_ms); !gone) return gone;
  // What they wanted moved is not theirs to want any more.
  const Actor revoked{Actor::Kind::operators, std::string(name), {}};
  const auto closed = decline_open_proposals_of(connection_, revoked.text(), actor.text(), act->now_ms);
  if (!closed) return std::unexpected(closed.error());
  return act->end(actor, "operator.revoke", name,
                  *closed == 0 ? std::string() : fmt::format("open proposals of theirs, declined: {}", *closed));
}

Result<std::vector<OperatorRecord>> Catalogue::operators(const Actor& actor) {
  if (auto allowed = require(actor, Permission::read_catalogue); !allowed) return std::unexpected(allowed.error());
  return read_operators(connection_);
}

Result<Actor> Catalogue::authenticate(std::string_view token) {
  if (!is_well_formed_token(token))
    return failure(
        Code::unauthenticated, "token.syntax",
        fmt::format("the token is mistyped or cut: it has {} characters and its checksum does not fit", token.size()));
  auto actor = read_actor(connection_, hash_of_token(token));
  if (!actor) return std::unexpected(actor.error());
  if (!*actor) return failure(Code::unauthenticated, "token.unknown", "the token was never given or is revoked");
  return std::move(**actor);
}

}  // namespace stoa::registry
