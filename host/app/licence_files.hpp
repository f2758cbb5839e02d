// licence_files.hpp: the licences that this host was given as files, kept up with while it runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/app/log.hpp"
#include "licensing/document/licence_folder.hpp"
#include "licensing/terms/holdings.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// Thread: one at a time, whoever keeps admission's snapshot.
class LicenceFiles {
 public:
  struct Parts {
    std::filesystem::path folder;                               // made where there is none
    std::multimap<std::string, std::filesystem::path> issuers;  // "platform" or a publisher -> its public keys (PEM)
    Log& log;
  };
  // Reasons: those of TrustedIssuers::add_file, LicenceFolder::open and scan().
  static Result<std::unique_ptr<LicenceFiles>> open(Parts parts);

  // True: the licences are others than at the last call, or the clock is behind the trusted time now, or no longer.
  // Cheap where nothing happened. What is refused or fails is logged once; what held before goes on.
  bool look();

  const std::vector<licensing::HeldLicence>& licences() const { return scan_.licences; }
  std::optional<std::int64_t> trusted_floor_ms() const { return folder_.trusted_floor_ms(); }

 private:
  LicenceFiles(licensing::LicenceFolder folder, Log& log) : folder_(std::move(folder)), log_(log) {}
  bool read_clock();
  Result<void> scan();
  void note(const Result<void>& done);

  licensing::LicenceFolder folder_;
  Log& log_;
  licensing::FolderScan scan_;
  std::map<std::string, std::string> told_;  // of refused files: the reason
  std::string failure_;                      // the last one that was told
  std::int64_t next_look_ms_ = 0;            // by the steady clock
};

}  // namespace stoa::app
