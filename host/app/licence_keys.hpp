// licence_keys.hpp: the keys of encrypted assets out of the licences that this host was given as files.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "host/app/config.hpp"
#include "host/app/log.hpp"
#include "host/app/sealed_assets.hpp"
#include "licensing/sealed/content_key.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// Threads: any. Reads files where they changed, and the host's private key when a key is unwrapped: in between it is in
// nobody's memory.
class LicenceKeys {
 public:
  // Makes the folder and the host's key where there are none. log outlives it. Errors: those of LicenceFolder::open,
  // TrustedIssuers::add_file and read_or_make_host_key.
  static Result<std::unique_ptr<LicenceKeys>> open(const LicensingConfig& config, Log& log);

  ~LicenceKeys();
  const std::string& host_id() const;
  // Errors: those of licensed_key(); file.*, key.*.
  Result<licensing::ContentKey> key_for(const KeyRequest& wanted);
  // The same without a key: whether it would be given now.
  Result<void> may_open(const KeyRequest& wanted);

 private:
  struct Parts;  // what reads JSON stays out of here
  explicit LicenceKeys(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace stoa::app
