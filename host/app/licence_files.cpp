// licence_files.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/licence_files.hpp"

#include <time.h>

#include <utility>

#include "host/app/wall_clock.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::app {
namespace {

using registry::utc_text;

constexpr std::int64_t kLookMs = 400;  // between two looks at the folder: what is new counts within a second

// Also counts while the machine sleeps: what passed then was not set forward.
std::int64_t steady_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1'000LL + now.tv_nsec / 1'000'000;
}

}  // namespace

Result<std::unique_ptr<LicenceFiles>> LicenceFiles::open(Parts parts) {
  licensing::TrustedIssuers issuers;
  for (const auto& [issuer, file] : parts.issuers)
    if (auto added = issuers.add_file(issuer, file); !added) return std::unexpected(added.error());
  auto folder = licensing::LicenceFolder::open(std::move(parts.folder), std::move(issuers));
  if (!folder) return std::unexpected(folder.error());
  std::unique_ptr<LicenceFiles> files(new LicenceFiles(std::move(*folder), parts.log));
  files->read_clock();
  if (auto scanned = files->scan(); !scanned) return std::unexpected(scanned.error());
  return files;
}

LicenceFiles::Seen LicenceFiles::look() {
  const std::lock_guard lock(mutex_);
  read_clock();
  if (const std::int64_t now_ms = steady_ms(); now_ms >= next_look_ms_) {
    next_look_ms_ = now_ms + kLookMs;
    if (folder_.has_changed()) note(scan());
  }
  seen_.trusted_floor_ms = folder_.trusted_floor_ms();
  return seen_;
}

void LicenceFiles::note_signed(std::int64_t unix_ms) {
  const std::lock_guard lock(mutex_);
  folder_.note_signed(unix_ms);
  read_clock();  // nobody else may look for long
}

void LicenceFiles::read_clock() {
  const std::int64_t wall_ms = unix_ms();
  const licensing::ClockReading reading = folder_.read_clock({wall_ms, steady_ms()});
  if (reading.forward_ms > 0)
    log_.write(Level::warn, "licensing.clock_forward", {{"now", utc_text(wall_ms)}, {"by_ms", reading.forward_ms}});
  if (reading.is_new)
    log_.write(reading.is_behind ? Level::error : Level::info,
               reading.is_behind ? "licensing.clock_behind" : "licensing.clock_right",
               {{"now", utc_text(wall_ms)}, {"seen", utc_text(reading.floor_ms)}});
  if (auto kept = folder_.keep_clock(); !kept) note(kept);
  if (reading.is_new) ++seen_.number;
}

// Once for as long as it is the same: it is tried again several times a second.
void LicenceFiles::note(const Result<void>& done) {
  const std::string failure = done ? "" : done.error().reason + done.error().message;
  if (std::exchange(failure_, failure) == failure || done) return;
  log_.write(Level::error, "licensing.failed", {{"reason", done.error().reason}, {"why", done.error().message}});
}

Result<void> LicenceFiles::scan() {
  auto scanned = folder_.scan();
  if (!scanned) return std::unexpected(scanned.error());
  const licensing::FolderScan& scan = *scanned;
  seen_.licences = std::make_shared<const std::vector<licensing::HeldLicence>>(std::move(scanned->licences));
  ++seen_.number;
  std::map<std::string, std::string> refused;
  for (const licensing::RefusedFile& one : scan.refused) {
    refused[one.file] = one.error.reason;
    if (const auto told = told_.find(one.file); told != told_.end() && told->second == one.error.reason) continue;
    log_.write(Level::error, "licence.refused",
               {{"file", one.file}, {"reason", one.error.reason}, {"why", one.error.message}});
  }
  told_ = std::move(refused);
  for (const licensing::HeldList& list : scan.lists)
    if (list.next_update_ms <= unix_ms())
      log_.write(Level::warn, "revocations.overdue",
                 {{"issuer", list.issuer}, {"number", list.number}, {"next_update", utc_text(list.next_update_ms)}});
  log_.write(Level::info, "licences.read",
             {{"licences", std::uint64_t{seen_.licences->size()}},
              {"lists", std::uint64_t{scan.lists.size()}},
              {"refused", std::uint64_t{scan.refused.size()}}});
  return {};
}

}  // namespace stoa::app
