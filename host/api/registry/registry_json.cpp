// registry_json.cpp: records to JSON and back. SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/registry_json.hpp"

#include <fmt/format.h>

#include "registry/document/utc_time.hpp"

namespace stoa::api {

std::string time_text(std::int64_t ms) { return registry::utc_text(ms); }

namespace {

void add_time(Json& object, const char* name, const std::optional<std::int64_t>& ms) {
  if (ms) object[name] = time_text(*ms);
}

void add_text(Json& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

Json targets_of(const std::vector<registry::AliasTarget>& targets) {
  Json list = Json::array();
  for (const registry::AliasTarget& target : targets)
    list.push_back({{"version", target.version}, {"ppm", target.ppm}});
  return list;
}

}  // namespace

Json json_of(const registry::OperatorRecord& record) {
  Json json{{"id", record.id.text}, {"name", record.name}, {"role", name_of(record.role)}};
  add_time(json, "created", record.created_ms);
  add_time(json, "revoked", record.revoked_ms);
  return json;
}

Json json_of(const registry::PublisherRecord& record) {
  Json json{{"name", record.name}, {"display_name", record.display_name}, {"state", record.state}};
  if (record.held_because) json["held_because"] = *record.held_because;
  json["bytes_max"] = record.bytes_max;
  add_time(json, "created", record.created_ms);
  add_time(json, "verified", record.verified_ms);
  return json;
}

Json json_of(const registry::PublisherKeyRecord& record, std::int64_t now_ms) {
  Json json{{"id", record.key.id().hex},
            {"publisher", record.publisher},
            {"role", record.role},
            {"state", record.state_at(now_ms)},
            {"public_key", record.key.pem()}};
  add_time(json, "valid_from", record.valid_from_ms);
  add_time(json, "valid_until", record.valid_until_ms);
  add_time(json, "revoked_from", record.revoked_from_ms);
  add_text(json, "revoked_because", record.revoked_because);
  return json;
}

Json json_of(const registry::ReleaseRecord& record) {
  Json json{
      {"id", record.id.text}, {"plugin", record.plugin}, {"version", record.version}, {"state", name_of(record.state)}};
  add_text(json, "state_because", record.state_because);
  json["package"] = {{"sha256", registry::to_hex(record.package_sha256)}, {"bytes", record.package_bytes}};
  add_text(json, "key", record.key.hex);
  Json models = Json::array();
  for (const registry::ReleaseModel& model : record.models)
    models.push_back({{"name", model.name}, {"task", model.task}, {"description", model.description}});
  json["models"] = std::move(models);
  add_text(json, "changelog", record.changelog);
  add_time(json, "created", record.created_ms);
  add_time(json, "submitted", record.submitted_ms);
  add_time(json, "checked", record.checked_ms);
  add_time(json, "published", record.published_ms);
  add_time(json, "cool_until", record.cool_until_ms);
  add_time(json, "changed", record.changed_ms);
  return json;
}

Json json_of(const registry::CheckRecord& record) {
  Json json{{"name", record.name}, {"verdict", record.verdict}};
  add_text(json, "reason", record.reason);
  add_text(json, "message", record.message);
  json["took_us"] = record.took_us;
  return json;
}

Json json_of(const registry::PluginRecord& record) {
  Json json{{"name", record.name}, {"publisher", record.publisher}, {"state", record.state}};
  if (record.held_because) json["held_because"] = *record.held_because;
  add_time(json, "created", record.created_ms);
  return json;
}

Json json_of(const registry::AliasRecord& record) {
  return {
      {"model", record.model}, {"alias", record.alias}, {"targets", targets_of(record.targets)}, {"step", record.step}};
}

Json json_of(const registry::AliasStep& step) {
  Json json{{"step", step.step},   {"model", step.model}, {"alias", step.alias}, {"targets", targets_of(step.targets)},
            {"actor", step.actor}, {"note", step.note},   {"at_ms", step.at_ms}};
  add_text(json, "approved_by", step.approved_by);
  json["before"] = registry::to_hex(step.before);
  json["sha256"] = registry::to_hex(step.sha256);
  json["signature"] = registry::to_hex(step.signature);
  return json;
}

Json json_of(const registry::AliasProposal& proposal) {
  Json json{{"id", proposal.id.text},  {"model", proposal.model},
            {"alias", proposal.alias}, {"targets", targets_of(proposal.targets)},
            {"actor", proposal.actor}, {"note", proposal.note},
            {"state", proposal.state}};
  add_time(json, "made", proposal.made_ms);
  return json;
}

Json json_of(const registry::AuditLine& line) {
  return {{"line", line.line},
          {"at_ms", line.at_ms},
          {"actor", line.actor},
          {"action", line.action},
          {"subject", line.subject},
          {"detail", line.detail},
          {"before", registry::to_hex(line.before)},
          {"sha256", registry::to_hex(line.sha256)}};
}

Json json_of(const registry::UploadStatus& upload) {
  Json json{{"id", upload.id.text()}, {"offset", upload.offset}, {"bytes", upload.terms.size}};
  add_time(json, "expires", upload.expires_ns / 1'000'000);
  return json;
}

Result<registry::Sha256> digest_in(std::string_view name, const std::string& hex) {
  if (const auto digest = registry::sha256_from_hex(hex)) return *digest;
  return failure(Code::invalid_argument, "registry.field",
                 fmt::format("{}: is no SHA-256, want 64 lower-case hexadecimal digits", name));
}

Result<registry::Ed25519Signature> signature_in(std::string_view name, const std::string& hex) {
  registry::Ed25519Signature signature{};
  if (!registry::read_hex(hex, signature))
    return failure(Code::invalid_argument, "registry.field",
                   fmt::format("{}: is no signature, want 128 lower-case hexadecimal digits", name));
  return signature;
}

Result<std::vector<registry::AliasTarget>> targets_in(const Json& list) {
  std::vector<registry::AliasTarget> targets;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_object())
      return failure(Code::invalid_argument, "registry.field", fmt::format("targets[{}]: is no object", i));
    Members members(list[i], fmt::format("targets[{}].", i));
    registry::AliasTarget target{members.text("version"), 1'000'000};
    const auto ppm = members.number_if("ppm");
    if (auto read = members.end(); !read) return std::unexpected(read.error());
    if (ppm && (*ppm < 1 || *ppm > 1'000'000))
      return failure(Code::invalid_argument, "registry.field",
                     fmt::format("targets[{}].ppm: is {}, want 1 to 1000000", i, *ppm));
    if (ppm) target.ppm = static_cast<std::uint32_t>(*ppm);
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace stoa::api
