// metadata.cpp: from the bytes of a metadata file to its typed role.
// SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/metadata.hpp"

#include <algorithm>
#include <set>

#include "registry/document/strict_json.hpp"
#include "registry/tuf/metadata_fields.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kKeysMax = 256;            // of a root or of delegations: far more than anybody keeps
constexpr std::size_t kSignaturesMax = 64;       // of one file
constexpr std::size_t kDelegationsMax = 16'384;  // of one role; its bytes are bounded as well
constexpr std::size_t kTargetsMax = 65'536;
constexpr std::size_t kPatternsMax = 4096;
constexpr std::uint64_t kThresholdMax = kSignaturesMax;

template <std::size_t Size>
std::optional<std::array<std::uint8_t, Size>> from_hex(std::string_view text) {
  std::array<std::uint8_t, Size> bytes;
  if (!read_hex(text, bytes)) return std::nullopt;
  return bytes;
}

std::vector<MetadataSignature> read_signatures(MetadataFields& file, MetadataVerdict& verdict) {
  std::vector<MetadataSignature> out;
  std::set<std::string> seen;
  for (const auto& element : file.array("signatures", kSignaturesMax)) {
    MetadataFields fields(element, "/signatures/" + std::to_string(seen.size()), verdict);
    auto key_id = fields.text("keyid", 128);
    // What is no Ed25519 signature may be one of another algorithm's, and counts for nothing here.
    const auto bytes = from_hex<64>(fields.text("sig", 4096));
    if (!seen.insert(key_id).second) fields.refuse("keyid", "duplicate_signature", "signs a second time");
    if (bytes) out.push_back({std::move(key_id), *bytes});
  }
  return out;
}

TufKeys read_keys(MetadataFields& owner, MetadataVerdict& verdict) {
  TufKeys keys;
  for (const auto& [id, value] : owner.object("keys", kKeysMax)) {
    MetadataFields fields(value, owner.where() + "/keys/" + printable(id), verdict);
    if (sha256_from_hex(id) != sha256_of(canonical_json(value)))
      owner.refuse("keys", "key_id",
                   "has a key whose id '" + printable(id) + "' is not the SHA-256 of its canonical form");
    const bool is_ed25519 = fields.text("keytype", 64) == "ed25519";
    if (fields.text("scheme", 64) != "ed25519" || !is_ed25519) continue;
    const auto& public_part = fields.object("keyval", 8);
    const auto hex = public_part.find("public");
    const auto raw = hex != public_part.end() && hex->second.is_string()
                         ? from_hex<32>(hex->second.get_ref<const std::string&>())
                         : std::nullopt;
    if (!raw) {
      fields.refuse("keyval", "field", "has no public key of 64 lower-case hexadecimal digits");
      continue;
    }
    auto key = PublicKey::from_raw(*raw);
    if (!key && !verdict.error) verdict.error = key.error();
    if (key) keys.emplace(id, std::move(*key));
  }
  return keys;
}

RoleRule read_rule(MetadataFields& fields) {
  RoleRule rule;
  for (const auto& id : fields.array("keyids", kKeysMax)) {
    if (!id.is_string() || std::ranges::find(rule.key_ids, id.get_ref<const std::string&>()) != rule.key_ids.end())
      fields.refuse("keyids", "field", "must be different strings");
    else
      rule.key_ids.push_back(id.get<std::string>());
  }
  rule.threshold = fields.number("threshold", 1);
  if (rule.threshold > kThresholdMax || rule.threshold > rule.key_ids.size())
    fields.refuse("threshold", "field",
                  "is " + std::to_string(rule.threshold) + " with " + std::to_string(rule.key_ids.size()) + " keys");
  return rule;
}

FileFact read_fact(const SortedJson& value, std::string where, MetadataVerdict& verdict) {
  MetadataFields fields(value, std::move(where), verdict);
  FileFact fact{fields.number("version", 1)};
  if (fields.find("length")) fact.length = fields.number("length", 1);
  if (fields.find("hashes")) fact.sha256 = fields.sha256_of_hashes();
  return fact;
}

void read_role(MetadataFields& fields, MetadataVerdict& verdict, RootRole& role) {
  role.has_consistent_snapshots = fields.flag("consistent_snapshot", false);
  role.keys = read_keys(fields, verdict);
  const auto& roles = fields.object("roles", 8);
  for (const auto& [name, rule] : {std::pair("root", &role.root), std::pair("timestamp", &role.timestamp),
                                   std::pair("snapshot", &role.snapshot), std::pair("targets", &role.targets)}) {
    const auto found = roles.find(name);
    if (found == roles.end()) {
      fields.refuse("roles", "field", std::string("has no ") + name);
      continue;
    }
    MetadataFields member(found->second, std::string("/signed/roles/") + name, verdict);
    *rule = read_rule(member);
  }
}

void read_role(MetadataFields& fields, MetadataVerdict& verdict, TimestampRole& role) {
  // Another's metadata may have a field of this name and mean something else.
  if (const SortedJson* const text = fields.find("signed_at"); text != nullptr && text->is_string())
    role.signed_at = time_from_text(text->get_ref<const std::string&>());
  const auto& files = fields.object("meta", 1);
  const auto found = files.find("snapshot.json");
  if (found == files.end()) return fields.refuse("meta", "field", "has no snapshot.json");
  role.snapshot = read_fact(found->second, "/signed/meta/snapshot.json", verdict);
}

