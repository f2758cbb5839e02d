// licence_file.cpp: licences written, signed and opened. SPDX-License-Identifier: Apache-2.0
#include "licensing/document/licence_file.hpp"

#include "registry/document/utc_time.hpp"

namespace stoa::licensing {
namespace {

using registry::Json;
using registry::utc_text;

// Members in the order of their bytes: JCS wants it, and nothing sorts them later.

Json coverage_json(const Licence& licence) {
  Json covers = Json::array();
  for (const Coverage& one : licence.covers) covers.push_back({{"model", one.model}, {"versions", one.versions}});
  return covers;
}

Json content_keys_json(const Licence& licence) {
  Json keys = Json::array();
  for (const WrappedKey& one : licence.content_keys)
    keys.push_back({{"content_key", one.content_key}, {"host", one.host}, {"wrapped", one.wrapped}});
  return keys;
}

Json entitlements_json(const Licence& licence) {
  Json entitlements = Json::array();
  for (const Entitlement& one : licence.entitlements) {
    Json json{{"feature", one.feature}};
    if (one.limit >= 0) json["limit"] = one.limit;
    entitlements.push_back(std::move(json));
  }
  return entitlements;
}

Json quotas_json(const Licence& licence) {
  Json quotas = Json::array();
  for (const Quota& one : licence.quotas)
    quotas.push_back({{"amount", one.amount}, {"meter", one.meter}, {"period", name_of(one.period)}});
  return quotas;
}

Json subject_json(const Subject& subject) {
  Json json = Json::object();
  if (!subject.customer.empty()) json["customer"] = subject.customer;
  if (!subject.keys.empty()) {
    Json keys = Json::array();
    for (const Sha256& key : subject.keys) keys.push_back(registry::to_hex(key));
    json["keys"] = std::move(keys);
  }
  if (!subject.name.empty()) json["name"] = subject.name;
  return json;
}

}  // namespace

std::string write_licence(const Licence& licence) {
  Json json = Json::object();
  if (licence.calls_at_once > 0) json["calls_at_once"] = licence.calls_at_once;
  if (!licence.content_keys.empty()) json["content_keys"] = content_keys_json(licence);
  json["covers"] = coverage_json(licence);
  if (!licence.entitlements.empty()) json["entitlements"] = entitlements_json(licence);
  if (licence.expires_ms) json["expires"] = utc_text(*licence.expires_ms);
  if (licence.floating) json["floating"] = {{"seats", licence.floating->seats}, {"ttl_s", licence.floating->ttl_s}};
  if (licence.grace_ms > 0) json["grace_ms"] = licence.grace_ms;
  json["id"] = licence.id.text;
  json["issued"] = utc_text(licence.issued_ms);
  json["issuer"] = licence.issuer;
  if (!licence.node.empty()) json["node"] = licence.node;
  json["not_before"] = utc_text(licence.not_before_ms);
  if (licence.offline_ms) json["offline_ms"] = *licence.offline_ms;
  json["on_clock"] = name_of(licence.on_clock);
  json["on_expiry"] = name_of(licence.on_expiry);
  json["on_quota"] = name_of(licence.on_quota);
  if (!licence.quotas.empty()) json["quotas"] = quotas_json(licence);
  if (licence.rate) json["rate"] = {{"calls", licence.rate->calls}, {"window_ms", licence.rate->window_ms}};
  json["serial"] = licence.serial;
  json["stoa_licence"] = 1;
  json["subject"] = subject_json(licence.subject);
  if (licence.is_trial) json["trial"] = true;
  return registry::json_text(json);
}

std::string sign_licence(const Licence& licence, const registry::PrivateKey& key) {
  return sign_document(kLicenceDocument, write_licence(licence), key);
}

Result<OpenedLicence> open_licence(std::string_view file) {
  auto document = open_document(kLicenceDocument, file);
  if (!document) return std::unexpected(document.error());
  auto licence = parse_licence(document->text);
  if (!licence) return std::unexpected(licence.error());
  return OpenedLicence{std::move(*licence), std::move(*document)};
}

Result<void> verify_licence(const OpenedLicence& opened, const TrustedIssuers& issuers) {
  return issuers.verify(kLicenceDocument, opened.document, opened.licence.issuer);
}

}  // namespace stoa::licensing
