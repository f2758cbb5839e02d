// bundle_export.cpp: follow once, remember what was fetched, write it in one file.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "registry/document/staging.hpp"
#include "registry/mirror/bundle.hpp"
#include "registry/mirror/bundle_index.hpp"
#include "registry/package/container.hpp"

namespace stoa::registry {
namespace {

// Remembers the metadata that a client took: by digest alone, since a full catalogue's has 140 MB and its files never
// change.
class Recording {
 public:
  explicit Recording(const FetchMetadata& fetch) : fetch_(fetch) {}

  Result<std::string> take(std::string_view name, std::uint64_t bytes_max) {
    auto json = fetch_(name, bytes_max);
    if (!json) return json;
    digests_[std::string(name)] = sha256_of(*json);
    if (name == kTimestamp) timestamp_ = *json;  // the one name whose file does change
    return json;
  }

  Result<void> write(ContainerWriter& writer) const {
    for (const auto& [name, digest] : digests_) {
      const auto json = name == kTimestamp ? Result<std::string>(timestamp_) : fetch_(name, kTargetsBytesMax);
      if (!json) return std::unexpected(json.error());
      if (sha256_of(*json) != digest)
        return failure(Code::aborted, "mirror.changed", "metadata " + name + " changed while it was exported");
      if (auto ok = writer.add(std::string(kMetadataFolder) + name, *json); !ok) return ok;
    }
    return {};
  }
  std::size_t count() const { return digests_.size(); }

 private:
  static constexpr std::string_view kTimestamp = "timestamp.json";
  const FetchMetadata& fetch_;
  std::map<std::string, Sha256> digests_;
  std::string timestamp_;
};

// One bin after the other, so that reader and writer hold one at a time.
std::vector<std::string> in_order_of_bins(std::span<const std::string> paths) {
  std::vector<std::pair<Sha256, std::string>> keyed;
  for (const auto& path : paths) keyed.emplace_back(sha256_of(path), path);
  std::ranges::sort(keyed);
  std::vector<std::string> out;
  for (auto& [key, path] : keyed) out.push_back(std::move(path));
  return out;
}

Result<void> add_package(ContainerWriter& writer, const Target& target, const OpenBlob& open) {
  const auto blob = open(target.sha256);
  if (!blob) return std::unexpected(blob.error());
  const auto size = size_of_file(*blob);
  if (!size) return std::unexpected(size.error());
  const auto name = to_hex(target.sha256);
  if (*size != target.length)
    return failure(Code::data_loss, "target.length",
                   "blob " + name + " has " + std::to_string(*size) + " bytes, its metadata says " +
                       std::to_string(target.length));
  const auto digest = writer.add(package_entry(target.sha256), *blob, 0, *size);
  if (!digest) return std::unexpected(digest.error());
  if (*digest != target.sha256)
    return failure(Code::data_loss, "target.digest", "blob " + name + " has another SHA-256");
  return {};
}

// By the digest of the entry, each once.
Result<std::map<std::string, std::string>> evaluations_of(std::span<const BundleEvaluation> evaluations,
                                                          const std::map<Sha256, Target>& packages) {
  std::map<std::string, std::string> entries;
  for (const BundleEvaluation& evaluation : evaluations) {
    const auto opened = verify_bundle_evaluation(evaluation);
    if (!opened) return std::unexpected(opened.error());
    if (!packages.contains(opened->evaluation.package_sha256)) continue;
    std::string json = evaluation_json(evaluation);
    const std::string name = to_hex(sha256_of(json));
    entries.emplace(name, std::move(json));
  }
  return entries;
}

}  // namespace

Result<BundleCounts> export_bundle(const std::filesystem::path& file, const ExportOrder& order, TufTime now) {
  const auto paths = in_order_of_bins(order.target_paths);
  if (auto ok = check_selection("mirror.selection", paths); !ok) return std::unexpected(ok.error());
  auto staged = StagingFile::create(file, 0644);
  if (!staged) return std::unexpected(staged.error());
  // The client's memory, needed for this one time. What a killed export leaves of it goes with its staging file.
  const auto state = staged->path().string() + ".state";

  Recording recording(order.fetch);
  const auto record = [&](std::string_view name, std::uint64_t bytes_max) { return recording.take(name, bytes_max); };
  std::map<Sha256, Target> packages;
  const auto followed = [&]() -> Result<void> {
    auto client = TufClient::open(state, order.first_root, record);
    if (!client) return std::unexpected(client.error());
    if (auto ok = client->refresh(now); !ok) return ok;
    for (const auto& path : paths) {
      auto target = client->find(path, now);
      if (!target) return std::unexpected(target.error());
      packages.emplace(target->sha256, std::move(*target));
    }
    // The other bins, too: what was revoked since reaches who imported it before.
    return client->visit([](const auto&, auto) { return true; }, [](const auto&, auto, const auto&) {}, now);
  }();
  std::error_code ignored;
  std::filesystem::remove_all(state, ignored);
  if (!followed) return std::unexpected(followed.error());
  const auto evaluations = evaluations_of(order.evaluations, packages);
  if (!evaluations) return std::unexpected(evaluations.error());
  const std::size_t entries = 1 + recording.count() + packages.size() + evaluations->size();
  if (entries > kBundleEntriesMax)
    return failure(
        Code::resource_exhausted, "mirror.selection",
        "bundle would have " + std::to_string(entries) + " entries, limit is " + std::to_string(kBundleEntriesMax));

  auto writer = ContainerWriter::create(staged->file());
  if (!writer) return std::unexpected(writer.error());
  if (auto ok = writer->add(kIndexPath, index_json(paths)); !ok) return std::unexpected(ok.error());
  if (auto ok = recording.write(*writer); !ok) return std::unexpected(ok.error());
  BundleCounts counts{paths.size(), evaluations->size()};
  for (const auto& [digest, target] : packages) {
    if (auto ok = add_package(*writer, target, order.open); !ok) return std::unexpected(ok.error());
    counts.bytes += target.length;
  }
  for (const auto& [name, json] : *evaluations)
    if (auto ok = writer->add(std::string(kEvaluationsFolder) + name, json); !ok) return std::unexpected(ok.error());
  if (auto ok = writer->finish(); !ok) return std::unexpected(ok.error());
  if (auto ok = staged->publish(); !ok) return std::unexpected(ok.error());
  return counts;
}

}  // namespace stoa::registry
