// listing_json.cpp: models and cards to JSON. SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/listing_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "host/api/registry/registry_json.hpp"

namespace stoa::api {
namespace {

constexpr std::size_t kVersionsOnPage = 20;

void put_text(Json& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

Json evaluations_of(std::span<const registry::EvaluationRecord> evaluations) {
  Json items = Json::array();
  for (const registry::EvaluationRecord& one : evaluations) items.push_back(json_of(one));
  return items;
}

const char* word_of(bool is_deprecated) { return is_deprecated ? "deprecated" : "published"; }

Json prices_of(const std::vector<registry::PriceDeclaration>& prices) {
  Json list = Json::array();
  for (const registry::PriceDeclaration& price : prices)
    list.push_back({{"meter", price.meter},
                    {"currency", price.currency},
                    {"nano", price.nano},
                    {"per", price.per},
                    {"text", registry::price_text(price)}});
  return list;
}

Json ports_of(const std::vector<registry::PortDeclaration>& ports) {
  Json list = Json::array();
  for (const registry::PortDeclaration& port : ports) {
    Json one{{"name", port.name}, {"kind", port.kind}, {"datatype", name_of(port.datatype)}, {"shape", port.shape}};
    if (!port.media_types.empty()) one["media_types"] = port.media_types;
    one["optional"] = port.optional;
    put_text(one, "description", port.description);
    list.push_back(std::move(one));
  }
  return list;
}

Json platforms_of(const std::vector<registry::PlatformDeclaration>& platforms) {
  Json list = Json::array();
  for (const registry::PlatformDeclaration& platform : platforms) {
    Json one{{"os", platform.os}, {"arch", platform.arch}, {"libc", platform.libc}, {"libc_min", platform.libc_min}};
    if (!platform.cpu.empty()) one["cpu"] = platform.cpu;
    if (platform.gpu)
      one["gpu"] = {{"kind", platform.gpu->kind},
                    {"compute_min", platform.gpu->compute_min.text()},
                    {"memory_bytes_min", platform.gpu->memory_bytes_min}};
    list.push_back(std::move(one));
  }
  return list;
}

Json limits_of(const registry::LimitsDeclaration& limits) {
  Json json = Json::object();
  const auto add = [&](const char* name, const auto& value) {
    if (value) json[name] = *value;
  };
  add("request_bytes_max", limits.request_bytes_max);
  add("inflight_max", limits.inflight_max);
  add("queue_max", limits.queue_max);
  add("threads", limits.threads);
  add("deadline_ms", limits.deadline_ms);
  add("load_ms", limits.load_ms);
  return json;
}

// What list, page and card begin with.
Json identity_of(const registry::SearchEntry& entry) {
  return {{"id", entry.model},
          {"publisher", std::string(entry.publisher())},
          {"plugin", entry.plugin},
          {"task", entry.task},
          {"description", entry.description},
          {"modalities", {{"inputs", entry.inputs}, {"outputs", entry.outputs}}},
          {"licences", {{"code", entry.licence_code}, {"weights", entry.licence_weights}}},
          {"meters", entry.meters},
          {"prices", prices_of(entry.prices)},
          {"streaming", entry.is_streaming}};
}

void add_release(Json& json, const registry::ReleaseRecord& release) {
  json["version"] = release.version;
  json["release"] = release.id.text;
  json["state"] = name_of(release.state);
  put_text(json, "state_because", release.state_because);
  if (release.published_ms) json["published"] = time_text(*release.published_ms);
}

}  // namespace

Json json_of(const registry::SearchEntry& entry) {
  Json json = identity_of(entry);
  json["version"] = entry.version;
  json["release"] = entry.release;
  json["state"] = word_of(entry.is_deprecated);
  json["published"] = time_text(entry.published_ms);
  json["versions"] = entry.versions;
  return json;
}

Json json_of(const registry::ListedRelease& release) {
  return {{"version", release.version},
          {"release", release.id.text},
          {"state", word_of(release.is_deprecated)},
          {"published", time_text(release.published_ms)}};
}

Json json_of(const registry::ModelCard& card) {
  const auto& [release, manifest, model, published, evaluations] = card;
  Json json = identity_of(entry_of(manifest, model));
  add_release(json, release);
  if (!model.description.empty()) put_text(json, "plugin_description", manifest.description);
  put_text(json, "homepage", manifest.homepage);
  put_text(json, "changelog", release.changelog);
  json["inputs"] = ports_of(model.inputs);
  if (!model.one_of.empty()) json["one_of"] = model.one_of;
  json["outputs"] = ports_of(model.outputs);
  json["limits"] = limits_of(model.limits);
  json["platforms"] = platforms_of(manifest.platforms);
  json["permissions"] = manifest.permissions;
  put_text(json, "min_isolation", manifest.min_isolation);
  json["abi"] = {{"min", manifest.abi_min}, {"max", manifest.abi_max}};
  json["golden_cases"] = std::ranges::count(manifest.golden, model.name, &registry::GoldenDeclaration::model);
  json["package"] = {{"sha256", registry::to_hex(release.package_sha256)}, {"bytes", release.package_bytes}};
  put_text(json, "key", release.key.hex);
  json["evaluations"] = evaluations_of(evaluations);
  return json;
}

Json page_json(const registry::ListedModel& model, const registry::ModelCard& newest) {
  Json json = identity_of(entry_of(newest.manifest, newest.model));
  add_release(json, newest.release);
  put_text(json, "homepage", newest.manifest.homepage);
  put_text(json, "changelog", newest.release.changelog);
  json["aliases"] = page_of(model.aliases)["items"];
  Json versions = Json::array();
  for (const registry::ListedRelease& release : model.releases)
    if (versions.size() < kVersionsOnPage) versions.push_back(json_of(release));
  json["versions"] = std::move(versions);
  json["version_count"] = model.releases.size();
  json["evaluations"] = evaluations_of(newest.evaluations);
  const std::string path = "/v1/catalogue/" + model.model;
  json["links"] = {{"self", path},
                   {"versions", path + "/versions"},
                   {"card", path + "/card"},
                   {"card_markdown", path + "/card.md"},
                   {"package", "/v1/packages/" + registry::to_hex(newest.release.package_sha256)}};
  return json;
}

}  // namespace stoa::api
