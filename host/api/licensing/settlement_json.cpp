// settlement_json.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/licensing/settlement_json.hpp"

#include <fmt/format.h>

#include "licensing/statement/document_text.hpp"
#include "licensing/statement/invoice_text.hpp"
#include "licensing/statement/statement_text.hpp"

namespace stoa::api {
namespace {

using licensing::amount_text;
using licensing::IssuedKind;

constexpr std::string_view kNoteEnd = "\n\n\xe2\x80\x94 ";  // before the first signature

void add_if(Json& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}
void add_if(Json& object, const char* name, const std::optional<std::uint64_t>& number) {
  if (number) object[name] = *number;
}

Json json_of_head(const licensing::TreeHead& head) {
  return {{"size", head.size}, {"root", registry::to_hex(head.root)}};
}

Json json_of_lines(const std::vector<licensing::StatementLine>& lines) {
  Json all = Json::array();
  for (const licensing::StatementLine& line : lines) {
    Json json{{"kind", name_of(line.kind)}, {"entries", line.entries}, {"amount", amount_text(line.amount)}};
    if (line.kind == licensing::EntryKind::usage) {
      json["model"] = line.model;
      json["price"] = line.price;
      add_if(json, "agreement", line.agreement);
      json["units"] = line.units;
      json["gross"] = amount_text(line.gross);
    }
    all.push_back(std::move(json));
  }
  return all;
}

template <class Document>
void add_contents(Json& json, const Document& document) {
  json["from"] = time_text(document.from_ms);
  json["until"] = time_text(document.until_ms);
  json["lines"] = json_of_lines(document.lines);
  json["first_entry"] = document.first;
  json["last_entry"] = document.last;
  json["log"] = json_of_head(document.head);
}

// The signed text without its signatures.
std::string_view text_of_note(std::string_view note) {
  const std::size_t end = note.find(kNoteEnd);
  return note.substr(0, end == note.npos ? note.size() : end + 1);
}

}  // namespace

Json json_of(const licensing::MoneyAct& act) {
  Json json{{"id", act.id}, {"kind", name_of(act.kind)}, {"state", name_of(act.state)}};
  add_if(json, "customer", act.customer);
  if (act.kind == licensing::ActKind::refund) {
    json["publisher"] = act.party;
    json["bearer"] = name_of(act.bearer);
  } else {
    add_if(json, "party", act.party);
  }
  add_if(json, "subject", act.subject);
  json["currency"] = act.currency.code();
  json["amount"] = amount_text(act.amount);
  if (!act.postings.empty()) {
    Json postings = Json::array();
    for (const licensing::Posting& posting : act.postings)
      postings.push_back({{"account", posting.account}, {"amount", amount_text(posting.amount)}});
    json["postings"] = std::move(postings);
  }
  add_if(json, "refers", act.refers);
  add_if(json, "entry", act.entry);
  add_if(json, "bearing_entry", act.bearing_entry);
  add_if(json, "refused", act.refused);
  json["actor"] = act.actor;
  json["reason"] = act.reason;
  json["at"] = time_text(act.at_ms);
  return json;
}

Json json_of(const licensing::ClosedMonth& month) {
  return {{"month", month.name},
          {"closed", time_text(month.closed_ms)},
          {"actor", month.actor},
          {"next_entry", month.next_entry},
          {"log", json_of_head(month.head)}};
}

Json json_of(const licensing::IssuedDocument& document) {
  return {{"number", document.number},
          {document.kind == IssuedKind::invoice ? "customer" : "party", document.party},
          {"month", document.month},
          {"currency", document.currency.code()},
          {"opening", amount_text(document.opening)},
          {"closing", amount_text(document.closing)},
          {"issued", time_text(document.issued_ms)},
          {"sha256", registry::to_hex(document.sha256)}};
}

Json json_of(const licensing::Payee& payee) {
  Json json{{"party", payee.party}, {"name", payee.account.name}, {"iban", payee.account.iban}};
  add_if(json, "bic", payee.account.bic);
  add_if(json, "held_because", payee.hold_because);
  json["changed"] = time_text(payee.changed_ms);
  return json;
}

Json json_of(const licensing::PayoutRecord& payout) {
  Json json{{"id", payout.id},
            {"party", payout.party},
            {"state", name_of(payout.state)},
            {"currency", payout.currency.code()},
            {"amount", amount_text(payout.amount, payout.currency.minor_digits())},
            {"statement", payout.statement}};
  add_if(json, "because", payout.because);
  add_if(json, "iban", payout.account.iban);
  add_if(json, "batch", payout.batch);
  add_if(json, "reference", payout.reference);
  add_if(json, "act", payout.act);
  json["created"] = time_text(payout.created_ms);
  json["changed"] = time_text(payout.changed_ms);
  return json;
}

Json json_of(const licensing::Settlement::Wallet& wallet) {
  const licensing::Side side = wallet.terms.pays_ahead ? licensing::Side::credit : licensing::Side::debit;
  const licensing::Nano balance = balance_of(wallet.account, side);
  const licensing::Nano promo = balance_of(wallet.promo, licensing::Side::credit);
  Json json{{"customer", wallet.terms.id}, {"currency", wallet.terms.currency.code()}};
  if (wallet.terms.pays_ahead) {
    json["wallet"] = amount_text(balance);
  } else {
    json["owed"] = amount_text(balance);
    json["credit_limit"] = amount_text(wallet.terms.credit_limit);
  }
  json["credit"] = amount_text(promo);
  json["held"] = amount_text(wallet.account.held + wallet.promo.held);
  Json credits = Json::array();
  for (const licensing::PromoCredit& credit : wallet.credits)
    credits.push_back({{"amount", amount_text(credit.amount)}, {"expires", time_text(credit.expires_ms)}});
  json["credits"] = std::move(credits);
  return json;
}

Result<Json> document_json(const licensing::IssuedDocument& document, std::string_view form) {
  const std::string name = fmt::format("{}-{}-{}", name_of(document.kind), document.number, document.month);
  const std::string_view text = text_of_note(document.note);
  if (form == "note") return Json{{"name", name + ".txt"}, {"text", document.note}};
  if (!form.empty() && form != "csv" && form != "page")
    return failure(Code::invalid_argument, "registry.query", "form: want note, csv or page");
  Json json = json_of(document);
  if (document.kind == IssuedKind::statement) {
    const auto read = licensing::parse_statement(text);
    if (!read) return std::unexpected(read.error());
    if (form == "csv") return Json{{"name", name + ".csv"}, {"text", statement_csv(read->statement)}};
    if (form == "page") return Json{{"name", name + ".txt"}, {"text", statement_page(read->statement)}};
    add_contents(json, read->statement);
    return json;
  }
  const auto read = licensing::parse_invoice(text);
  if (!read) return std::unexpected(read.error());
  if (form == "csv") return Json{{"name", name + ".csv"}, {"text", invoice_csv(read->invoice)}};
  if (form == "page") return Json{{"name", name + ".txt"}, {"text", invoice_page(read->invoice)}};
  add_contents(json, read->invoice);
  json["tax"] = amount_text(read->invoice.tax);
  json["due"] = amount_text(read->invoice.due(), document.currency.minor_digits());
  return json;
}

Result<licensing::Money> money_in(const std::string& amount, const std::string& currency) {
  const auto nano = licensing::parse_amount(amount);
  if (!nano) return std::unexpected(nano.error());
  const auto code = licensing::Currency::parse(currency);
  if (!code) return std::unexpected(code.error());
  return licensing::Money{*code, *nano};
}

}  // namespace stoa::api
