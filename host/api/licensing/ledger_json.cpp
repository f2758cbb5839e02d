// ledger_json.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/licensing/ledger_json.hpp"

#include <string>

#include "licensing/ledger/balances.hpp"
#include "licensing/ledger/chart.hpp"
#include "licensing/money/amount.hpp"

namespace stoa::api {
namespace {

using licensing::amount_text;
using licensing::EntryKind;

std::string day_text(std::int64_t day_ms) { return time_text(day_ms).substr(0, 10); }
std::string code_text(const licensing::Currency& currency) { return std::string(currency.code()); }

// kind, model where there is one, currency, entries.
Json head_of(std::int64_t day_ms, EntryKind kind, const std::string& model, const licensing::Currency& currency,
             std::uint64_t entries) {
  Json json{{"day", day_text(day_ms)}, {"kind", name_of(kind)}};
  if (!model.empty()) json["model"] = model;
  json["currency"] = code_text(currency);
  json["entries"] = entries;
  return json;
}

}  // namespace

Json json_of(const licensing::UsageLine& line) {
  return {{"day", day_text(line.day_ms)}, {"model", line.model}, {"meter", line.meter}, {"units", line.units}};
}

Json json_of(const licensing::SpendLine& line) {
  Json json = head_of(line.day_ms, line.kind, line.model, line.currency, line.entries);
  if (line.kind == EntryKind::usage) {
    json["gross"] = amount_text(line.gross);
    json["tax"] = amount_text(line.tax);
  }
  json["paid"] = amount_text(line.paid);
  return json;
}

Json json_of(const licensing::EarningsLine& line) {
  Json json = head_of(line.day_ms, line.kind, line.model, line.currency, line.entries);
  if (line.kind == EntryKind::usage) json["gross"] = amount_text(line.gross);
  json["amount"] = amount_text(line.amount);
  return json;
}

Json json_of(const licensing::AccountLine& line) {
  Json json{{"account", line.account},
            {"currency", code_text(line.currency)},
            {"debits", amount_text(line.debits)},
            {"credits", amount_text(line.credits)}};
  if (const auto kind = licensing::kind_of_account(line.account))
    json["balance"] = amount_text(licensing::balance_of({line.debits, line.credits, 0}, (*kind)->grows));
  json["entries"] = line.entries;
  json["last"] = line.last;
  return json;
}

Json json_of(const licensing::EntryLine& line) {
  Json json{{"number", line.number},
            {"kind", name_of(line.kind)},
            {"booked", time_text(line.booked_ms)},
            {"happened", time_text(line.happened_ms)},
            {"currency", code_text(line.currency)}};
  if (!line.customer.empty()) json["customer"] = line.customer;
  if (line.kind == EntryKind::usage) {
    json["model"] = line.model;
    json["outcome"] = name_of(line.outcome);
    json["gross"] = amount_text(line.gross);
    json["tax"] = amount_text(line.tax);
  }
  if (line.refers) json["refers"] = *line.refers;
  if (!line.reason.empty()) json["reason"] = line.reason;
  Json postings = Json::array();
  for (const licensing::Posting& posting : line.postings)
    postings.push_back({{"account", posting.account}, {"amount", amount_text(posting.amount)}});
  json["postings"] = std::move(postings);
  return json;
}

Json json_of(const licensing::Verification& verification) {
  Json rules = Json::array();
  for (const licensing::RuleVerdict& rule : verification.rules) {
    Json json{{"rule", rule.rule}, {"says", rule.says}};
    json["checked"] = rule.was_checked ? Json(rule.checked) : Json(nullptr);
    if (rule.flaw) {
      json["flaw"] = Json::object();
      if (rule.flaw->entry) json["flaw"]["entry"] = *rule.flaw->entry;
      json["flaw"]["reason"] = rule.flaw->reason;
      json["flaw"]["message"] = rule.flaw->message;
    }
    rules.push_back(std::move(json));
  }
  return {{"sound", verification.is_sound()}, {"entries", verification.entries}, {"rules", std::move(rules)}};
}

std::optional<EntryKind> kind_in(std::string_view name) {
  for (int kind = static_cast<int>(EntryKind::usage); kind <= static_cast<int>(EntryKind::expiry); ++kind)
    if (name_of(static_cast<EntryKind>(kind)) == name) return static_cast<EntryKind>(kind);
  return std::nullopt;
}

}  // namespace stoa::api
