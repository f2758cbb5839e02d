// bundle_import.cpp: the container's form, then the metadata against a trusted root, then every package, then the
// handing over. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "registry/document/strict_json.hpp"
#include "registry/mirror/bundle.hpp"
#include "registry/mirror/bundle_index.hpp"
#include "registry/package/container.hpp"
#include "registry/tuf/target_file.hpp"

namespace stoa::registry {
namespace {

constexpr std::uint64_t kChunkBytes = 1 << 20;

std::unexpected<Error> refuse(std::string_view rule, std::string message) {
  return failure(Code::invalid_argument, "mirror." + std::string(rule), std::move(message));
}

// The container speaks of packages; here it is the bundle that breaks its rule.
Error as_mirror_error(Error error) {
  constexpr std::string_view kPrefix = "package.";
  if (error.reason.starts_with(kPrefix)) error.reason.replace(0, kPrefix.size(), "mirror.");
  return error;
}

struct OpenBundle {
  File file;
  std::map<std::string, ContainerEntry, std::less<>> entries;
  std::vector<std::string> target_paths;

  const ContainerEntry* find(std::string_view path) const {
    const auto found = entries.find(path);
    return found == entries.end() ? nullptr : &found->second;
  }
};

Result<OpenBundle> open_bundle(const std::filesystem::path& path) {
  OpenBundle out;
  auto file = open_regular(path);
  if (!file) return std::unexpected(file.error());
  const auto size = size_of_file(*file);
  if (!size) return std::unexpected(size.error());
  auto entries = read_container(*file, *size, {kBundleBytesMax, kBundleEntriesMax});
  if (!entries) return std::unexpected(as_mirror_error(entries.error()));
  if (entries->empty() || entries->front().path != kIndexPath)
    return refuse("index", "first entry is not " + std::string(kIndexPath));
  if (entries->front().size > kIndexBytesMax)
    return refuse("index", "index has " + std::to_string(entries->front().size) + " bytes, limit is " +
                               std::to_string(kIndexBytesMax));
  const auto index = read_entry(*file, entries->front());
  if (!index) return std::unexpected(index.error());
  auto paths = parse_index(*index);
  if (!paths) return std::unexpected(paths.error());
  for (auto& entry : std::span(*entries).subspan(1)) {
    const std::string_view name = entry.path;
    const bool is_package = name.starts_with(kPackagesFolder) && sha256_from_hex(name.substr(kPackagesFolder.size()));
    const bool is_evaluation =
        name.starts_with(kEvaluationsFolder) && sha256_from_hex(name.substr(kEvaluationsFolder.size()));
    if (!is_package && !is_evaluation && !name.starts_with(kMetadataFolder))
      return refuse("unknown_entry",
                    "entry '" + printable(name) + "' is neither metadata nor a package nor an evaluation");
    out.entries.emplace(entry.path, std::move(entry));
  }
  out.file = std::move(*file);
  out.target_paths = std::move(*paths);
  return out;
}

// What the client fetches from: entries, read one at a time.
FetchMetadata fetch_from(const OpenBundle& bundle) {
  return [&bundle](std::string_view name, std::uint64_t bytes_max) -> Result<std::string> {
    const auto* entry = bundle.find(std::string(kMetadataFolder) + std::string(name));
    if (!entry) return failure(Code::not_found, "mirror.missing", "bundle has no metadata " + std::string(name));
    if (entry->size > bytes_max)
      return failure(
          Code::failed_precondition, "metadata.length",
          std::string(name) + " has " + std::to_string(entry->size) + " bytes, limit is " + std::to_string(bytes_max));
    return read_entry(bundle.file, *entry);
  };
}

Result<void> read_target(const BundlePackage& package,
                         const std::function<Result<void>(std::span<const std::byte>)>& take) {
  TargetCheck check(package.target);
  std::vector<std::byte> buffer(std::min(package.target.length, kChunkBytes));
  for (std::uint64_t done = 0; done < package.target.length;) {
    const auto chunk = std::span(buffer).first(std::min(package.target.length - done, kChunkBytes));
    if (auto ok = read_at(package.file, package.offset + done, chunk); !ok) return ok;
    if (auto ok = check.take(chunk); !ok) return ok;
    if (auto ok = take(chunk); !ok) return ok;
    done += chunk.size();
  }
  return check.finish();
}

// The targets of the index, each with its bytes in the bundle; and no package in it that the index does not name.
Result<std::vector<Target>> find_targets(const OpenBundle& bundle, TufClient& client, TufTime time) {
  std::vector<Target> targets;
  std::set<std::string> used;
  for (const auto& path : bundle.target_paths) {
    auto target = client.find(path, time);
    if (!target) return std::unexpected(target.error());
    const auto name = package_entry(target->sha256);
    const auto* entry = bundle.find(name);
    if (!entry) return refuse("missing", "bundle has no bytes of '" + path + "'");
    if (entry->size != target->length)
      return failure(Code::data_loss, "target.length",
                     "'" + path + "' has " + std::to_string(entry->size) + " bytes, its metadata says " +
                         std::to_string(target->length));
    used.insert(name);
    targets.push_back(std::move(*target));
  }
  for (const auto& [name, entry] : bundle.entries)
    if (name.starts_with(kPackagesFolder) && !used.contains(name))
      return refuse("unknown_entry", "entry '" + name + "' belongs to no package of the index");
  return targets;
}

// What the client knew already it did not read here: a bundle of a state is that state's bytes all the same. Roots are
// read where they are newer than the one that is trusted, and count for nothing else.
Result<void> require_metadata_of_state(const OpenBundle& bundle, const std::filesystem::path& state) {
  for (const auto& [name, entry] : bundle.entries) {
    if (!name.starts_with(kMetadataFolder) || name.ends_with(".root.json")) continue;
    const std::string_view file = std::string_view(name).substr(kMetadataFolder.size());
    const std::string_view role = file == "timestamp.json" ? file : file.substr(file.find('.') + 1);
    const auto known = read_small_file(state / role, kTargetsBytesMax);
    if (!known)
      return refuse("unknown_entry", "entry '" + printable(name) + "' is metadata that nothing of the bundle names");
    const auto here = read_entry(bundle.file, entry);
    if (!here) return std::unexpected(here.error());
    if (*here != *known)
      return failure(Code::failed_precondition, "metadata.mix",
                     "entry '" + printable(name) + "' differs from what is known to be signed under its version");
  }
  return {};
}

struct Said {
  std::string_view path;  // of the package
  BundleEvaluation evaluation;
};

// Each with a good signature, and about a package of the bundle.
Result<std::vector<Said>> read_evaluations(const OpenBundle& bundle, const std::vector<Target>& targets) {
  std::map<Sha256, std::string_view> paths;
  for (std::size_t i = 0; i < targets.size(); ++i) paths.emplace(targets[i].sha256, bundle.target_paths[i]);
  std::vector<Said> all;
  for (const auto& [name, entry] : bundle.entries) {
    if (!name.starts_with(kEvaluationsFolder)) continue;
    const auto bad = [&](const std::string& what) { return refuse("evaluation", "entry '" + name + "' " + what); };
    if (entry.size > kEvaluationEntryBytesMax) return bad("has " + std::to_string(entry.size) + " bytes");
    const auto json = read_entry(bundle.file, entry);
    if (!json) return std::unexpected(json.error());
    if (to_hex(sha256_of(*json)) != name.substr(kEvaluationsFolder.size())) return bad("has another SHA-256");
    auto said = parse_evaluation_entry(*json);
    if (!said) return std::unexpected(said.error());
    const auto opened = verify_bundle_evaluation(*said);
    if (!opened) return std::unexpected(opened.error());
    const auto about = paths.find(opened->evaluation.package_sha256);
    const std::string path = opened->evaluation.plugin + "/" + opened->evaluation.version + ".stoa";
    if (about == paths.end() || about->second != path) return bad("is about no package of the bundle");
    all.push_back({about->second, std::move(*said)});
  }
  return all;
}

}  // namespace

Result<void> BundlePackage::read(const std::function<Result<void>(std::span<const std::byte>)>& take) const {
  return read_target(*this, take);
}

Result<BundleCounts> import_bundle(const std::filesystem::path& file, const ImportRules& rules, TufTime now,
                                   const Import& import) {
  const auto bundle = open_bundle(file);
  if (!bundle) return std::unexpected(bundle.error());
  const auto time = now - rules.expired_for_max;
  auto client = TufClient::open(rules.state_folder, rules.trusted_root, fetch_from(*bundle));
  if (!client) return std::unexpected(client.error());
  if (auto ok = client->refresh(time); !ok) return std::unexpected(ok.error());
  // Every bin has to be there and good: who takes one out to hide a revocation is noticed.
  if (auto ok = client->visit([](const auto&, auto) { return true; }, [](const auto&, auto, const auto&) {}, time); !ok)
    return std::unexpected(ok.error());
  if (auto ok = require_metadata_of_state(*bundle, rules.state_folder); !ok) return std::unexpected(ok.error());
  const auto targets = find_targets(*bundle, *client, time);
  if (!targets) return std::unexpected(targets.error());

  const auto package_at = [&](std::size_t i) {
    const auto offset = bundle->find(package_entry((*targets)[i].sha256))->data_offset;
    return BundlePackage{bundle->target_paths[i], (*targets)[i], bundle->file, offset};
  };
  const auto ignore = [](std::span<const std::byte>) { return Result<void>(); };
  for (std::size_t i = 0; i < targets->size(); ++i)
    if (auto ok = package_at(i).read(ignore); !ok) return std::unexpected(ok.error());
  const auto said = read_evaluations(*bundle, *targets);
  if (!said) return std::unexpected(said.error());
  for (const std::string& path : import.hear ? import.known : std::span<const std::string>()) {
    const auto target = client->find(path, time);
    if (!target && target.error().reason != "target.unknown") return std::unexpected(target.error());
    if (auto ok = import.hear(path, target ? &*target : nullptr); !ok) return std::unexpected(ok.error());
  }
  BundleCounts counts;
  for (std::size_t i = 0; i < targets->size(); ++i) {
    if (auto ok = import.package(package_at(i)); !ok) return std::unexpected(ok.error());
    counts.packages += 1;
    counts.bytes += (*targets)[i].length;
  }
  for (const Said& one : *said) {
    if (import.evaluation)
      if (auto ok = import.evaluation(one.path, one.evaluation); !ok) return std::unexpected(ok.error());
    counts.evaluations += 1;
  }
  return counts;
}

}  // namespace stoa::registry
