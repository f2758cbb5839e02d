// licence_keys.hpp: the keys of encrypted assets out of the licences that this host was given as files.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "host/app/sealed_assets.hpp"
#include "licensing/sealed/content_key.hpp"
#include "licensing/sealed/tried_keys.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

class LicenceFiles;

// Threads: any. Reads the host's private key when a content key is unwrapped: in between it is in nobody's memory. One
// that is gone is not made anew: what licences were wrapped for would be lost under it.
class LicenceKeys {
 public:
  // files outlive it. Makes the host's key where there is none. Errors: those of read_or_make_host_key.
  static Result<std::unique_ptr<LicenceKeys>> open(const std::filesystem::path& folder, LicenceFiles& files);

  // The fingerprint of the host's key: what licences are locked to.
  const std::string& host_id() const { return host_id_; }
  // Errors: those of licensed_key(); file.*, key.*.
  Result<licensing::ContentKey> key_for(const KeyRequest& wanted);
  // The same without a key: whether it would be given now. A refusal is permission_denied; another error says that the
  // host's key could not be read for what is new. Cheap enough for several times a second.
  Result<void> may_open(const KeyRequest& wanted);

 private:
  LicenceKeys(std::filesystem::path folder, std::string host_id, LicenceFiles& files)
      : folder_(std::move(folder)), host_id_(std::move(host_id)), files_(files) {}

  const std::filesystem::path folder_;
  const std::string host_id_;
  LicenceFiles& files_;
  std::mutex mutex_;
  licensing::TriedKeys tried_;  // Lock: mutex_
};

}  // namespace stoa::app
