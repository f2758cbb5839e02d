// licensing_json.hpp: the book's records as JSON, and what comes in as JSON. docs/reference/licensing-api.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "host/api/licensing/licensing_call.hpp"
#include "host/api/registry/registry_json.hpp"

namespace stoa::api {

Json json_of(const licensing::Customer& customer);
Json json_of(const licensing::ApiKey& key, std::int64_t now_ms);
// As its file has it, and what became of it.
Json json_of(const licensing::HeldLicence& held, std::int64_t now_ms);
Json json_of(const licensing::Offer& offer);
Json json_of(const licensing::Lease& lease);
Json json_of(const licensing::LeaseOutcome& outcome);
Json json_of(const licensing::Shown<licensing::ApiKey>& shown, std::int64_t now_ms);
// billing_json.cpp: as their documents have them, with when they count, their state, and who has signed and who not
// yet.
Json json_of(const licensing::HeldPriceList& held, std::int64_t now_ms);
Json json_of(const licensing::HeldAgreement& held, std::int64_t now_ms);
Json json_of(const licensing::Charge& charge);
Json json_of(const licensing::PartyKey& key);
Json json_of(const licensing::CustomerBilling& billing);
// All that is needed to verify it without this host: the signed text, and each party's signature as a file.
Json bundle_of(const licensing::HeldAgreement& held);

// {"items":[…]}
template <class Records, class... More>
Json items_of(const Records& records, const More&... more) {
  Json items = Json::array();
  for (const auto& record : records) items.push_back(json_of(record, more...));
  return Json{{"items", std::move(items)}};
}

// The same with "next" where the page is as long as it may be.
template <class Records, class Id, class... More>
Json page_of(const licensing::Page& page, const Records& records, Id id, const More&... more) {
  Json body = items_of(records, more...);
  if (records.size() == page.most && !records.empty()) body["next"] = id(records.back());
  return body;
}

// invalid_argument "registry.field".
Result<licensing::NewKey> key_in(const Json& body);
// licence.terms and the reasons of licensing/document.
Result<licensing::Licence> licence_in(const Json& body, std::int64_t now_ms);

}  // namespace stoa::api
