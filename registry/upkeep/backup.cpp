// backup.cpp: what else lies there first, then the catalogue, then what the catalogue needs.
// SPDX-License-Identifier: Apache-2.0
#include "registry/upkeep/backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "registry/document/staging.hpp"
#include "registry/upkeep/backup_summary.hpp"
#include "registry/upkeep/catalogue_copy.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChunkBytes = 1 << 20;

// Neither is part of the registry's state: the first is for one person once, the second of a process.
constexpr std::array<std::string_view, 2> kLeftOut{"admin.token", "registry.lock"};

bool is_copied_apart(const std::string& name) {
  return name.starts_with(kCatalogueFile) || name == kBlobsFolder || name == kBackupFile;
}

Result<void> write_durable(const fs::path& to, unsigned mode, const std::function<Result<void>(const File&)>& write) {
  const File file(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (file.fd() < 0) return std::unexpected(file_error("make", to, errno));
  if (auto written = write(file); !written) return written;
  if (::fsync(file.fd()) != 0) return std::unexpected(file_error("fsync", to, errno));
  return {};
}

Result<void> copy_one(const fs::path& from, const fs::path& to) {
  const auto source = open_regular(from);
  if (!source) return std::unexpected(source.error());
  struct stat status{};
  if (::fstat(source->fd(), &status) != 0) return std::unexpected(file_error("look at", from, errno));
  return write_durable(to, status.st_mode & 0777U, [&](const File& file) -> Result<void> {
    std::vector<std::byte> buffer(std::min<std::size_t>(kChunkBytes, static_cast<std::size_t>(status.st_size)));
    for (std::uint64_t done = 0; done < static_cast<std::uint64_t>(status.st_size);) {
      const auto piece = std::span(buffer).first(static_cast<std::size_t>(
          std::min<std::uint64_t>(buffer.size(), static_cast<std::uint64_t>(status.st_size) - done)));
      if (auto ok = read_at(*source, done, piece); !ok) return ok;
      if (auto ok = write_all(file, piece); !ok) return ok;
      done += piece.size();
    }
    return {};
  });
}

Result<void> sync_folder(const fs::path& folder) {
  const File file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.fd() < 0 || ::fsync(file.fd()) != 0) return std::unexpected(file_error("fsync", folder, errno));
  return {};
}

// Signed metadata is written while others read it: what names the state (timestamp.json) is replaced last, so it is
// copied first, and all that it names is still there. A file that went away meanwhile was of an older state.
Result<void> copy_folder(const fs::path& from, const fs::path& to) {
  if (::mkdir(to.c_str(), 0700) != 0) return std::unexpected(file_error("make", to, errno));
  std::vector<fs::path> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(from, error)) names.push_back(entry.path().filename());
  if (error) return std::unexpected(file_error("read", from, error.value()));
  std::ranges::sort(names, {}, [](const fs::path& name) { return std::pair(name != "timestamp.json", name); });
  for (const fs::path& name : names) {
    if (name.native().starts_with('.')) continue;
    const bool is_folder = fs::is_directory(fs::symlink_status(from / name, error));
    auto copied = is_folder ? copy_folder(from / name, to / name) : copy_one(from / name, to / name);
    if (!copied && copied.error().code != Code::not_found) return copied;
  }
  return sync_folder(to);
}

Result<void> copy_what_else(const fs::path& from, const fs::path& to) {
  std::error_code error;
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator(from, error)) names.push_back(entry.path().filename());
  if (error) return std::unexpected(file_error("read", from, error.value()));
  for (const fs::path& name : names) {
    if (is_copied_apart(name) || std::ranges::find(kLeftOut, name.native()) != kLeftOut.end() ||
        name.native().starts_with('.'))
      continue;
    const bool is_folder = fs::is_directory(fs::symlink_status(from / name, error));
    auto copied = is_folder ? copy_folder(from / name, to / name) : copy_one(from / name, to / name);
    if (!copied && copied.error().code != Code::not_found) return copied;
  }
  return {};
}

// What of whom: "acme/vision 1.0.0: its package".
struct NeededBlob {
  Sha256 digest{};
  std::string owner, what;
};

// Held against its name on the way: put_file() hashes what it writes.
Result<Blob> copy_blob(const BlobStore& from, const BlobStore& to, const NeededBlob& needed, std::int64_t now_ms) {
  const auto named = [&](Error error) {
    error.message = needed.owner + ": " + error.message;
    return error;
  };
  const auto file = from.open_blob(needed.digest);
  if (!file && file.error().code == Code::not_found)
    return failure(Code::data_loss, "blob.missing",
                   fmt::format("{}: its {} {} is not there", needed.owner, needed.what, to_hex(needed.digest)));
  if (!file) return std::unexpected(named(file.error()));
  auto blob = to.put_file(fmt::format("/proc/self/fd/{}", file->fd()), now_ms * 1'000'000);
  if (!blob) return std::unexpected(named(blob.error()));
  if (blob->digest == needed.digest) return blob;
  if (auto gone = to.remove(blob->digest); !gone) return std::unexpected(gone.error());
  return failure(
      Code::data_loss, "blob.damaged",
      fmt::format("{}: the bytes of its {} {} have another digest", needed.owner, needed.what, to_hex(needed.digest)));
}

