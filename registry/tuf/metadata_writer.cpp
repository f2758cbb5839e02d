// metadata_writer.cpp: from typed roles to the canonical bytes that are signed, and to files.
// SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/canonical_json.hpp"
#include "registry/tuf/metadata.hpp"

namespace stoa::registry {
namespace {

constexpr const char* kSpecVersion = "1.0.31";  // the one that tuf-js implements; readers compare the major number

SortedJson key_json(const PublicKey& key) {
  return {{"keytype", "ed25519"}, {"scheme", "ed25519"}, {"keyval", {{"public", to_hex(key.raw())}}}};
}

SortedJson keys_json(const TufKeys& keys) {
  auto out = SortedJson::object();
  for (const auto& [id, key] : keys) out[id] = key_json(key);
  return out;
}

SortedJson rule_json(const RoleRule& rule) { return {{"keyids", rule.key_ids}, {"threshold", rule.threshold}}; }

SortedJson fact_json(const FileFact& fact) {
  SortedJson out = {{"version", fact.version}};
  if (fact.length) out["length"] = *fact.length;
  if (fact.sha256) out["hashes"] = {{"sha256", to_hex(*fact.sha256)}};
  return out;
}

template <class Role>
SortedJson head_of(const char* type, const Role& role) {
  return {
      {"_type", type}, {"spec_version", kSpecVersion}, {"version", role.version}, {"expires", time_text(role.expires)}};
}

}  // namespace

TufKeyId tuf_key_id(const PublicKey& key) { return to_hex(sha256_of(canonical_json(key_json(key)))); }

std::string signed_bytes_of(const RootRole& role) {
  auto out = head_of("root", role);
  out["consistent_snapshot"] = role.has_consistent_snapshots;
  out["keys"] = keys_json(role.keys);
  out["roles"] = {{"root", rule_json(role.root)},
                  {"timestamp", rule_json(role.timestamp)},
                  {"snapshot", rule_json(role.snapshot)},
                  {"targets", rule_json(role.targets)}};
  return canonical_json(out);
}

std::string signed_bytes_of(const TimestampRole& role) {
  auto out = head_of("timestamp", role);
  if (role.signed_at) out["signed_at"] = time_text(*role.signed_at);
  out["meta"] = {{"snapshot.json", fact_json(role.snapshot)}};
  return canonical_json(out);
}

std::string signed_bytes_of(const SnapshotRole& role) {
  auto out = head_of("snapshot", role);
  auto& files = out["meta"] = SortedJson::object();
  for (const auto& [name, fact] : role.files) files[name + ".json"] = fact_json(fact);
  return canonical_json(out);
}

std::string signed_bytes_of(const TargetsRole& role) {
  auto out = head_of("targets", role);
  auto& targets = out["targets"] = SortedJson::object();
  for (const auto& [path, target] : role.targets) {
    auto& entry = targets[path] = {{"length", target.length}, {"hashes", {{"sha256", to_hex(target.sha256)}}}};
    if (!target.facts.empty()) entry["custom"] = target.facts;
  }
  if (role.delegations.empty()) return canonical_json(out);
  auto roles = SortedJson::array();
  for (const auto& delegation : role.delegations) {
    auto entry = rule_json(delegation.rule);
    entry["name"] = delegation.name;
    entry["terminating"] = delegation.is_terminating;
    if (!delegation.path_patterns.empty()) entry["paths"] = delegation.path_patterns;
    if (!delegation.path_hash_prefixes.empty()) entry["path_hash_prefixes"] = delegation.path_hash_prefixes;
    roles.push_back(std::move(entry));
  }
  out["delegations"] = {{"keys", keys_json(role.delegated_keys)}, {"roles", std::move(roles)}};
  return canonical_json(out);
}

std::string metadata_file(std::string_view signed_bytes, std::span<const MetadataSignature> signatures) {
  auto list = SortedJson::array();
  for (const auto& signature : signatures)
    list.push_back({{"keyid", signature.key_id}, {"sig", to_hex(signature.bytes)}});
  // Not through a document: what is signed is written as it was signed.
  std::string out = R"({"signatures":)";
  out += canonical_json(list);
  out += R"(,"signed":)";
  out += signed_bytes;
  out += '}';
  return out;
}

}  // namespace stoa::registry