void read_role(MetadataFields& fields, MetadataVerdict& verdict, SnapshotRole& role) {
  constexpr std::string_view kSuffix = ".json";
  for (const auto& [name, value] : fields.object("meta", kDelegationsMax + 1)) {
    const auto stem = std::string_view(name).substr(0, name.size() - std::min(name.size(), kSuffix.size()));
    if (!name.ends_with(kSuffix) || !(stem == "targets" || is_role_name(stem)))
      fields.refuse("meta", "role_name", "has '" + printable(name) + "', which is no name of a role's file");
    role.files.emplace(stem, read_fact(value, "/signed/meta/" + printable(name), verdict));
  }
  if (!role.files.contains("targets")) fields.refuse("meta", "field", "has no targets.json");
}

Target read_target(const std::string& path, const SortedJson& value, MetadataVerdict& verdict) {
  MetadataFields fields(value, "/signed/targets/" + printable(path), verdict);
  if (!is_target_path(path)) verdict.refuse("target_path", fields.where() + " is no clean relative path");
  Target target{fields.number("length", 0), fields.sha256_of_hashes()};
  if (fields.find("custom"))
    for (const auto& [key, fact] : fields.object("custom", kTargetFactsMax))
      if (fact.is_string()) target.facts.emplace(key, fact.get<std::string>());
  return target;
}

std::vector<std::string> read_texts(MetadataFields& fields, std::string_view key) {
  std::vector<std::string> out;
  for (const auto& element : fields.array(key, kPatternsMax)) {
    if (!element.is_string() || element.get_ref<const std::string&>().empty())
      fields.refuse(key, "field", "must be strings that are not empty");
    else
      out.push_back(element.get<std::string>());
  }
  return out;
}

Delegation read_delegation(const SortedJson& value, std::string where, MetadataVerdict& verdict) {
  MetadataFields fields(value, std::move(where), verdict);
  Delegation out{.name = fields.text("name", 64), .rule = read_rule(fields)};
  if (!is_role_name(out.name))
    fields.refuse("name", "role_name", "'" + printable(out.name) + "' is no name of a delegated role");
  if (fields.find("paths")) out.path_patterns = read_texts(fields, "paths");
  if (fields.find("path_hash_prefixes")) out.path_hash_prefixes = read_texts(fields, "path_hash_prefixes");
  if (out.path_patterns.empty() == out.path_hash_prefixes.empty())
    fields.refuse("paths", "field", "must be given, or path_hash_prefixes, and not both");
  out.is_terminating = fields.flag("terminating", false);
  return out;
}

void read_role(MetadataFields& fields, MetadataVerdict& verdict, TargetsRole& role) {
  for (const auto& [path, value] : fields.object("targets", kTargetsMax))
    role.targets.emplace(path, read_target(path, value, verdict));
  const auto* found = fields.find("delegations");
  if (!found) return;
  MetadataFields delegations(*found, "/signed/delegations", verdict);
  role.delegated_keys = read_keys(delegations, verdict);
  std::set<std::string> names;
  for (const auto& value : delegations.array("roles", kDelegationsMax)) {
    role.delegations.push_back(
        read_delegation(value, "/signed/delegations/roles/" + std::to_string(names.size()), verdict));
    if (!names.insert(role.delegations.back().name).second)
      delegations.refuse("roles", "role_name", "has '" + role.delegations.back().name + "' twice");
  }
}

template <class Role>
Result<Signed<Role>> parse(std::string_view json, std::string_view type) {
  const auto document = parse_canonical_json(json);
  if (!document) return std::unexpected(document.error());
  MetadataVerdict verdict;
  MetadataFields file(*document, "file", verdict);
  Signed<Role> out;
  out.signatures = read_signatures(file, verdict);
  const auto* content = file.find("signed");
  if (!content) file.refuse("signed", "field", "is missing");
  if (verdict.error) return std::unexpected(*verdict.error);
  MetadataFields fields(*content, "/signed", verdict);
  // First of all, so that a file of another role is called that and not a file with fields missing.
  if (const auto found = fields.text("_type", 32); found != type)
    fields.refuse("_type", "role", "is '" + printable(found) + "', expected '" + std::string(type) + "'");
  if (const auto found = fields.text("spec_version", 32); !found.starts_with("1."))
    fields.refuse("spec_version", "spec_version", "is '" + printable(found) + "', expected 1.x");
  out.role.version = fields.number("version", 1);
  if (const auto time = time_from_text(fields.text("expires", 32)))
    out.role.expires = *time;
  else
    fields.refuse("expires", "field", "is no time of the form 2026-01-31T23:59:59Z");
  if (!verdict.error) read_role(fields, verdict, out.role);
  if (verdict.error) return std::unexpected(*verdict.error);
  out.signed_bytes = canonical_json(*content);
  return out;
}

}  // namespace

Result<Signed<RootRole>> parse_root(std::string_view json) { return parse<RootRole>(json, "root"); }
Result<Signed<TimestampRole>> parse_timestamp(std::string_view json) { return parse<TimestampRole>(json, "timestamp"); }
Result<Signed<SnapshotRole>> parse_snapshot(std::string_view json) { return parse<SnapshotRole>(json, "snapshot"); }
Result<Signed<TargetsRole>> parse_targets(std::string_view json) { return parse<TargetsRole>(json, "targets"); }

}  // namespace stoa::registry
