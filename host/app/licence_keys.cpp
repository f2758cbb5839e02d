// licence_keys.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/licence_keys.hpp"

#include <time.h>

#include <filesystem>
#include <mutex>

#include "licensing/document/licence_folder.hpp"
#include "licensing/sealed/host_key.hpp"
#include "licensing/sealed/licensed_key.hpp"

namespace stoa::app {
namespace {

licensing::ClockPair clock_pair_now() {
  const auto ms_of = [](clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
  };
  return {ms_of(CLOCK_REALTIME), ms_of(CLOCK_BOOTTIME)};
}

licensing::KeyWanted key_wanted(const KeyRequest& request) { return {request.key, request.model, request.version}; }

}  // namespace

struct LicenceKeys::Parts {
  // Lock: mutex. The licences as the files say now, and the clock held against the trusted time.
  Result<licensing::HostFacts> look(std::int64_t& now_ms);

  const std::filesystem::path folder;
  const std::string host_id;
  Log& log;
  std::mutex mutex;  // Lock: all below
  licensing::LicenceFolder files;
  licensing::FolderScan scan = {};
  bool has_scanned = false;
};

LicenceKeys::LicenceKeys(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LicenceKeys::~LicenceKeys() = default;

const std::string& LicenceKeys::host_id() const { return parts_->host_id; }

Result<std::unique_ptr<LicenceKeys>> LicenceKeys::open(const LicensingConfig& config, Log& log) {
  licensing::TrustedIssuers issuers;
  for (const auto& [issuer, file] : config.issuers)
    if (auto added = issuers.add_file(issuer, file); !added) return std::unexpected(added.error());
  auto id = licensing::host_key_id(config.folder);
  if (!id) return std::unexpected(id.error());
  auto files = licensing::LicenceFolder::open(config.folder, std::move(issuers));
  if (!files) return std::unexpected(files.error());
  return std::unique_ptr<LicenceKeys>(
      new LicenceKeys(std::unique_ptr<Parts>(new Parts{config.folder, std::move(*id), log, {}, std::move(*files)})));
}

Result<licensing::HostFacts> LicenceKeys::Parts::look(std::int64_t& now_ms) {
  if (!has_scanned || files.has_changed()) {
    auto scanned = files.scan();
    if (!scanned) return std::unexpected(scanned.error());
    scan = std::move(*scanned);
    has_scanned = true;
    for (const licensing::RefusedFile& refused : scan.refused)
      log.write(Level::warn, "licence.refused",
                {{"file", refused.file}, {"reason", refused.error.reason}, {"why", refused.error.message}});
  }
  const licensing::ClockPair now = clock_pair_now();
  now_ms = now.wall_ms;
  if (const auto clock = files.read_clock(now); !clock) return std::unexpected(clock.error());
  return licensing::HostFacts{.node = host_id, .trusted_floor_ms = files.trusted_floor_ms()};
}

Result<licensing::ContentKey> LicenceKeys::key_for(const KeyRequest& wanted) {
  const std::lock_guard lock(parts_->mutex);
  std::int64_t now_ms = 0;
  const auto facts = parts_->look(now_ms);
  if (!facts) return std::unexpected(facts.error());
  const auto host = licensing::read_or_make_host_key(parts_->folder);
  if (!host) return std::unexpected(host.error());
  return licensing::licensed_key(parts_->scan.licences, key_wanted(wanted), *host, *facts, now_ms);
}

Result<void> LicenceKeys::may_open(const KeyRequest& wanted) {
  const std::lock_guard lock(parts_->mutex);
  std::int64_t now_ms = 0;
  const auto facts = parts_->look(now_ms);
  if (!facts) return std::unexpected(facts.error());
  const auto licence = licensing::licence_for_key(parts_->scan.licences, key_wanted(wanted), *facts, now_ms);
  if (!licence) return std::unexpected(licence.error());
  return {};
}

}  // namespace stoa::app
