// billing_json.cpp: prices, agreements and who pays as JSON. SPDX-License-Identifier: Apache-2.0
#include "host/api/licensing/licensing_json.hpp"

#include "licensing/document/agreement_file.hpp"
#include "licensing/document/price_list_file.hpp"

namespace stoa::api {
namespace {

void add_moment(Json& object, const char* name, const std::optional<std::int64_t>& ms) {
  if (ms) object[name] = time_text(*ms);
}

std::string_view state_of(const licensing::Effect& effect, std::int64_t now_ms) {
  if (effect.ends_ms && *effect.ends_ms <= now_ms) return "superseded";
  return effect.is_at(now_ms) ? "active" : "coming";
}

void add_effect(Json& object, const licensing::Effect& effect) {
  add_moment(object, "begins", effect.begins_ms);
  add_moment(object, "ends", effect.ends_ms);
}

}  // namespace

Json json_of(const licensing::HeldPriceList& held, std::int64_t now_ms) {
  Json json = Json::parse(licensing::write_price_list(held.list));
  json["state"] = state_of(held.effect(), now_ms);
  add_effect(json, held.effect());
  add_moment(json, "created", held.created_ms);
  json["made_by"] = held.made_by;
  return json;
}

Json json_of(const licensing::HeldAgreement& held, std::int64_t now_ms) {
  Json json = Json::parse(held.text);
  json["state"] = name_of(licensing::state_of(held, now_ms));
  add_effect(json, held.effect());
  add_moment(json, "proposed", held.proposed_ms);
  json["proposed_by"] = held.proposed_by;
  Json signatures = Json::array();
  for (const licensing::AgreementSignature& one : held.signatures)
    signatures.push_back({{"party", one.party},
                          {"key_id", one.envelope.key_id.hex},
                          {"signed", time_text(one.signed_ms)},
                          {"brought_by", one.brought_by}});
  json["signatures"] = std::move(signatures);
  json["missing"] = held.missing_signatures();
  add_moment(json, "signed", held.signed_ms);
  add_moment(json, "terminated", held.terminated_ms);
  if (!held.terminated_because.empty()) json["terminated_because"] = held.terminated_because;
  return json;
}

Json json_of(const licensing::Charge& charge) {
  return {{"model", charge.model},
          {"price_list", charge.price_list.text},
          {"agreement", charge.agreement.text},
          {"from", time_text(charge.from_ms)},
          {"set", time_text(charge.set_ms)},
          {"set_by", charge.set_by}};
}

Json json_of(const licensing::PartyKey& key) {
  Json json{{"party", key.party}, {"key_id", key.id.hex}};
  // None that was degenerate was ever taken in.
  if (const auto read = registry::PublicKey::from_raw(key.public_key)) json["public_key"] = read->pem();
  add_moment(json, "added", key.added_ms);
  add_moment(json, "revoked", key.revoked_ms);
  if (key.revoked_ms) json["revoked_because"] = key.revoked_because;
  return json;
}

Json json_of(const licensing::CustomerBilling& billing) {
  const licensing::PayingCustomer& payer = billing.payer;
  return {{"customer", payer.id},
          {"version", payer.version},
          {"currency", payer.currency.code()},
          {"pays", payer.pays_ahead ? "ahead" : "afterwards"},
          {"credit_limit", licensing::amount_text(payer.credit_limit)},
          {"tax_ppm", payer.tax_ppm},
          {"tax_office", payer.tax_office},
          {"set", time_text(billing.set_ms)},
          {"set_by", billing.set_by}};
}

Json bundle_of(const licensing::HeldAgreement& held) {
  Json signatures = Json::array();
  for (const licensing::AgreementSignature& one : held.signatures) {
    Json json{
        {"party", one.party},
        {"key_id", one.envelope.key_id.hex},
        {"file",
         registry::serialise_payload(one.envelope, licensing::kAgreementDocument.payload_type, held.text) + '\n'}};
    if (const auto key = registry::PublicKey::from_raw(one.public_key)) json["public_key"] = key->pem();
    signatures.push_back(std::move(json));
  }
  return {{"document", held.text}, {"signatures", std::move(signatures)}};
}

}  // namespace stoa::api
