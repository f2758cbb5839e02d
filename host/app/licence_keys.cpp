// licence_keys.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/licence_keys.hpp"

#include "host/app/licence_files.hpp"
#include "host/app/wall_clock.hpp"
#include "licensing/sealed/host_key.hpp"
#include "licensing/sealed/licensed_key.hpp"

namespace stoa::app {
namespace {

licensing::KeyWanted key_wanted(const KeyRequest& request) { return {request.key, request.model, request.version}; }

}  // namespace

Result<std::unique_ptr<LicenceKeys>> LicenceKeys::open(const std::filesystem::path& folder, LicenceFiles& files) {
  auto id = licensing::host_key_id(folder);
  if (!id) return std::unexpected(id.error());
  return std::unique_ptr<LicenceKeys>(new LicenceKeys(folder, std::move(*id), files));
}

Result<licensing::ContentKey> LicenceKeys::key_for(const KeyRequest& wanted) {
  const LicenceFiles::Seen seen = files_.look();
  const auto host = licensing::read_host_key(folder_);
  if (!host) return std::unexpected(host.error());
  return licensing::licensed_key(*seen.licences, key_wanted(wanted), *host, {host_id_, seen.trusted_floor_ms},
                                 unix_ms());
}

Result<void> LicenceKeys::may_open(const KeyRequest& wanted) {
  const LicenceFiles::Seen seen = files_.look();
  const std::lock_guard lock(mutex_);
  return licensing::may_open(*seen.licences, key_wanted(wanted), {host_id_, seen.trusted_floor_ms}, unix_ms(),
                             [&](const licensing::WrappedKey& wrapped, const licensing::WrappedFor& licence) {
                               return tried_.opens(wrapped, licence, [&] { return licensing::read_host_key(folder_); });
                             });
}

}  // namespace stoa::app
