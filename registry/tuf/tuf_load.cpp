// tuf_load.cpp: a repository's folder as it is: read, verified, and what is wrong told with the file that it is in.
// SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/trusted_metadata.hpp"
#include "registry/tuf/tuf_commit.hpp"
#include "registry/tuf/tuf_repository.hpp"

namespace stoa::registry {
namespace {

// Signed for the root of today, or, after a crash within a rotation, for the one before: true then.
template <class Role>
Result<bool> is_signed_before(std::string_view name, const Signed<Role>& found, RoleRule RootRole::* rule,
                              const RootRole& root, const std::optional<RootRole>& before) {
  const auto now = verify_threshold(name, root.keys, root.*rule, found.signed_bytes, found.signatures);
  if (now) return false;
  if (before && verify_threshold(name, before->keys, (*before).*rule, found.signed_bytes, found.signatures))
    return true;
  return std::unexpected(now.error());
}

std::unexpected<Error> at_file(const MetadataFolder& folder, const std::string& file, Error error) {
  // What could not be opened says so itself.
  if (!error.reason.starts_with("file.")) error.message = (folder.path() / file).string() + ": " + error.message;
  return std::unexpected(std::move(error));
}

// One file by what makes something of its bytes.
template <class Parse>
auto parse_file(const MetadataFolder& folder, const std::string& file, std::uint64_t bytes_max, Parse&& parse)
    -> decltype(parse(std::string())) {
  const auto json = folder.read(file, bytes_max);
  if (!json) return std::unexpected(json.error());
  auto parsed = parse(*json);
  if (!parsed) return at_file(folder, file, std::move(parsed.error()));
  return parsed;
}

// Where its parent says which bytes these are.
template <class Parse>
auto parse_named(const MetadataFolder& folder, const char* role, const FileFact& fact, std::uint64_t bytes_max,
                 Parse&& parse) {
  return parse_file(folder, versioned_name(fact.version, role), bytes_max,
                    [&](const std::string& json) -> decltype(parse(json)) {
                      if (auto ok = check_fact(role, fact, json); !ok) return std::unexpected(ok.error());
                      return parse(json);
                    });
}

// From the first on: a follower may have been given any of them.
Result<void> verify_roots(const MetadataFolder& folder) {
  auto trusted = parse_file(folder, versioned_name(1, "root"), kRootBytesMax,
                            [](const std::string& json) { return TrustedMetadata::start(json); });
  if (!trusted) return std::unexpected(trusted.error());
  for (std::uint64_t version = 2; folder.has(versioned_name(version, "root")); ++version) {
    const auto next = parse_file(folder, versioned_name(version, "root"), kRootBytesMax,
                                 [&](const std::string& json) { return trusted->update_root(json); });
    if (!next) return next;
  }
  return {};
}

}  // namespace

Result<TufRepository> TufRepository::look(const std::filesystem::path& path) {
  auto folder = MetadataFolder::look(path);
  if (!folder) return std::unexpected(folder.error());
  if (auto sound = verify_roots(*folder); !sound) return std::unexpected(sound.error());
  TufRepository out(std::move(*folder), {});
  if (auto ok = out.load(); !ok) return std::unexpected(ok.error());
  return out;
}

Result<void> TufRepository::load() {
  std::uint64_t version = 1;
  while (folder_.has(versioned_name(version + 1, "root"))) ++version;
  std::optional<RootRole> before;
  const auto read_root = [&](const std::string& json) -> Result<Signed<RootRole>> {
    auto alone = TrustedMetadata::start(json);
    if (!alone) return std::unexpected(alone.error());
    if (version > 1) {
      auto chain = parse_file(folder_, versioned_name(version - 1, "root"), kRootBytesMax,
                              [](const std::string& earlier) { return TrustedMetadata::start(earlier); });
      if (!chain) return std::unexpected(chain.error());
      before = chain->root();
      if (auto ok = chain->update_root(json); !ok) return std::unexpected(ok.error());
    }
    return parse_root(json);
  };
  auto root = parse_file(folder_, versioned_name(version, "root"), kRootBytesMax, read_root);
  if (!root) return std::unexpected(root.error());
  root_ = std::move(*root);
  return load_state(before);
}

// As the timestamp names it.
Result<void> TufRepository::load_state(const std::optional<RootRole>& before) {
  const auto timestamp = parse_file(folder_, "timestamp.json", kTimestampBytesMax,
                                    [](const std::string& json) { return parse_timestamp(json); });
  if (!timestamp) return std::unexpected(timestamp.error());
  const auto& snapshot_fact = timestamp->role.snapshot;
  const auto snapshot = parse_named(folder_, "snapshot", snapshot_fact, kSnapshotBytesMax,
                                    [](const std::string& json) { return parse_snapshot(json); });
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto& targets_fact = snapshot->role.files.at("targets");
  const auto targets = parse_named(folder_, "targets", targets_fact, kTargetsBytesMax,
                                   [](const std::string& json) { return parse_targets(json); });
  if (!targets) return std::unexpected(targets.error());
  const auto old_timestamp = is_signed_before("timestamp", *timestamp, &RootRole::timestamp, root_.role, before);
  if (!old_timestamp) return at_file(folder_, "timestamp.json", old_timestamp.error());
  const auto old_snapshot = is_signed_before("snapshot", *snapshot, &RootRole::snapshot, root_.role, before);
  if (!old_snapshot) return at_file(folder_, versioned_name(snapshot_fact.version, "snapshot"), old_snapshot.error());
  const auto old_targets = is_signed_before("targets", *targets, &RootRole::targets, root_.role, before);
  if (!old_targets) return at_file(folder_, versioned_name(targets_fact.version, "targets"), old_targets.error());
  timestamp_ = timestamp->role;
  snapshot_ = snapshot->role;
  targets_ = targets->role;
  has_old_snapshot_ = *old_snapshot;
  has_old_targets_ = *old_targets;
  return {};
}

std::string TufRepository::file_of_bin(const std::string& name) const {
  return versioned_name(snapshot_.files.at(name).version, name);
}

Result<TargetsRole> TufRepository::load_bin(const std::string& name) const {
  if (!snapshot_.files.contains(name))
    return failure(Code::data_loss, "metadata.missing", "the snapshot does not name " + name);
  const auto version = snapshot_.files.at(name).version;
  const auto parse = [&](const std::string& json) -> Result<TargetsRole> {
    auto bin = parse_targets(json);
    if (!bin) return std::unexpected(bin.error());
    // What somebody else wrote into the folder must not be signed anew by us.
    const auto& rule = delegation_of(targets_, name).rule;
    if (auto ok = verify_threshold(name, targets_.delegated_keys, rule, bin->signed_bytes, bin->signatures); !ok)
      return std::unexpected(ok.error());
    if (bin->role.version != version)
      return failure(
          Code::data_loss, "metadata.mix",
          name + " has version " + std::to_string(bin->role.version) + ", snapshot names " + std::to_string(version));
    return std::move(bin->role);
  };
  return parse_file(folder_, file_of_bin(name), kTargetsBytesMax, parse);
}

}  // namespace stoa::registry
