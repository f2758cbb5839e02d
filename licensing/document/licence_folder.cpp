// licence_folder.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/document/licence_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "registry/document/staging.hpp"

namespace stoa::licensing {
namespace {

namespace fs = std::filesystem;

bool is_list(std::string_view name) { return name.ends_with(kRevocationsSuffix); }
bool is_ours(std::string_view name) {
  return !name.starts_with('.') && (name.ends_with(kLicenceSuffix) || is_list(name));
}

std::int64_t ns_of(const timespec& time) { return time.tv_sec * 1'000'000'000LL + time.tv_nsec; }

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder.parent_path(), error);
  if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return std::unexpected(registry::file_error("create folder", folder, errno));
}

Result<OpenedLicence> verified_licence(std::string_view text, const TrustedIssuers& issuers) {
  auto opened = open_licence(text);
  if (!opened) return opened;
  if (auto good = verify_licence(*opened, issuers); !good) return std::unexpected(good.error());
  return opened;
}

Result<OpenedRevocations> verified_revocations(std::string_view text, const TrustedIssuers& issuers) {
  auto opened = open_revocations(text);
  if (!opened) return opened;
  if (auto good = verify_revocations(*opened, issuers); !good) return std::unexpected(good.error());
  return opened;
}

}  // namespace

Result<LicenceFolder> LicenceFolder::open(fs::path folder, TrustedIssuers issuers) {
  if (auto made = make_folder(folder); !made) return std::unexpected(made.error());
  if (auto made = make_folder(folder / "licences"); !made) return std::unexpected(made.error());
  auto time = TrustedTime::open(folder / "trusted_time.json");
  if (!time) return std::unexpected(time.error());
  if (const auto memory = LicenceMemory::open(folder / "seen.json"); !memory) return std::unexpected(memory.error());
  return LicenceFolder(std::move(folder), std::move(issuers), std::move(*time));
}

// Lock: taken for every change of what is remembered, by a host and by `stoa licences import` beside it. A file of its
// own: staging locks the folder itself.
Result<registry::File> LicenceFolder::lock() const {
  const fs::path path = folder_ / "licences.lock";
  registry::File file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.fd() < 0) return std::unexpected(registry::file_error("open", path, errno));
  while (::flock(file.fd(), LOCK_EX) != 0)
    if (errno != EINTR) return std::unexpected(registry::file_error("lock", path, errno));
  return file;
}

LicenceFolder::FileStates LicenceFolder::states() const {
  FileStates states;
  std::error_code ignored;  // a folder that cannot be read has no files; scan() tells why
  for (const auto& entry : fs::directory_iterator(files(), ignored)) {
    const std::string name = entry.path().filename().string();
    struct stat found{};
    if (!is_ours(name) || ::stat(entry.path().c_str(), &found) != 0) continue;
    states[name] = {found.st_ino, static_cast<std::uint64_t>(found.st_size), ns_of(found.st_mtim),
                    ns_of(found.st_ctim)};
  }
  return states;
}

bool LicenceFolder::has_changed() const { return scanned_ != states(); }

LicenceFolder::ReadFile LicenceFolder::read(const std::string& name, const FileState& state) const {
  ReadFile read{.state = state, .licence = {}, .list = {}, .error = {}};
  const DocumentKind& kind = is_list(name) ? kRevocationsDocument : kLicenceDocument;
  const auto text = registry::read_small_file(files() / name, kind.file_bytes_max);
  if (!text) {
    read.error = text.error();
    if (read.error->reason == "file.too_large") read.error->reason = std::string(kind.reasons) + ".too_large";
  } else if (is_list(name)) {
    auto opened = verified_revocations(*text, issuers_);
    if (opened)
      read.list = std::move(*opened);
    else
      read.error = opened.error();
  } else {
    auto opened = verified_licence(*text, issuers_);
    if (opened)
      read.licence = std::move(*opened);
    else
      read.error = opened.error();
  }
  return read;
}

Result<HeldLicence> LicenceFolder::hold(const OpenedLicence& opened, LicenceMemory& memory) {
  if (auto taken = memory.take(opened); !taken) return std::unexpected(taken.error());
  const Licence& licence = opened.licence;
  // A publisher's word is a floor for its own licences alone (standing.hpp).
  if (licence.issuer == kPlatformIssuer) time_.note(licence.issued_ms);
  HeldLicence held;
  held.licence = licence;
  held.is_from_file = true;
  held.confirmed_ms = std::max(licence.issued_ms, memory.list_issued_ms(licence.issuer).value_or(licence.issued_ms));
  if (const Revocation* const revoked = memory.revocation_of(licence)) {
    held.revoked_ms = revoked->at_ms;
    held.revoked_because = revoked->because;
  }
  return held;
}

Result<HeldList> LicenceFolder::hold(const OpenedRevocations& opened, LicenceMemory& memory) {
  if (auto taken = memory.take(opened); !taken) return std::unexpected(taken.error());
  const RevocationList& list = opened.list;
  if (list.issuer == kPlatformIssuer) time_.note(list.issued_ms);
  return HeldList{list.issuer, list.number, list.issued_ms, list.next_update_ms, list.revoked.size()};
}

