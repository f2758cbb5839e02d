// tuf_client.hpp: follows a repository of signed metadata that it does not trust beyond its root.
// Source: the TUF specification 1.0, section 5. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "registry/tuf/metadata_folder.hpp"
#include "registry/tuf/trusted_metadata.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// The bytes of a metadata file by its name in the repository ("3.root.json"), bytes_max at most: whoever sends more is
// cut off or refused with metadata.length. Code::not_found: the repository has no such file. Any other Error ends the
// update.
using FetchMetadata = std::function<Result<std::string>(std::string_view name, std::uint64_t bytes_max)>;

// What is trusted lies in a folder of the client's own, one file per role, each replaced atomically and durably before
// the next is asked for: a client that starts again is never behind where it was. Threads: one at a time. Lock: the
// state folder's, against a second client. Reasons: those of TrustedMetadata; metadata.missing (a file that must be
// there is not), metadata.length (longer than its bound), metadata.state (the own folder is damaged), metadata.locked;
// what fetch answers.
class TufClient {
 public:
  // trusted_root: a root file got out of band, for the first start, and for one whose root is older than it.
  static Result<TufClient> open(const std::filesystem::path& state_folder, std::string_view trusted_root,
                                FetchMetadata fetch);

  // Roots, timestamp, snapshot, targets. An Error leaves what find() stands on as it was after the last success. now is
  // the time for all checks of this update.
  Result<void> refresh(TufTime now);

  // The state on the disk in place of a refresh, for a start while the repository is out of reach: the last one that
  // was settled, where one was. Fetches nothing. Reasons: metadata.missing (no whole state there), metadata.expired.
  Result<void> resume(TufTime now);
  // All that the delegated roles say was visited: resume() comes back to this state until the next one is settled, too.
  // Until then a newer timestamp bounds what may come, as ever, but a repository that went away between it and the last
  // role that changed has left nobody without a state. Pre: a visit that passed nothing over which was not settled.
  Result<void> settle() const;

  // What the repository says of a target path, fetching delegated metadata that is not here yet. Code::not_found,
  // target.unknown: nothing. Before the first refresh: metadata.not_refreshed; when that is too long ago:
  // metadata.expired.
  Result<Target> find(std::string_view path, TufTime now);

  // All that the roles which targets delegates to say (of further ones none is asked), one role at a time, fetching
  // what is not here yet. is_wanted: by the version that the snapshot names; the others are passed over. Targets that a
  // role may not speak for are left out. Reasons as find()'s. After an Error, take has had some of them.
  using IsWanted = std::function<bool(const std::string& role, std::uint64_t version)>;
  using TakeRole =
      std::function<void(const std::string& role, std::uint64_t version, const std::map<std::string, Target>& targets)>;
  Result<void> visit(const IsWanted& is_wanted, const TakeRole& take, TufTime now);

  // Pre: a refresh succeeded.
  const TrustedMetadata& trusted() const { return trusted_; }

 private:
  TufClient(TrustedMetadata trusted, MetadataFolder state, FetchMetadata fetch)
      : trusted_(std::move(trusted)), state_(std::move(state)), fetch_(std::move(fetch)) {}
  Result<std::string> fetch(const std::string& name, std::uint64_t bytes_max) const;
  Result<std::string> recall(std::string_view role, std::uint64_t bytes_max) const;
  Result<std::string> recall_version(std::string_view role, std::uint64_t version, std::uint64_t bytes_max) const;
  Result<void> keep(std::string_view role, std::string_view json) const;
  Result<void> refresh_root(TrustedMetadata& next) const;
  Result<void> refresh_timestamp(TrustedMetadata& next, TufTime now) const;
  Result<void> refresh_snapshot(TrustedMetadata& next, TufTime now) const;
  Result<void> refresh_targets(TrustedMetadata& next, TufTime now) const;
  Result<void> recall_state(TrustedMetadata& next) const;
  Result<void> recall_settled(TrustedMetadata& next, std::string_view timestamp, TufTime now) const;
  Result<void> recall_latest(TrustedMetadata& next, TufTime now) const;
  struct Step;
  Result<const TargetsRole*> delegated(const Step& step, TufTime now);

  TrustedMetadata trusted_;
  std::map<std::string, Signed<TargetsRole>> roles_;  // the delegated ones that lookups met last, by parent and name
  bool is_refreshed_ = false;
  MetadataFolder state_;
  FetchMetadata fetch_;
};

}  // namespace stoa::registry
