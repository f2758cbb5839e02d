// licensing_json.cpp: records to JSON and back. SPDX-License-Identifier: Apache-2.0
#include "host/api/licensing/licensing_json.hpp"

#include <fmt/format.h>

#include "licensing/document/licence_file.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::api {
namespace {

using licensing::Scope;

void add_time(Json& object, const char* name, const std::optional<std::int64_t>& ms) {
  if (ms) object[name] = registry::utc_text(*ms);
}
void add_text(Json& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

std::string_view state_of(const licensing::ApiKey& key, std::int64_t now_ms) {
  if (key.revoked_ms) return "revoked";
  if (key.rotated_until_ms) return *key.rotated_until_ms <= now_ms ? "rotated" : "rotating";
  return key.expires_ms && *key.expires_ms <= now_ms ? "expired" : "active";
}

std::string_view state_of(const licensing::HeldLicence& held, std::int64_t now_ms) {
  const licensing::Licence& licence = held.licence;
  if (held.revoked_ms) return "revoked";
  if (now_ms < licence.not_before_ms) return "issued";
  if (!licence.expires_ms || now_ms < *licence.expires_ms) return "active";
  if (licence.on_expiry == licensing::Policy::advisory) return "grace";
  const bool is_in_grace =
      licence.on_expiry == licensing::Policy::grace && now_ms < *licence.expires_ms + licence.grace_ms;
  return is_in_grace ? "grace" : "expired";
}

std::unexpected<Error> wrong(std::string message) {
  return failure(Code::invalid_argument, "registry.field", std::move(message));
}

Result<std::optional<std::int64_t>> time_in(Members& members, const char* name) {
  const std::string text = members.text_or(name, "");
  if (text.empty()) return std::optional<std::int64_t>();
  const auto ms = registry::utc_ms_of(text);
  if (!ms) return wrong(fmt::format("{}: is no time, want 2027-01-31T00:00:00Z or 2027-01-31", name));
  return std::optional(*ms);
}

Result<std::vector<std::string>> texts_in(const Json* list, const char* name) {
  std::vector<std::string> texts;
  if (!list) return texts;
  for (const Json& one : *list) {
    if (!one.is_string()) return wrong(fmt::format("{}: want a list of strings", name));
    texts.push_back(one.get<std::string>());
  }
  return texts;
}

Result<licensing::Quota> quota_in(const Json& object) {
  Members members(object, "budget.");
  licensing::Quota quota{members.text_or("meter", "call"), members.number("amount"), licensing::Period::none};
  const std::string period = members.text_or("period", "none");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto known = licensing::period_of(period);
  if (!known) return wrong(fmt::format("budget.period: is '{}', want none, hour, day, month or year", period));
  quota.period = *known;
  return quota;
}

}  // namespace

Json json_of(const licensing::Customer& customer) {
  Json json{{"id", customer.id.text},
            {"name", customer.name},
            {"display_name", customer.display_name},
            {"state", name_of(customer.state)}};
  add_text(json, "state_because", customer.state_because);
  add_time(json, "created", customer.created_ms);
  return json;
}

Json json_of(const licensing::ApiKey& key, std::int64_t now_ms) {
  Json json{{"id", key.id.text}, {"customer", key.customer.text}, {"name", key.name}, {"state", state_of(key, now_ms)}};
  Json scopes = Json::array();
  for (const Scope scope : {Scope::infer, Scope::account, Scope::manage})
    if (has(key.scopes, scope)) scopes.push_back(name_of(scope));
  json["scopes"] = std::move(scopes);
  if (!key.models.empty()) json["models"] = key.models;
  if (key.rate) json["rate"] = {{"calls", key.rate->calls}, {"window_ms", key.rate->window_ms}};
  if (key.budget)
    json["budget"] = {
        {"amount", key.budget->amount}, {"meter", key.budget->meter}, {"period", name_of(key.budget->period)}};
  add_time(json, "created", key.created_ms);
  add_time(json, "expires", key.expires_ms);
  add_time(json, "rotated_until", key.rotated_until_ms);
  add_text(json, "successor", key.successor.text);
  add_text(json, "made_by", key.made_by.text);
  add_time(json, "revoked", key.revoked_ms);
  add_text(json, "revoked_because", key.revoked_because);
  return json;
}

Json json_of(const licensing::Shown<licensing::ApiKey>& shown, std::int64_t now_ms) {
  Json json = json_of(shown.record, now_ms);
  json["key"] = shown.secret;
  return json;
}

Json json_of(const licensing::HeldLicence& held, std::int64_t now_ms) {
  Json json = Json::parse(licensing::write_licence(held.licence));
  json["state"] = state_of(held, now_ms);
  add_time(json, "revoked", held.revoked_ms);
  add_text(json, "revoked_because", held.revoked_because);
  if (held.is_from_file) json["from_file"] = true;
  add_time(json, "confirmed", held.confirmed_ms);
  return json;
}

Json json_of(const licensing::Offer& offer) {
  Json json{{"id", offer.id.text}, {"name", offer.name}, {"terms", Json::parse(offer.terms)}};
  if (offer.lasts_ms) json["lasts_days"] = *offer.lasts_ms / 86'400'000;
  add_time(json, "created", offer.created_ms);
  add_time(json, "withdrawn", offer.withdrawn_ms);
  return json;
}

Json json_of(const licensing::Lease& lease) {
  Json json{{"id", lease.id.text},
            {"licence", lease.licence.text},
            {"customer", lease.customer.text},
            {"key", lease.key.text}};
  add_text(json, "holder", lease.holder);
  add_time(json, "taken", lease.taken_ms);
  add_time(json, "renewed", lease.renewed_ms);
  add_time(json, "expires", lease.expires_ms);
  return json;
}

Json json_of(const licensing::LeaseOutcome& outcome) {
  Json json = json_of(outcome.lease);
  add_text(json, "lease", outcome.secret);
  json["ttl_s"] = outcome.ttl_s;
  json["seats"] = outcome.seats;
  json["free_seats"] = outcome.free_seats;
  return json;
}

Result<licensing::NewKey> key_in(const Json& body) {
  Members members(body);
  licensing::NewKey wanted;
  wanted.name = members.text("name");
  const Json* const scope_list = members.list_if("scopes");
  const Json* const model_list = members.list_if("models");
  const auto scopes = texts_in(scope_list, "scopes");
  auto models = texts_in(model_list, "models");
  const auto expires = time_in(members, "expires");
  const Json* const rate = members.object_if("rate");
  const Json* const budget = members.object_if("budget");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  if (!scopes) return std::unexpected(scopes.error());
  if (!models) return std::unexpected(models.error());
  if (!expires) return std::unexpected(expires.error());
  // Left out it is the default; an empty list would say the opposite of what it gives.
  if (scope_list && scopes->empty()) return wrong("scopes: is empty, want infer, account or manage, or leave it out");
  if (model_list && models->empty())
    return wrong("models: is empty, want models, or leave it out: whatever is licensed");
  wanted.models = std::move(*models);
  wanted.expires_ms = *expires;
  if (!scopes->empty()) wanted.scopes = 0;
  for (const std::string& name : *scopes) {
    const auto scope = licensing::scope_of(name);
    if (!scope) return wrong(fmt::format("scopes: '{}' is none, want infer, account or manage", name.substr(0, 64)));
    wanted.scopes |= static_cast<licensing::Scopes>(*scope);
  }
  if (rate) {
    Members inner(*rate, "rate.");
    wanted.rate = {inner.number("calls"), inner.number("window_ms")};
    if (auto read = inner.end(); !read) return std::unexpected(read.error());
  }
  if (budget) {
    auto quota = quota_in(*budget);
    if (!quota) return std::unexpected(quota.error());
    wanted.budget = std::move(*quota);
  }
  return wanted;
}

Result<licensing::Licence> licence_in(const Json& body, std::int64_t now_ms) {
  return licensing::parse_terms(body.dump(-1, ' ', false, Json::error_handler_t::replace), now_ms);
}

}  // namespace stoa::api
