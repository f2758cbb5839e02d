// licence_keys.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/licence_keys.hpp"

#include <filesystem>
#include <mutex>

#include "host/app/licence_files.hpp"
#include "host/app/wall_clock.hpp"
#include "licensing/sealed/host_key.hpp"
#include "licensing/sealed/licensed_key.hpp"

namespace stoa::app {
namespace {

licensing::KeyWanted key_wanted(const KeyRequest& request) { return {request.key, request.model, request.version}; }

}  // namespace

struct LicenceKeys::Parts {
  // Lock: mutex. The licences as the files say now, and the clock held against the trusted time.
  licensing::HostFacts look() {
    files->look();
    return {.node = host_id, .trusted_floor_ms = files->trusted_floor_ms()};
  }

  const std::filesystem::path folder;
  const std::string host_id;
  std::mutex mutex;  // Lock: what follows
  std::unique_ptr<LicenceFiles> files;
};

LicenceKeys::LicenceKeys(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LicenceKeys::~LicenceKeys() = default;

const std::string& LicenceKeys::host_id() const { return parts_->host_id; }

Result<std::unique_ptr<LicenceKeys>> LicenceKeys::open(const LicensingConfig& config, Log& log) {
  auto id = licensing::host_key_id(config.folder);
  if (!id) return std::unexpected(id.error());
  auto files = LicenceFiles::open({.folder = config.folder, .issuers = config.issuers, .log = log});
  if (!files) return std::unexpected(files.error());
  return std::unique_ptr<LicenceKeys>(
      new LicenceKeys(std::unique_ptr<Parts>(new Parts{config.folder, std::move(*id), {}, std::move(*files)})));
}

Result<licensing::ContentKey> LicenceKeys::key_for(const KeyRequest& wanted) {
  const std::lock_guard lock(parts_->mutex);
  const licensing::HostFacts facts = parts_->look();
  const auto host = licensing::read_or_make_host_key(parts_->folder);
  if (!host) return std::unexpected(host.error());
  return licensing::licensed_key(parts_->files->licences(), key_wanted(wanted), *host, facts, unix_ms());
}

Result<void> LicenceKeys::may_open(const KeyRequest& wanted) {
  const std::lock_guard lock(parts_->mutex);
  const licensing::HostFacts facts = parts_->look();
  const auto licence = licensing::licence_for_key(parts_->files->licences(), key_wanted(wanted), facts, unix_ms());
  if (!licence) return std::unexpected(licence.error());
  return {};
}

}  // namespace stoa::app
