// settlement_json.hpp: acts, statements, invoices and payouts as JSON. docs/reference/settlement-api.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "host/api/licensing/licensing_json.hpp"
#include "licensing/settlement/settlement.hpp"

namespace stoa::api {

Json json_of(const licensing::MoneyAct& act);
Json json_of(const licensing::ClosedMonth& month);
Json json_of(const licensing::IssuedDocument& document);  // as a list has it: without its lines
Json json_of(const licensing::Payee& payee);
Json json_of(const licensing::PayoutRecord& payout);
Json json_of(const licensing::Settlement::Wallet& wallet);

// {"items":[…],"next":"…"}, where the page is as long as it may be.
template <class Records, class Name>
Json listed(const licensing::Page& page, const Records& records, Name name) {
  Json body{{"items", Json::array()}};
  for (const auto& record : records) body["items"].push_back(json_of(record));
  if (records.size() == page.most && !records.empty()) body["next"] = name(records.back());
  return body;
}

// form: "" the document with its lines; "note" the signed text, "csv", "page": {"name", "text"}. Errors: data_loss
// "statement.form"; invalid_argument "registry.query".
Result<Json> document_json(const licensing::IssuedDocument& document, std::string_view form);

// "amount" and "currency" of a body. invalid_argument "money.amount", "money.currency".
Result<licensing::Money> money_in(const std::string& amount, const std::string& currency);

}  // namespace stoa::api