// ID.stoa-licence, or ISSUER.ID.stoa-licence, where another issuer's lies under the id already.
std::string LicenceFolder::name_for(const Licence& licence) const {
  const std::string name = licence.id.text + std::string(kLicenceSuffix), longer = licence.issuer + '.' + name;
  std::error_code ignored;
  if (fs::exists(files() / longer, ignored)) return longer;
  const auto there = registry::read_small_file(files() / name, kLicenceDocument.file_bytes_max);
  const auto opened = there ? verified_licence(*there, issuers_) : std::unexpected(there.error());
  return opened && opened->licence.issuer != licence.issuer ? longer : name;
}

Result<FolderScan> LicenceFolder::scan() {
  const auto locked = lock();
  if (!locked) return std::unexpected(locked.error());
  auto memory = LicenceMemory::open(folder_ / "seen.json");
  if (!memory) return std::unexpected(memory.error());
  FileStates found = states();
  std::erase_if(read_, [&](const auto& row) { return !found.contains(row.first); });
  for (const auto& [name, state] : found)
    if (const auto at = read_.find(name); at == read_.end() || at->second.state != state)
      read_.insert_or_assign(name, read(name, state));

  // Newest first, lists before licences: what one scan finds does not depend on the names of files.
  std::vector<std::pair<const std::string*, const ReadFile*>> lists, licences;
  FolderScan scan;
  for (const auto& [name, file] : read_) {
    if (file.list) lists.emplace_back(&name, &file);
    if (file.licence) licences.emplace_back(&name, &file);
    if (file.error) scan.refused.push_back({name, *file.error});
  }
  std::ranges::sort(lists, [](const auto& a, const auto& b) {
    const std::uint64_t x = a.second->list->list.number, y = b.second->list->list.number;
    return x != y ? x > y : *a.first < *b.first;
  });
  std::ranges::sort(licences, [](const auto& a, const auto& b) {
    const Licence &x = a.second->licence->licence, &y = b.second->licence->licence;
    if (x.id != y.id) return x.id < y.id;
    if (x.issuer != y.issuer) return x.issuer < y.issuer;
    return x.serial != y.serial ? x.serial > y.serial : *a.first < *b.first;
  });
  for (const auto& [name, file] : lists) {
    auto held = hold(*file->list, *memory);
    if (!held)
      scan.refused.push_back({*name, held.error()});
    else if (std::ranges::find(scan.lists, held->issuer, &HeldList::issuer) == scan.lists.end())  // the same file twice
      scan.lists.push_back(std::move(*held));
  }
  for (const auto& [name, file] : licences) {
    auto held = hold(*file->licence, *memory);
    if (!held)
      scan.refused.push_back({*name, held.error()});
    else if (scan.licences.empty() || scan.licences.back().licence.id != held->licence.id ||
             scan.licences.back().licence.issuer != held->licence.issuer)
      scan.licences.push_back(std::move(*held));
  }
  if (auto kept = memory->keep(); !kept) return std::unexpected(kept.error());
  if (auto kept = time_.keep(true); !kept) return std::unexpected(kept.error());
  scanned_ = std::move(found);
  return scan;
}

Result<void> LicenceFolder::keep_clock() {
  if (!time_.is_due()) return {};
  const auto locked = lock();
  if (!locked) return std::unexpected(locked.error());
  return time_.keep();
}

Result<ImportedFile> LicenceFolder::import_file(std::string_view text) {
  const auto locked = lock();
  if (!locked) return std::unexpected(locked.error());
  auto memory = LicenceMemory::open(folder_ / "seen.json");
  if (!memory) return std::unexpected(memory.error());
  ImportedFile imported;
  if (auto list = verified_revocations(text, issuers_)) {
    auto held = hold(*list, *memory);
    if (!held) return std::unexpected(held.error());
    imported.file = list->list.issuer + std::string(kRevocationsSuffix);
    imported.list = std::move(*held);
  } else if (list.error().reason != "signature.other_type") {
    return std::unexpected(list.error());
  } else {
    const auto licence = verified_licence(text, issuers_);
    if (!licence) return std::unexpected(licence.error());
    auto held = hold(*licence, *memory);
    if (!held) return std::unexpected(held.error());
    imported.file = name_for(licence->licence);
    imported.licence = std::move(*held);
  }
  // The file first: killed in between, the next scan remembers it; the other way round a host would hold nothing.
  auto staging = registry::StagingFile::create(files() / imported.file, 0600);
  if (!staging) return std::unexpected(staging.error());
  if (auto written = registry::write_all(staging->file(), std::as_bytes(std::span(text))); !written)
    return std::unexpected(written.error());
  if (auto published = staging->publish(); !published) return std::unexpected(published.error());
  if (auto kept = memory->keep(); !kept) return std::unexpected(kept.error());
  if (auto kept = time_.keep(true); !kept) return std::unexpected(kept.error());
  return imported;
}

}  // namespace stoa::licensing
