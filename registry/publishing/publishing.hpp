// publishing.hpp: a package's way from a publisher's chunks to a checked release: uploads, blobs, checks and catalogue.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "registry/blobs/upload.hpp"
#include "registry/catalogue/catalogue.hpp"
#include "registry/checks/check.hpp"
#include "registry/document/file.hpp"
#include "registry/names/name_policy.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

struct PublishingOptions {
  std::filesystem::path folder;  // catalogue.db, blobs/, registry.key.pem: made where they are not there
  std::function<std::int64_t()> now_ms;
  CataloguePolicy catalogue = {};
  CheckPolicy checks = {};
  HostChecks host = {};
  UploadPolicy uploads = {};
};

struct Announced {
  ReleaseRecord release;
  std::optional<UploadStatus> upload;  // nothing: the registry has these bytes already, submit can follow at once
};

// What ties an upload to its draft: no id, so that neither has to be written when the other changes.
bool brings(const UploadStatus& upload, const ReleaseRecord& draft);
// Drafts made until before_ms that no upload is under way for: their packages do not come, and they count against a
// quota all the same. Pre: the uploads were listed before the drafts were read, or before_ms is well in the past.
std::vector<ReleaseRecord> lost_drafts(const std::vector<ReleaseRecord>& drafts,
                                       const std::vector<UploadStatus>& uploads, std::int64_t before_ms,
                                       std::int64_t now_ms);
// Why a draft is dropped that nobody can submit any more: Catalogue::is_version_gone().
inline constexpr std::string_view kVersionGone = "its version is another package's for ever";
// Uploads without a draft: neither finished nor expired, and no draft announces their bytes. One that has just begun is
// one of them until its draft is durable.
std::vector<UploadStatus> lost_uploads(const std::vector<ReleaseRecord>& drafts,
                                       const std::vector<UploadStatus>& uploads, std::int64_t now_ms);

// Threads: any. Blocks on disks: never on an I/O thread. Lock: one act on the catalogue at a time; none is held while
// bytes are received or checks run.
class Publishing {
 public:
  // One process at a time has a registry open: another is told failed_precondition "registry.in_use".
  static Result<std::unique_ptr<Publishing>> open(PublishingOptions options);

  // Calls use(Catalogue&) alone. Short: everybody waits for it.
  template <class Use>
  auto with_catalogue(Use&& use) {
    const std::lock_guard lock(mutex_);
    return use(*catalogue_);
  }

  // ---- drafts: publishing_drafts.cpp
  // The same announcement again finds its draft and goes on with its upload: whoever lost their ids loses nothing else.
  // Errors: the catalogue's of a draft and those of Uploads::begin; then there is no draft that was not there before.
  Result<Announced> announce(const Actor& actor, const NewRelease& release);
  // Its upload goes with it, unless another draft announces the same bytes.
  Result<void> drop_draft(const Actor& actor, const ReleaseId& id, std::string_view because = kNeverCame);
  // An upload is its publisher's and the admins'.
  Result<UploadStatus> append(const Actor& actor, const UploadId& id, const UploadChunk& chunk);
  Result<UploadStatus> upload(const Actor& actor, const UploadId& id);
  // The bytes are whole: they become a blob, the draft a submitted release. Reads the package once. Where another
  // release has the version meanwhile, release.version_taken or release.exists: of one that was published, the draft
  // goes with the refusal (it can never be submitted, and would count against the quota); of one that may yet be
  // rejected, it stays, and can be submitted then.
  Result<ReleaseRecord> submit(const Actor& actor, const ReleaseId& id, const std::optional<UploadId>& upload);
  // The chain of checks of a submitted release; what it says decides its next state. Takes as long as its golden cases.
  Result<ReleaseRecord> check(const ReleaseId& id);
  // Releases that a stopped process left between submit and the end of their checks.
  Result<std::vector<ReleaseId>> unchecked();

  // The package of a release that this actor may have: released ones anybody, others their publisher and operators.
  Result<Blob> find_package(const std::optional<Actor>& actor, const Sha256& digest);
  // For a host that serves it: verified against the publisher's keys, and refused unless one of them signed it.
  Result<Package> verified_package(const Sha256& digest);
  const BlobStore& blobs() const { return *blobs_; }
  const std::filesystem::path& folder() const { return options_.folder; }
  std::int64_t now_ms() const { return options_.now_ms(); }

 private:
  Publishing(PublishingOptions options, File lock, std::unique_ptr<BlobStore> blobs);
  std::int64_t now_ns() const { return options_.now_ms() * 1'000'000; }
  Result<std::optional<UploadStatus>> upload_under_way(const UploadTerms& terms);
  Result<Blob> finish_or_drop(const UploadKey& key, const Sha256& expected);
  Result<void> drop_with_upload(Catalogue& catalogue, const Actor& actor, const ReleaseId& id,
                                std::string_view because);
  Result<UploadKey> upload_key(const Actor& actor, const UploadId& id);
  Result<Package> open_package(const Sha256& digest, const std::vector<SubmissionKey>& keys);
  Result<Submission> submission_of(const ReleaseRecord& release);
  Result<std::vector<SubmissionKey>> keys_of(const std::string& publisher);
  struct Opened {
    Result<Package> package;
    std::vector<SubmissionKey> keys;
  };
  Result<Opened> open_submission(const Sha256& digest, const std::string& publisher);

  PublishingOptions options_;
  File lock_;
  std::unique_ptr<BlobStore> blobs_;
  Uploads uploads_;
  std::mutex mutex_;
  std::unique_ptr<Catalogue> catalogue_;         // Lock: mutex_
  NameIndex namespaces_{NameScope::namespaces};  // Lock: mutex_
};

// All keys of a publisher as the checks want them, those that do not count any more among them.
Result<std::vector<SubmissionKey>> submission_keys(Catalogue& catalogue, const std::string& publisher);

}  // namespace stoa::registry
