// catalogue_feed.hpp: keeps the signed metadata of a registry in step with its catalogue.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "registry/catalogue/public_store.hpp"
#include "registry/tuf/tuf_repository.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

struct FeedOptions {
  std::filesystem::path folder;  // metadata/ and keys/ lie in it: made where they are not there
  // For a repository that is made now. Who begins to follow fetches each bin once; 256 keep those of 500,000 releases
  // under a megabyte.
  unsigned bins = 256;
  Lifetimes lifetimes = {};
};

// Threads: one at a time. Blocks on the disk, and signs. Reasons: those of TufRepository, file.*, key.*.
class CatalogueFeed {
 public:
  static Result<CatalogueFeed> open(const FeedOptions& options, TufTime now);

  // What is new, changed or gone since the last time; tells how many targets. Nothing is signed where nothing is.
  Result<std::size_t> update(const PublicState& state, TufTime now);
  // To be called several times within the timestamp's lifetime.
  Result<void> refresh(TufTime now);

  TufTime expires() const { return repository_.timestamp().expires; }
  std::uint64_t version() const { return repository_.timestamp().version; }
  const TufRepository& repository() const { return repository_; }

 private:
  CatalogueFeed(TufRepository repository, std::vector<PrivateKey> keys);
  std::vector<const PrivateKey*> signers() const;
  Result<void> read_told();

  TufRepository repository_;
  std::vector<PrivateKey> keys_;
  bool is_read_ = false;                               // what was signed is in told_
  std::unordered_map<std::string, std::size_t> told_;  // path -> a hash of its facts
};

}  // namespace stoa::registry
