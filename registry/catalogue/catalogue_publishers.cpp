// catalogue_publishers.cpp: namespaces, their tokens and states. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "registry/catalogue/act_store.hpp"
#include "registry/catalogue/publisher_store.hpp"
#include "registry/catalogue/token.hpp"
#include "registry/document/words.hpp"
#include "registry/package/manifest_grammar.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kDisplayNameMax = 200;

Result<void> check_namespace(std::string_view name) {
  if (is_account_name(name)) return {};
  return failure(Code::invalid_argument, "publisher.name",
                 "name: want 1 to 64 of a-z, 0-9 and hyphens between them, as in a manifest's \"publisher\"");
}

}  // namespace

Result<std::optional<std::string>> Catalogue::hold_of(const NameQuestion& question, std::string_view name) {
  return question.ask ? question.ask(name) : Result<std::optional<std::string>>(std::nullopt);
}

Result<Issued<PublisherRecord>> Catalogue::create_publisher(const Actor& actor, std::string_view name,
                                                            std::string_view display_name) {
  if (auto allowed = require(actor, Permission::manage_publishers); !allowed) return std::unexpected(allowed.error());
  if (auto good = check_namespace(name); !good) return std::unexpected(good.error());
  if (auto good = check_words("display_name", display_name, kDisplayNameMax); !good)
    return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  PublisherRecord record;
  record.name = name;
  record.display_name = display_name.empty() ? name : display_name;
  record.state = "pending";
  record.bytes_max = options_.policy.publisher_bytes_max;
  record.created_ms = act->now_ms;
  auto hold = hold_of(options_.publisher_name, name);
  if (!hold) return std::unexpected(hold.error());
  record.held_because = std::move(*hold);
  std::string token = new_token(TokenKind::publisher);
  if (auto kept = insert_publisher(connection_, record, hash_of_token(token)); !kept)
    return std::unexpected(kept.error());
  const std::string detail = record.held_because ? "held: " + *record.held_because : "";
  if (auto done = act->end(actor, "publisher.create", name, detail); !done) return std::unexpected(done.error());
  if (options_.publisher_name.tell) options_.publisher_name.tell(name);
  return Issued<PublisherRecord>{std::move(record), std::move(token)};
}

Result<Issued<PublisherRecord>> Catalogue::replace_publisher_token(const Actor& actor, std::string_view name) {
  if (auto allowed = require_publisher(actor, name, Permission::manage_publishers); !allowed)
    return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto record = read_publisher(connection_, name);
  if (!record) return std::unexpected(record.error());
  if (record->state == "closed")
    return failure(Code::failed_precondition, "publisher.state", fmt::format("publisher '{}' is closed", name));
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
  if (auto kept = update_publisher(connection_, *record); !kept) return std::unexpected(kept.error());
  return act->end_with(*record, actor, "publisher.let_pass", name, detail);
}

Result<PublisherRecord> Catalogue::set_publisher_state(const Actor& actor, std::string_view name,
                                                       std::string_view state, std::string_view because) {
  if (auto allowed = require(actor, Permission::manage_publishers); !allowed) return std::unexpected(allowed.error());
  if (auto good = check_words("because", because); !good) return std::unexpected(good.error());
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
  if (auto kept = update_publisher(connection_, *record); !kept) return std::unexpected(kept.error());
  return act->end_with(*record, actor, "publisher.state", name, detail);
}

Result<PublisherRecord> Catalogue::publisher(std::string_view name) { return read_publisher(connection_, name); }
Result<std::vector<PublisherRecord>> Catalogue::publishers() { return read_publishers(connection_); }

}  // namespace stoa::registry
