// licence_folder.hpp: the licences and revocation lists that a host was given as files.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/document/licence_memory.hpp"
#include "licensing/document/trusted_issuers.hpp"
#include "licensing/document/trusted_time.hpp"
#include "licensing/terms/holdings.hpp"
#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

struct RefusedFile {
  std::string file;  // its name in the folder
  Error error;
};

// Of the newest list of an issuer whose file is there.
struct HeldList {
  std::string issuer;
  std::uint64_t number = 0;
  std::int64_t issued_ms = 0, next_update_ms = 0;
  std::size_t revoked = 0;
};

struct FolderScan {
  std::vector<HeldLicence> licences;  // in the order of their ids and issuers, each once
  std::vector<HeldList> lists;
  std::vector<RefusedFile> refused;
};

struct ImportedFile {
  std::string file;                    // where it lies now
  std::optional<HeldLicence> licence;  // it is one of these
  std::optional<HeldList> list;
};

// folder/licences/*.stoa-licence, *.stoa-revocations: put there by import_file(), or copied; folder/seen.json and
// folder/trusted_time.json: what it remembers. One thread at a time; other processes may have it open, too.
class LicenceFolder {
 public:
  // Makes the folder (0700) where there is none. Reasons: file.*, licence_memory.file, trusted_time.file.
  static Result<LicenceFolder> open(std::filesystem::path folder, TrustedIssuers issuers);

  // Whether a file came, went or changed since the last scan(). Cheap enough for every half second.
  bool has_changed() const;
  // What holds: of each issuer's id the highest serial ever seen, or nothing. Remembered durably before it returns.
  // Files that do not count are told of, and stop nothing. Error: file.*, where the folder cannot be read or written.
  Result<FolderScan> scan();

  // The clock, held against the trusted time; keep_clock() after it writes that down, where it is due.
  ClockReading read_clock(const ClockPair& now) { return time_.read(now); }
  Result<void> keep_clock();
  // As TrustedTime::note().
  void note_signed(std::int64_t signed_ms) { time_.note(signed_ms); }
  std::optional<std::int64_t> trusted_floor_ms() const { return time_.floor_ms(); }

  // Verifies it, puts it under its own name (ID.stoa-licence, ISSUER.stoa-revocations; ISSUER.ID.stoa-licence, where
  // the id is another issuer's, too) and remembers it, durably. Reasons: those of open_licence, verify_licence,
  // open_revocations, and LicenceMemory::take.
  Result<ImportedFile> import_file(std::string_view text);

  const TrustedIssuers& issuers() const { return issuers_; }

 private:
  // What stat says of a file; another one: it is read anew.
  struct FileState {
    std::uint64_t inode = 0, bytes = 0;
    std::int64_t modified_ns = 0, changed_ns = 0;
    friend bool operator==(const FileState&, const FileState&) = default;
  };
  using FileStates = std::map<std::string, FileState>;
  // A file that was read and verified once; exactly one is there.
  struct ReadFile {
    FileState state;
    std::optional<OpenedLicence> licence;
    std::optional<OpenedRevocations> list;
    std::optional<Error> error;
  };

  LicenceFolder(std::filesystem::path folder, TrustedIssuers issuers, TrustedTime time)
      : folder_(std::move(folder)), issuers_(std::move(issuers)), time_(std::move(time)) {}
  std::filesystem::path files() const { return folder_ / "licences"; }
  Result<registry::File> lock() const;
  FileStates states() const;
  ReadFile read(const std::string& name, const FileState& state) const;
  std::string name_for(const Licence& licence) const;
  Result<HeldLicence> hold(const OpenedLicence& opened, LicenceMemory& memory);
  Result<HeldList> hold(const OpenedRevocations& opened, LicenceMemory& memory);

  std::filesystem::path folder_;
  TrustedIssuers issuers_;
  TrustedTime time_;
  std::map<std::string, ReadFile> read_;  // by name
  std::optional<FileStates> scanned_;
};

}  // namespace stoa::licensing
