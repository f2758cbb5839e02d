// tuf_repository.hpp: makes and keeps the folder of signed metadata that others follow.
// Source: the TUF specification 1.0, section 6. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "registry/document/file.hpp"
#include "registry/tuf/metadata.hpp"
#include "registry/tuf/metadata_folder.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// Releases lie in hashed bins: delegated roles, each for the target paths whose SHA-256 starts with its prefixes.
// Rationale: in one targets.json, 10,000 plugins x 50 versions are 89 MB that change with every release; with 1024 bins
// a release changes 87 kB, a snapshot of 30 kB and the timestamp. Delegation by publisher was rejected: its
// targets.json grows and is signed anew with every publisher (so the targets key could not stay offline), one large
// publisher is one large file again, and tuf-js reads roles and targets in time quadratic in their number. Who made a
// package is proved by the package's own signature. path_hash_prefixes, not the succinct_roles of TAP 15: they are in
// the specification, so everybody reads them.
inline constexpr unsigned kDefaultBins = 1024, kBinsMax = 4096;

// Who may sign for a role.
struct SigningRule {
  std::vector<PublicKey> keys;
  std::uint64_t threshold = 1;
};

struct SigningRules {
  SigningRule root, timestamp, snapshot, targets, releases;  // releases: the bins
};

struct RotatedRules {
  std::optional<SigningRule> root = {}, timestamp = {}, snapshot = {}, targets = {}, releases = {};
};

// From signing to expiry. The timestamp's bounds how long a follower can be kept from news without noticing.
struct Lifetimes {
  std::chrono::seconds root = std::chrono::days(365), timestamp = std::chrono::days(1), snapshot = std::chrono::days(7),
                       targets = std::chrono::days(365), releases = std::chrono::days(90);
};

// The private keys at hand, in any order, for any roles. Lifetime: for the call.
using Signers = std::span<const PrivateKey* const>;

struct RepositoryDraft;

// A target that is new or whose facts changed; without target: one that goes away.
struct TargetChange {
  std::string path;
  std::optional<Target> target;
};

// Readers see the state before a call or the state after it: a state's files have names of their own (N.snapshot.json),
// and timestamp.json, which names the state, is replaced last. So does a reader after a crash.
// Threads: one at a time. Lock: the folder's, against a second writer.
// Reasons: metadata.signers (fewer keys of a role at hand than its threshold; nothing was written), metadata.rules,
// metadata.length (a file over what readers take; nothing was written), file.*; of open() and look(), with the file's
// path: those of parse_*, metadata.signature, metadata.mix.
class TufRepository {
 public:
  // In a folder that holds no repository: metadata.exists.
  static Result<TufRepository> create(const std::filesystem::path& folder, const SigningRules& rules, unsigned bins,
                                      const Lifetimes& lifetimes, Signers signers, TufTime now);
  static Result<TufRepository> open(const std::filesystem::path& folder, const Lifetimes& lifetimes);
  // To look at alone, beside a writer: takes no lock and writes nothing. Verifies every root that a follower may start
  // from. Pre: nothing is asked of it that signs.
  static Result<TufRepository> look(const std::filesystem::path& folder);

  // All changes or none. Signs with releases, snapshot, timestamp. A path's bytes never change: target.changed.
  // Other reasons: target.path, target.facts (too many or too long, or no text), target.unknown (one that goes away but
  // was not there).
  Result<void> publish(std::span<const TargetChange> changes, Signers signers, TufTime now);

  // The same for changes of which some may be so already: those are left out, and what goes away need not be there.
  // Tells how many were left; nothing is signed where none is. other_bytes: where it is given, a path that has other
  // bytes already keeps them, and is named there instead of ending all the others with target.changed. before_they_go:
  // is told of what goes away, as it was signed, before anything is written; its error ends the call.
  using Farewell = std::function<Result<void>(const std::vector<TargetChange>& gone)>;
  Result<std::size_t> bring_about(std::span<const TargetChange> changes, Signers signers, TufTime now,
                                  std::vector<std::string>* other_bytes = nullptr, const Farewell& before_they_go = {});

  // Signs anew what has used up two thirds of its lifetime, as far as keys for it are at hand, and the timestamp in any
  // case. To be called several times within the timestamp's lifetime: a call signs 64 bins at most, unless half of what
  // they had left then is gone too.
  Result<void> refresh(Signers signers, TufTime now);

  // The next root, with these rules in place of the old ones, and what they sign. Needs root keys for the old and the
  // new rule. Where the old keys of the other roles are at hand too, readers notice nothing; where they are lost,
  // readers between two renames are refused (metadata.signature) and come again.
  Result<void> rotate(const RotatedRules& rules, Signers signers, TufTime now);

  Result<std::optional<Target>> find(std::string_view path) const;
  // Every target, bin by bin: one is in memory at a time. with_word: bins without these bytes are left out, unparsed.
  Result<void> visit(const std::function<void(const std::string& path, const Target& target)>& take,
                     std::string_view with_word = {}) const;

  // Removes files of states older than the last snapshots_kept, which no reader that took its time still asks for.
  // Roots stay for ever. Returns how many went.
  Result<std::size_t> prune(std::uint64_t snapshots_kept);

  const RootRole& root() const { return root_.role; }
  const TimestampRole& timestamp() const { return timestamp_; }
  const SnapshotRole& snapshot() const { return snapshot_; }
  const TargetsRole& targets() const { return targets_; }
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  TufRepository(MetadataFolder folder, const Lifetimes& lifetimes)
      : folder_(std::move(folder)), lifetimes_(lifetimes) {}
  Result<void> load();
  Result<void> load_state(const std::optional<RootRole>& before);
  std::string file_of_bin(const std::string& name) const;
  Result<TargetsRole> load_bin(const std::string& name) const;
  Result<std::vector<std::string>> worn_bins(TufTime now);
  Result<bool> stage(const TargetChange& change, TargetsRole& bin) const;
  Result<void> check_signers(const RepositoryDraft& draft, Signers signers) const;
  // Of a clock that went back: what is signed expires no earlier than what it replaces.
  TufTime not_before_last(TufTime now) const;
  Result<void> commit(RepositoryDraft draft, Signers signers, TufTime clock);
  Result<void> write_state(RepositoryDraft draft, Signers signers, TufTime now);
  Result<FileFact> write_signed(std::string_view role, std::uint64_t version, std::string_view bytes,
                                const std::vector<const RoleRule*>& rules, Signers signers) const;
  Result<void> write_root(const Signed<RootRole>& root);

  MetadataFolder folder_;
  Lifetimes lifetimes_;
  Signed<RootRole> root_;
  TimestampRole timestamp_;
  SnapshotRole snapshot_;
  TargetsRole targets_;
  // Signed by the keys of the root before this one: a crash fell into a rotation. The next commit signs them anew.
  bool has_old_targets_ = false, has_old_snapshot_ = false;
  std::map<std::string, TufTime> bins_expire_;  // those looked at or written so far
};

}  // namespace stoa::registry
