// money_act_store.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/settlement/money_act_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "licensing/book/lines.hpp"
#include "registry/database/digest_column.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kActColumns =
    "id, kind, state, actor, reason, at_ms, customer, party, subject, currency, amount, postings, refers, bearer, "
    "read_from, entry, bearing_entry, refused";
constexpr std::size_t kActTokenMax = 128;

std::string postings_text(const std::vector<Posting>& postings) {
  std::string text;
  for (const Posting& posting : postings) text += fmt::format("{} {}\n", posting.amount, posting.account);
  return text;
}

std::vector<Posting> postings_of(std::string_view text) {
  std::vector<Posting> postings;
  for (const std::string& line : lines_of(text)) {
    std::string_view rest = line;
    const Nano amount = number_in(take_word(rest));
    postings.push_back({std::string(rest), amount});
  }
  return postings;
}

std::optional<std::uint64_t> number_at(const database::Rows& rows, int column) {
  const auto value = rows.optional_integer(column);
  return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

Result<MoneyAct> act_of(const database::Rows& rows) {
  const auto kind = act_kind_of(rows.text(1));
  const auto bearer = bearer_of(rows.text(13));
  auto currency = Currency::parse(rows.text(9));
  if (!kind || !bearer || !currency)
    return failure(Code::data_loss, "settlement.broken", fmt::format("act {}: a row that no act leaves", rows.text(0)));
  MoneyAct act{.currency = *currency};
  act.id = rows.text(0);
  act.kind = *kind;
  act.state = rows.text(2) == name_of(ActState::booked)    ? ActState::booked
              : rows.text(2) == name_of(ActState::refused) ? ActState::refused
                                                           : ActState::intended;
  act.actor = rows.text(3);
  act.reason = rows.text(4);
  act.at_ms = rows.integer(5);
  act.customer = rows.text(6);
  act.party = rows.text(7);
  act.subject = rows.text(8);
  act.amount = rows.integer(10);
  act.postings = postings_of(rows.text(11));
  act.refers = number_at(rows, 12);
  act.bearer = *bearer;
  act.read_from = static_cast<std::uint64_t>(rows.integer(14));
  act.entry = number_at(rows, 15);
  act.bearing_entry = number_at(rows, 16);
  act.refused = rows.text(17);
  return act;
}

Result<std::vector<MoneyAct>> acts_in(database::Rows rows) {
  std::vector<MoneyAct> acts;
  while (rows.next()) {
    auto act = act_of(rows);
    if (!act) return std::unexpected(act.error());
    acts.push_back(std::move(*act));
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return acts;
}

}  // namespace

Result<void> insert_act(database::Connection& connection, const MoneyAct& act, const RequestToken& once) {
  const auto token = once.token.empty() ? std::nullopt : std::optional(once.token);
  return database::done(
      connection.run("INSERT INTO acts VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", act.id,
                     name_of(act.kind), name_of(act.state), act.actor, act.reason, act.at_ms, act.customer, act.party,
                     act.subject, act.currency.code(), act.amount, postings_text(act.postings), act.refers,
                     name_of(act.bearer), act.read_from, act.entry, act.bearing_entry, act.refused, token, once.body));
}

Result<void> update_act(database::Connection& connection, const MoneyAct& act) {
  return database::done(
      connection.run("UPDATE acts SET state = ?, amount = ?, entry = ?, bearing_entry = ?, refused = ? WHERE id = ?",
                     name_of(act.state), act.amount, act.entry, act.bearing_entry, act.refused, act.id));
}

Result<MoneyAct> read_act(database::Connection& connection, std::string_view id) {
  auto acts = acts_in(connection.query(fmt::format("SELECT {} FROM acts WHERE id = ?", kActColumns), id));
  if (!acts) return std::unexpected(acts.error());
  if (acts->empty())
    return failure(Code::not_found, "act.unknown", fmt::format("there is no act '{}'", id.substr(0, 80)));
  return std::move(acts->front());
}

Result<std::optional<MoneyAct>> find_act(database::Connection& connection, std::string_view actor,
                                         const RequestToken& once) {
  if (once.token.empty()) return std::nullopt;
  const auto is_shown = [](char c) { return c > 0x20 && c < 0x7f; };
  if (once.token.size() > kActTokenMax || !std::ranges::all_of(once.token, is_shown))
    return failure(Code::invalid_argument, "request.token",
                   "Idempotency-Key: want 1 to 128 printable characters without a space");
  std::string id;
  bool is_other = false;
  {
    auto rows = connection.query("SELECT id, body_sha256 FROM acts WHERE actor = ? AND token = ?", actor, once.token);
    if (rows.next()) {
      id = rows.text(0);
      is_other = registry::digest_in(rows, 1) != once.body;
    }
    if (auto end = rows.end(); !end) return std::unexpected(end.error());
  }
  if (is_other)
    return failure(Code::failed_precondition, "request.token_reused",
                   "Idempotency-Key: was sent with another request before; take a new one for each");
  if (id.empty()) return std::nullopt;
  auto act = read_act(connection, id);
  if (!act) return std::unexpected(act.error());
  return std::optional(std::move(*act));
}

Result<std::vector<MoneyAct>> read_acts(database::Connection& connection, const ActFilter& filter, const Page& page) {
  const std::string where = fmt::format(
      "SELECT {} FROM acts WHERE (?1 = '' OR id < ?1) AND (?2 = '' OR kind = ?2) AND (?3 = '' OR customer = "
      "?3) ORDER BY id DESC LIMIT ?4",
      kActColumns);
  return acts_in(connection.query(where, page.after, filter.kind, filter.customer, page.most));
}

Result<std::vector<MoneyAct>> read_intended(database::Connection& connection) {
  return acts_in(
      connection.query(fmt::format("SELECT {} FROM acts WHERE state = 'intended' ORDER BY id", kActColumns)));
}

}  // namespace stoa::licensing
