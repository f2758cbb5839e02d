// receipt_json.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/licensing/receipt_json.hpp"

#include "host/api/registry/registry_json.hpp"
#include "registry/signature/dsse.hpp"

namespace stoa::api {
namespace {

Json half_json(const std::string& half, const licensing::Salt& salt) {
  return {{"bytes", registry::to_base64(half)}, {"salt", registry::to_hex(salt)}};
}

Json usage_json(const licensing::Usage& usage) {
  Json units = Json::object();
  for (const licensing::Quantity& quantity : usage.quantities) units[quantity.meter] = quantity.units;
  return {{"model", usage.model},
          {"version", usage.version},
          {"package", registry::to_hex(usage.package)},
          {"outcome", name_of(usage.outcome)},
          {"units", std::move(units)},
          {"payer", usage.payer},
          {"price", usage.price},
          {"agreement", usage.agreement},
          {"gross", licensing::amount_text(usage.gross)},
          {"tax", licensing::amount_text(usage.tax)}};
}

}  // namespace

Json json_of(const licensing::Entry& entry) {
  Json json{{"kind", name_of(entry.kind)},
            {"booked", time_text(entry.booked_ms)},
            {"happened", time_text(entry.happened_ms)},
            {"currency", entry.currency.code()}};
  if (entry.usage) json["usage"] = usage_json(*entry.usage);
  if (entry.party) {
    json["party"] = {{"customer", entry.party->customer}, {"key", entry.party->key}, {"request", entry.party->request}};
    if (!entry.party->idempotency_key.empty()) json["party"]["idempotency_key"] = entry.party->idempotency_key;
  }
  if (entry.refers) json["refers"] = *entry.refers;
  if (!entry.reason.empty()) json["reason"] = entry.reason;
  json["postings"] = Json::array();
  for (const licensing::Posting& posting : entry.postings)
    json["postings"].push_back({{"account", posting.account}, {"amount", licensing::amount_text(posting.amount)}});
  return json;
}

Json json_of(const licensing::Receipt& receipt, const licensing::Entry& entry) {
  Json json{{"number", receipt.number},
            {"entry", json_of(entry)},
            {"public", half_json(receipt.public_half, receipt.public_salt)},
            {"private_commitment", registry::to_hex(receipt.private_commitment)}};
  if (receipt.private_part) json["private"] = half_json(receipt.private_part->half, receipt.private_part->salt);
  json["proof"] = licensing::proof_text(receipt.proof);
  return json;
}

Json json_of(const PublishersEntry& entry) {
  return {{"number", entry.number},
          {"total", licensing::amount_text(entry.total)},
          {"public", half_json(entry.public_half, entry.salt)},
          {"private_commitment", registry::to_hex(entry.private_commitment)}};
}

}  // namespace stoa::api
