// licence_files.hpp: the licences that this host was given as files, kept up with while it runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/app/log.hpp"
#include "licensing/document/licence_folder.hpp"
#include "licensing/terms/holdings.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// The one look at the folder of this host: whoever opens encrypted assets and whoever keeps admission share it, so that
// a file is read, and what is wrong with it told, once. Threads: any; reads the disk where files changed.
class LicenceFiles {
 public:
  struct Parts {
    std::filesystem::path folder;                               // made where there is none
    std::multimap<std::string, std::filesystem::path> issuers;  // "platform" or a publisher -> its public keys (PEM)
    Log& log;
  };
  // Reasons: those of TrustedIssuers::add_file, LicenceFolder::open and scan().
  static Result<std::unique_ptr<LicenceFiles>> open(Parts parts);

  struct Seen {
    // Another one: the licences are others, or the clock is behind the trusted time now, or no longer.
    std::uint64_t number = 0;
    std::shared_ptr<const std::vector<licensing::HeldLicence>> licences;
    std::optional<std::int64_t> trusted_floor_ms;
  };
  // Cheap where nothing happened. What is refused or fails is logged once; what held before goes on.
  Seen look();
  // The platform signed something then: a clock that says less was set back.
  void note_signed(std::int64_t unix_ms);

 private:
  LicenceFiles(licensing::LicenceFolder folder, Log& log) : log_(log), folder_(std::move(folder)) {}
  void read_clock();
  Result<void> scan();
  void note(const Result<void>& done);

  Log& log_;
  std::mutex mutex_;  // Lock: what follows
  licensing::LicenceFolder folder_;
  Seen seen_{.number = 1, .licences = {}, .trusted_floor_ms = {}};
  std::map<std::string, std::string> told_;  // of refused files: the reason
  std::string failure_;                      // the last one that was told
  std::int64_t next_look_ms_ = 0;            // by the steady clock
};

}  // namespace stoa::app
