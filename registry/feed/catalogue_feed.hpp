// catalogue_feed.hpp: keeps the signed metadata of a registry in step with its catalogue.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "registry/catalogue/public_store.hpp"
#include "registry/tuf/tuf_repository.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// Releases that are signed as revoked; bins without one are not parsed. data_loss "feed.fact": signed, and nothing that
// this version understands.
Result<std::vector<PublicRelease>> revoked_in(const TufRepository& repository);

// Every release that is signed, bin by bin. Errors: likewise, and take's.
Result<void> visit_told(const TufRepository& repository, const std::function<Result<void>(PublicRelease)>& take);

struct FeedOptions {
  std::filesystem::path folder;  // metadata/ and keys/ lie in it: made where they are not there
  // For a repository that is made now. Who begins to follow fetches each bin once; 256 keep those of 500,000 releases
  // under a megabyte.
  unsigned bins = 256;
  Lifetimes lifetimes = {};
  bool may_begin = true;  // false: something was signed before, so a repository that is not there was lost
};

// Threads: one at a time. Blocks on the disk, and signs. Reasons: those of TufRepository, file.*; of open(), each with
// the path: metadata.lost (nothing is made anew), metadata.broken, metadata.locked, keys.broken.
class CatalogueFeed {
 public:
  // Of the catalogue's own folder, and for the catalogue that lies in it: feed_opening.hpp.
  static Result<CatalogueFeed> open(const FeedOptions& options, TufTime now);

  // Up to where the audit log is told, by this process or the one before: what to ask a change since.
  const AuditHead& told_until() const { return told_until_; }
  // Up to where it was told when the metadata that is there was signed, by a mark that goes where the metadata goes. A
  // catalogue that has been there has lost nothing that was signed. No line: not known.
  const AuditHead& signed_until() const { return signed_until_; }
  // What of it is new, changed or gone; tells how many targets. Nothing is signed where nothing is. A change that is
  // not whole costs the bins of what it names, and no other. Pre: then it is one since told_until().
  Result<std::size_t> update(const PublicChange& change, TufTime now);
  // Of the last update: releases whose path was signed with other bytes. A version is one package for ever: what was
  // signed stays, and all else is told.
  const std::vector<std::string>& left_out() const { return left_out_; }
  // To be called several times within the timestamp's lifetime.
  Result<void> refresh(TufTime now);

  bool is_new() const { return is_new_; }  // begun by open()

  TufTime expires() const { return repository_.timestamp().expires; }
  std::optional<TufTime> signed_at() const { return repository_.timestamp().signed_at; }
  std::uint64_t version() const { return repository_.timestamp().version; }
  const TufRepository& repository() const { return repository_; }

 private:
  CatalogueFeed(TufRepository repository, std::vector<PrivateKey> keys, std::filesystem::path mark);
  std::vector<const PrivateKey*> signers() const;
  Result<std::size_t> tell_all(const PublicState& state, TufTime now);
  Result<std::size_t> tell(const PublicChange& change, TufTime now);
  Result<std::size_t> bring_about(const std::vector<TargetChange>& changes, TufTime now);
  void keep_mark();

  TufRepository repository_;
  std::vector<PrivateKey> keys_;
  std::filesystem::path mark_;  // told_mark.hpp
  AuditHead told_until_, signed_until_;
  std::int64_t marked_line_ = 0;
  bool is_new_ = false;
  std::vector<std::string> left_out_;
};

}  // namespace stoa::registry
