// upload.hpp: blobs on their way, resumable after a lost connection, a crash or a restart.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "registry/blobs/blob_store.hpp"
#include "registry/blobs/upload_terms.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

struct UploadPolicy {
  std::int64_t idle_ns_max = std::int64_t{24} * 3600 * 1'000'000'000;  // since the last append; finished: since then
  std::uint64_t unfinished_max = 1024;                                 // of all owners: each begin() looks at them
};

// What one owner may have. Its stored bytes are known to the caller's catalogue.
struct UploadQuota {
  std::uint64_t bytes_max = 0;  // stored ones and the declared sizes of unfinished uploads together
  std::uint64_t stored_bytes = 0;
  std::uint64_t uploads_max = 8;  // unfinished
};

// An upload is its owner's: shown with another owner it is upload.not_found.
struct UploadKey {
  UploadId id;
  std::string owner;
};

struct UploadStatus {
  UploadId id;
  UploadTerms terms;
  std::uint64_t offset = 0;  // where to go on
  std::int64_t expires_ns = 0;
  bool is_finished = false;  // terms.digest is the blob
};

struct UploadChunk {
  std::uint64_t offset = 0;
  std::span<const std::byte> bytes;
};

// State lies in files of the store's uploads/ alone, <id>.terms and <id>.bytes:
//   both: unfinished, the offset is the size of .bytes    .terms only: finished    .bytes only: left by a crash
//
// Threads, processes: any number of both. One call at a time works on an upload, another gets upload.busy. Lock: the
// folder's to begin, abort or expire; that of .bytes to append or finish; in this order. Time is the caller's.
// Lifetime: the store outlives it. Reasons: upload.* as said here, those of BlobStore, file.no_space for a full disk.
class Uploads {
 public:
  Uploads(const BlobStore& store, UploadPolicy policy) : store_(store), policy_(policy) {}

  // upload.owner, upload.too_large, upload.quota, upload.too_many. Removes what expired.
  Result<UploadStatus> begin(const UploadTerms& terms, const UploadQuota& quota, std::int64_t now_ns);
  // Durable when it returns; after an Error the offset is what it was. A chunk that is wholly there already, with the
  // same bytes, is accepted again. upload.offset: the chunk begins elsewhere, the message and status() say where to go
  // on; upload.different: bytes that are there already are others; upload.too_large: more than declared;
  // upload.finished.
  Result<UploadStatus> append(const UploadKey& key, const UploadChunk& chunk, std::int64_t now_ns);
  // upload.not_found; upload.expired.
  Result<UploadStatus> status(const UploadKey& key, std::int64_t now_ns) const;
  // The blob, durable, and the upload finished. May be asked again until the upload expires, by who did not hear the
  // answer: the blob is renewed then. upload.incomplete; upload.digest_mismatch: the bytes, or those announced to
  // begin(), are others, and the upload stays for its owner to abort.
  Result<Blob> finish(const UploadKey& key, const Sha256& expected, std::int64_t now_ns);
  // upload.busy while somebody appends or finishes.
  Result<void> abort(const UploadKey& key);

  // Of all owners, expired ones too, in the order of their ids.
  Result<std::vector<UploadStatus>> list() const;
  // Removes what expired, and what a process that died left. A dry run only tells.
  struct Swept {
    std::vector<UploadStatus> expired;
    std::vector<std::string> leftovers;  // names in uploads/
    std::vector<std::string> strays;     // names of nothing here, and terms that are damaged: left where they are
    std::uint64_t bytes = 0;
  };
  Result<Swept> sweep(std::int64_t now_ns, bool is_dry_run) const;

 private:
  // How far the bytes of an upload are hashed. Lost with the process: then finish() reads what is there.
  struct Progress {
    std::uint64_t hashed = 0;
    Sha256Stream stream;
  };
  struct OpenUpload {
    UploadTerms terms;
    File bytes;  // locked
    std::uint64_t offset = 0;
  };
  std::int64_t expiry_ns(std::int64_t last_ns) const;
  Result<UploadStatus> look(const UploadId& id) const;
  Result<UploadStatus> find(const UploadKey& key, std::int64_t now_ns) const;
  Result<OpenUpload> open(const UploadKey& key, std::int64_t now_ns) const;
  Result<void> write_terms(const UploadId& id, const UploadTerms& terms, std::int64_t now_ns) const;
  Result<void> create_files(const UploadId& id, const UploadTerms& terms, std::int64_t now_ns) const;
  Result<bool> remove_files(const UploadId& id, std::int64_t modified_before_ns) const;
  Result<Swept> sweep_locked(std::int64_t now_ns, bool is_dry_run) const;
  std::optional<Progress> take_progress(const UploadId& id);
  void keep_progress(const UploadId& id, Progress progress);

  const BlobStore& store_;
  const UploadPolicy policy_;
  std::mutex mutex_;
  std::map<UploadId, Progress> progress_;  // Lock: mutex_
};

}  // namespace stoa::registry
