// feed_folder.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/feed/feed_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "registry/feed/feed_keys.hpp"
#include "registry/feed/feed_target.hpp"
#include "registry/feed/withdrawn.hpp"
#include "registry/signature/key_file.hpp"
#include "registry/tuf/tuf_repository.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMetadataFolder = "metadata";
constexpr const char* kKeysFolder = "keys";

// "3.snapshot.json": 3.
std::uint64_t version_in(const std::string& name) {
  std::uint64_t version = 0;
  const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), version);
  const bool is_versioned = bad == std::errc() && end != name.data() + name.size() && *end == '.';
  return is_versioned && name.ends_with(".json") ? version : 0;
}

// Where a writer renames a file between two reads, the second look finds it whole.
Result<std::vector<PublicRelease>> read_told(const fs::path& metadata, std::optional<TufRepository>& repository) {
  auto looked = TufRepository::look(metadata);
  if (!looked) return std::unexpected(looked.error());
  std::vector<PublicRelease> told;
  std::optional<Error> error;
  const auto read = looked->visit([&](const std::string& path, const Target& target) {
    if (error || !path.ends_with(kReleaseEnding)) return;
    auto release = release_of(path, target);
    if (release)
      told.push_back(std::move(*release));
    else
      error = release.error();
  });
  if (!read) return std::unexpected(read.error());
  if (error) return std::unexpected(*error);
  repository.emplace(std::move(*looked));
  return told;
}

void look_at_keys(const fs::path& folder, const std::optional<TufRepository>& repository,
                  std::vector<FeedFinding>& findings) {
  const auto files = feed_key_files(folder / kKeysFolder);
  std::set<TufKeyId> at_hand;
  if (!files) findings.push_back({"keys.missing", kKeysFolder, files.error().message});
  for (const fs::path& file : files ? *files : std::vector<fs::path>()) {
    const auto key = read_private_key(file);
    if (key)
      at_hand.insert(tuf_key_id(key->public_key()));
    else
      findings.push_back(
          {"keys.broken", fs::path(kKeysFolder) / file.filename(), key.error().reason + ": " + key.error().message});
  }
  if (!files || !repository) return;
  // Root's and the targets' keys may lie elsewhere: nothing is signed with them but at a rotation and once in months.
  const RootRole& root = repository->root();
  for (const auto& [role, rule] : {std::pair("releases", &repository->targets().delegations.front().rule),
                                   std::pair("snapshot", &root.snapshot), std::pair("timestamp", &root.timestamp)}) {
    const auto count = static_cast<std::uint64_t>(
        std::ranges::count_if(rule->key_ids, [&](const TufKeyId& id) { return at_hand.contains(id); }));
    if (count >= rule->threshold) continue;
    findings.push_back({"keys.missing", kKeysFolder,
                        fmt::format("the role {} needs {} keys, {} are there: no change can be signed", role,
                                    rule->threshold, count)});
  }
}

}  // namespace

FeedState state_of_feed(const fs::path& folder) {
  std::error_code error;
  const fs::path metadata = folder / kMetadataFolder;
  if (fs::exists(metadata / "timestamp.json", error)) return FeedState::there;
  // A first state has version 1 of everything, and its timestamp is what it ends with.
  for (fs::directory_iterator at(metadata, error), end; !error && at != end; at.increment(error))
    if (version_in(at->path().filename().string()) > 1) return FeedState::lost;
  return FeedState::none;
}

Error lost_feed(const fs::path& folder) {
  return {Code::failed_precondition, "metadata.lost",
          fmt::format("{}: is not there, and this registry has signed metadata before, which others may follow",
                      (folder / kMetadataFolder / "timestamp.json").string()),
          0};
}

Error broken_feed(const fs::path& metadata, const Error& what) {
  if (what.reason == "metadata.locked" || (what.reason.starts_with("file.") && what.code != Code::not_found))
    return what;
  const bool has_path = what.message.find(metadata.string()) != std::string::npos;
  return {Code::data_loss, "metadata.broken",
          fmt::format("{}{}: {}", has_path ? "" : metadata.string() + ": ", what.reason, what.message), 0};
}

Error broken_keys(const fs::path& keys, const Error& what) {
  if (what.reason.starts_with("file.") && what.code != Code::not_found) return what;
  const bool has_path = what.message.find(keys.string()) != std::string::npos;
  return {Code::failed_precondition, "keys.broken",
          fmt::format("{}{}: {}", has_path ? "" : keys.string() + ": ", what.reason, what.message), 0};
}

FeedLook look_at_feed(const fs::path& folder) {
  FeedLook look{.state = state_of_feed(folder), .findings = {}, .told = {}};
  if (look.state == FeedState::none) return look;
  if (look.state == FeedState::lost) {
    look.findings.push_back({"metadata.lost", fs::path(kMetadataFolder) / "timestamp.json", lost_feed(folder).message});
    return look;
  }
  const fs::path metadata = folder / kMetadataFolder;
  std::optional<TufRepository> repository;
  auto told = read_told(metadata, repository);
  if (!told) told = read_told(metadata, repository);
  if (told)
    look.told = std::move(*told);
  else
    look.findings.push_back({"metadata.broken", kMetadataFolder, told.error().reason + ": " + told.error().message});
  if (const auto withdrawn = read_withdrawn(metadata); !withdrawn)
    look.findings.push_back({"metadata.broken", fs::path(kMetadataFolder) / kWithdrawnFile,
                             withdrawn.error().reason + ": " + withdrawn.error().message});
  look_at_keys(folder, repository, look.findings);
  return look;
}

}  // namespace stoa::registry
