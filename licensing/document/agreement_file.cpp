// agreement_file.cpp: agreements written, signed and opened. SPDX-License-Identifier: Apache-2.0
#include "licensing/document/agreement_file.hpp"

#include "licensing/document/agreement_reader.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::licensing {
namespace {

using registry::Json;
using registry::utc_text;

// Members in the order of their bytes: JCS wants it, and nothing sorts them later.

Json parties_json(const Agreement& agreement) {
  Json parties = Json::array();
  for (const Party& one : agreement.parties) parties.push_back({{"name", one.name}, {"ppm", one.ppm}});
  return parties;
}

Json fees_json(const Agreement& agreement) {
  Json tiers = Json::array();
  for (const FeeTier& tier : agreement.platform_fee) {
    Json row{{"ppm", tier.ppm}};
    if (tier.up_to) row["up_to"] = amount_text(*tier.up_to);
    tiers.push_back(std::move(row));
  }
  return tiers;
}

Json referral_json(const Referral& referral) {
  Json json = Json::object();
  if (referral.cap) json["cap"] = amount_text(*referral.cap);
  json["of"] = referral.of_platform_fee ? kOfPlatformFee : kOfGross;
  json["party"] = referral.party;
  json["ppm"] = referral.ppm;
  if (referral.until_ms) json["until"] = utc_text(*referral.until_ms);
  return json;
}

}  // namespace

std::string write_agreement(const Agreement& agreement) {
  Json json = Json::object();
  if (agreement.advance)
    json["advance"] = {{"amount", amount_text(agreement.advance->amount)}, {"ppm", agreement.advance->ppm}};
  if (agreement.cap) json["cap"] = amount_text(*agreement.cap);
  json["currency"] = agreement.currency.code();
  json["from"] = utc_text(agreement.from_ms);
  if (agreement.guarantee != 0) json["guarantee"] = amount_text(agreement.guarantee);
  json["id"] = agreement.id;
  json["parties"] = parties_json(agreement);
  json["period"] = name_of(agreement.period);
  json["platform_fee"] = fees_json(agreement);
  if (agreement.processing_flat != 0 || agreement.processing_ppm != 0)
    json["processing"] = {{"flat", amount_text(agreement.processing_flat)}, {"ppm", agreement.processing_ppm}};
  json["publisher"] = agreement.publisher;
  if (agreement.referral) json["referral"] = referral_json(*agreement.referral);
  if (agreement.residual < agreement.parties.size()) json["residual"] = agreement.parties[agreement.residual].name;
  json["stoa_agreement"] = 1;
  json["tier_rule"] = agreement.tier_rule == TierRule::cliff ? kCliff : kMarginal;
  if (agreement.until_ms) json["until"] = utc_text(*agreement.until_ms);
  json["version"] = agreement.version;
  return registry::json_text(json);
}

std::string sign_agreement_text(std::string_view text, const registry::PrivateKey& key) {
  return sign_document(kAgreementDocument, text, key);
}

Result<OpenedAgreement> open_agreement(std::string_view file) {
  auto document = open_document(kAgreementDocument, file);
  if (!document) return std::unexpected(document.error());
  auto agreement = parse_agreement(document->text);
  if (!agreement) return std::unexpected(agreement.error());
  return OpenedAgreement{std::move(*agreement), std::move(*document)};
}

Result<void> verify_agreement(const SignedDocument& document, const registry::PublicKey& key) {
  return registry::verify_payload(document.envelope, kAgreementDocument.payload_type, document.text, key);
}

}  // namespace stoa::licensing
