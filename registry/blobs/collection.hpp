// collection.hpp: taking away what nobody needs any more, and finding what is not as it should be.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "registry/blobs/blob_store.hpp"
#include "registry/blobs/upload.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

struct CollectionTerms {
  // Lifetime: outlives the call. Read from the catalogue not before now_ns - grace_ns: what was put or renewed since
  // then is kept whether it is in here or not, so that a publish has the grace to write down what it put.
  const std::set<Sha256>& live;
  std::int64_t now_ns = 0;
  std::int64_t grace_ns = 0;
  bool is_dry_run = false;  // only tells; whether somebody is reading a blob is not looked at
};

struct Collection {
  std::vector<Blob> removed;
  std::vector<UploadStatus> expired;
  std::vector<std::string> leftovers;  // of processes that died, below the root
  std::uint64_t bytes = 0;             // of all these
  std::size_t kept_live = 0, kept_young = 0, kept_in_use = 0;
};

// Never removes what is being put, read, uploaded or finished, in whatever process. Killed anywhere it has removed some
// of what it would have removed, and the next one removes the rest. An Error stops it: those of BlobStore.
Result<Collection> collect(const BlobStore& store, const Uploads& uploads, const CollectionTerms& terms);

struct BlobFinding {
  enum class Kind {
    damaged,     // the bytes are not the name's: moved to damaged/
    stray,       // something that the store did not put there: moved to damaged/
    leftover,    // of a process that died, or expired: removed
    unreadable,  // the disk does not give the bytes: left, since another try may
  };
  Kind kind = Kind::stray;
  std::string place;  // below the root
  std::uint64_t bytes = 0;
  std::string message;    // for people: what is wrong, or why it could not be put in order
  bool is_fixed = false;  // moved or removed
};

struct CheckTerms {
  std::int64_t now_ns = 0;
  bool is_fix = false;
};

struct BlobCheck {
  std::size_t blobs = 0;  // whose bytes are right
  std::uint64_t bytes = 0;
  std::vector<BlobFinding> findings;
};

// Reads every blob. While others use the store: a blob that is replaced meanwhile by a sound one stays.
Result<BlobCheck> check_blobs(const BlobStore& store, const Uploads& uploads, const CheckTerms& terms);

}  // namespace stoa::registry