// Packages of releases, and the outcomes of evaluations.
Result<std::vector<NeededBlob>> needed_blobs(Catalogue& catalogue, const std::vector<ReleaseRecord>& releases) {
  std::vector<NeededBlob> needed;
  for (const ReleaseRecord& release : releases)
    if (release.state != ReleaseState::draft)
      needed.push_back({release.package_sha256, release.plugin + " " + release.version, "package"});
  const auto outcomes = catalogue.outcomes_of_evaluations();
  if (!outcomes) return std::unexpected(outcomes.error());
  for (const Sha256& digest : *outcomes) needed.push_back({digest, "an evaluation", "list of outcomes"});
  return needed;
}

std::unexpected<Error> unsound(const Ailment& ailment, const fs::path& what) {
  return failure(Code::data_loss, "backup.unsound",
                 fmt::format("{}: {}: {}: {}", what.string(), ailment.reason, ailment.subject, ailment.message));
}

// Nothing is young: a backup has no uploads, so its drafts wait for nobody, and are dropped by who opens it.
DoctorTerms look_at(const BackupTerms& terms, const AuditHead& remembered) {
  return {.now_ms = terms.now_ms, .grace_ms = terms.now_ms, .remembered = remembered};
}

// Both ways: a backup is laid out like a registry.
Result<BackupSummary> copy_registry(const fs::path& from, const fs::path& to, const BackupTerms& terms,
                                    const BackupSummary* earlier) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(to, error)))
    return failure(Code::already_exists, "file.exists", to.string() + ": is there already, and is not replaced");
  const fs::path whole = fs::absolute(to, error);
  auto staging = StagingFolder::create(whole.parent_path());
  if (!staging) return std::unexpected(staging.error());
  const fs::path& at = staging->path();
  if (!fs::is_regular_file(from / kCatalogueFile, error))
    return failure(Code::not_found, "file.not_found",
                   (from / kCatalogueFile).string() + ": there is no catalogue, so this is no registry");
  if (auto ok = copy_what_else(from, at); !ok) return std::unexpected(ok.error());
  if (auto ok = copy_catalogue(from, at / kCatalogueFile); !ok) return std::unexpected(ok.error());
  BackupSummary summary;
  summary.taken_ms = terms.now_ms;
  {
    const auto source = BlobStore::open(from / kBlobsFolder);
    if (!source) return std::unexpected(source.error());
    const auto target = BlobStore::open(at / kBlobsFolder);
    if (!target) return std::unexpected(target.error());
    const auto look = TemporaryFolder::create();
    if (!look) return std::unexpected(look.error());
    if (auto ok = copy_catalogue(at, look->path() / kCatalogueFile); !ok) return std::unexpected(ok.error());
    const auto catalogue = open_copy(look->path() / kCatalogueFile, PrivateKey::generate(), terms.now_ms);
    if (!catalogue) return std::unexpected(catalogue.error());
    const auto releases = all_releases(**catalogue);
    if (!releases) return std::unexpected(releases.error());
    summary.releases = releases->size();
    const auto needed = needed_blobs(**catalogue, *releases);
    if (!needed) return std::unexpected(needed.error());
    for (const NeededBlob& one : *needed) {
      if ((*target)->find(one.digest)) continue;
      const auto copied = copy_blob(**source, **target, one, terms.now_ms);
      if (!copied && terms.is_as_it_is && copied.error().code == Code::data_loss) continue;
      if (!copied) return std::unexpected(copied.error());
      ++summary.blobs;
      summary.blob_bytes += copied->size;
    }
  }
  const auto found = examine_registry(at, look_at(terms, earlier ? earlier->audit : AuditHead{}));
  if (!found) return std::unexpected(found.error());
  if (!found->is_healthy() && !terms.is_as_it_is) return unsound(found->ailments.front(), from);
  summary.audit = found->audit;
  if (!earlier) {
    const std::string text = backup_json(summary) + "\n";
    const auto write = [&](const File& file) { return write_all(file, std::as_bytes(std::span(text))); };
    if (auto ok = write_durable(at / kBackupFile, 0600, write); !ok) return std::unexpected(ok.error());
  }
  if (auto ok = sync_folder(at); !ok) return std::unexpected(ok.error());
  if (auto ok = staging->publish(whole.filename()); !ok) return std::unexpected(ok.error());
  if (auto ok = sync_folder(whole.parent_path()); !ok) return std::unexpected(ok.error());
  return summary;
}

}  // namespace

Result<BackupSummary> create_backup(const fs::path& registry, const fs::path& to, const BackupTerms& terms) {
  return copy_registry(registry, to, terms, nullptr);
}

Result<BackupSummary> check_backup(const fs::path& backup, const BackupTerms& terms) {
  auto summary = read_backup_summary(backup);
  if (!summary) return summary;
  const auto found = examine_registry(backup, look_at(terms, summary->audit));
  if (!found) return std::unexpected(found.error());
  if (!found->is_healthy()) return unsound(found->ailments.front(), backup);
  if (found->releases != summary->releases || found->blobs != summary->blobs ||
      found->blob_bytes != summary->blob_bytes)
    return failure(Code::data_loss, "backup.unsound",
                   fmt::format("{}: {} releases and {} blobs of {} bytes are there, {}, {} and {} were backed up",
                               backup.string(), found->releases, found->blobs, found->blob_bytes, summary->releases,
                               summary->blobs, summary->blob_bytes));
  return summary;
}

Result<BackupSummary> restore_backup(const fs::path& backup, const fs::path& to, const BackupTerms& terms) {
  auto summary = read_backup_summary(backup);
  if (!summary) return summary;
  auto restored = copy_registry(backup, to, terms, &*summary);
  if (!restored) return restored;
  restored->taken_ms = summary->taken_ms;
  return restored;
}

}  // namespace stoa::registry
