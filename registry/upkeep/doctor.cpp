// doctor.cpp: catalogue first, then what it needs of the blobs, then what nobody needs.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "registry/blobs/collection.hpp"
#include "registry/feed/feed_folder.hpp"
#include "registry/upkeep/catalogue_copy.hpp"
#include "registry/upkeep/diagnosis.hpp"

namespace stoa::registry {
namespace {

std::string subject_of(const ReleaseRecord& release) { return release.plugin + " " + release.version; }
std::string publisher_of(const ReleaseRecord& release) { return release.plugin.substr(0, release.plugin.find('/')); }

const char* reason_of(BlobFinding::Kind kind) {
  switch (kind) {
    case BlobFinding::Kind::damaged:
      return "blob.damaged";
    case BlobFinding::Kind::stray:
      return "blob.stray";
    case BlobFinding::Kind::leftover:
      return "blob.leftover";
    case BlobFinding::Kind::unreadable:
      break;
  }
  return "blob.unreadable";
}

class Doctor {
 public:
  // publishing: who mends; null: nothing is changed.
  Doctor(std::filesystem::path folder, DoctorTerms terms, Publishing* publishing)
      : folder_(std::move(folder)), terms_(std::move(terms)), publishing_(publishing) {}

  Result<Diagnosis> run() {
    auto copies = TemporaryFolder::create();
    if (!copies) return std::unexpected(copies.error());
    // Uploads before the catalogue, so that each one's draft is in the copy, and the catalogue before blobs.
    auto store = open_store();
    if (!store) return std::unexpected(store.error());
    Uploads uploads(**store, {});
    auto known = uploads.list();
    if (!known) return std::unexpected(known.error());
    uploads_ = std::move(*known);
    // Before the catalogue: what was signed of it by now is in the copy.
    feed_ = look_at_feed(folder_);
    const auto copy = copies->path() / kCatalogueFile;
    if (auto copied = copy_catalogue(folder_, copy); !copied) return unreadable_catalogue(copied.error());
    auto catalogue = open_copy(copy, registry_key(), terms_.now_ms);
    if (!catalogue) return unreadable_catalogue(catalogue.error());
    if (auto ok = examine(**catalogue); !ok) return std::unexpected(ok.error());
    auto releases = all_releases(**catalogue);
    if (!releases) return unreadable_catalogue(releases.error());
    releases_ = std::move(*releases);
    found_.releases = releases_.size();
    if (auto ok = metadata(**catalogue); !ok) return std::unexpected(ok.error());
    auto outcomes = (*catalogue)->outcomes_of_evaluations();
    if (!outcomes) return unreadable_catalogue(outcomes.error());
    outcomes_ = std::move(*outcomes);
    if (auto ok = blobs(**store, uploads); !ok) return std::unexpected(ok.error());
    if (auto ok = packages(**catalogue, **store); !ok) return std::unexpected(ok.error());
    if (auto ok = kept_outcomes(**store); !ok) return std::unexpected(ok.error());
    // A catalogue that is not whole may have forgotten what it needs: then nothing is taken away.
    if (!is_catalogue_whole_) return std::move(found_);
    if (auto ok = drafts(**catalogue, uploads); !ok) return std::unexpected(ok.error());
    if (auto ok = orphans(**store, uploads); !ok) return std::unexpected(ok.error());
    return std::move(found_);
  }

 private:
  bool is_fix() const { return publishing_ != nullptr; }
  std::int64_t now_ns() const { return terms_.now_ms * 1'000'000; }
  void found(Ailment ailment) { found_.ailments.push_back(std::move(ailment)); }

  // Asked before a store is made where there was none.
  Result<std::unique_ptr<BlobStore>> open_store() {
    std::error_code error;
    if (!std::filesystem::is_regular_file(folder_ / kCatalogueFile, error))
      return failure(Code::not_found, "file.not_found",
                     (folder_ / kCatalogueFile).string() + ": there is no catalogue, so this is no registry");
    return BlobStore::open(folder_ / kBlobsFolder);
  }

  // What the file itself is, is a finding; all else (a full disk, no rights) is an error of this look.
  Result<Diagnosis> unreadable_catalogue(const Error& error) {
    if (error.reason != "database.corrupt" && error.code != Code::data_loss) return std::unexpected(error);
    found({error.reason, kCatalogueFile, error.message});
    return std::move(found_);
  }

  PrivateKey registry_key() {
    auto key = read_registry_key(folder_);
    if (key) return std::move(*key);
    found({"registry.key", kRegistryKeyFile, key.error().message});
    has_key_ = false;
    return PrivateKey::generate();
  }

  Result<void> examine(Catalogue& catalogue) {
    const auto whole = catalogue.examine(terms_.remembered);
    if (whole) {
      found_.audit = whole->audit;
      found_.alias_steps = whole->alias_steps;
      return {};
    }
    if (whole.error().code != Code::data_loss) return std::unexpected(whole.error());
    // Without the key nothing can be said of who signed the steps.
    if (whole.error().reason == "alias.broken" && !has_key_) return {};
    is_catalogue_whole_ = false;
    found({whole.error().reason, kCatalogueFile, whole.error().message});
    return {};
  }

  // The catalogue is the older one only where it was restored: then it has forgotten acts, and which ones is known of
  // those alone that were signed.
  Result<void> metadata(Catalogue& catalogue) {
    for (FeedFinding& one : feed_.findings) found({one.reason, one.place, one.message});
    if (feed_.state == FeedState::none) {
      const auto is_begun = catalogue.has_metadata();
      if (!is_begun) return std::unexpected(is_begun.error());
      if (*is_begun) found({"metadata.lost", "metadata/timestamp.json", lost_feed(folder_).message});
    }
    std::map<std::string_view, const ReleaseRecord*> by_id;
    for (const ReleaseRecord& release : releases_) by_id.emplace(release.id.text, &release);
    for (const PublicRelease& told : feed_.told) {
      const auto known = by_id.find(told.id.text);
      const std::string subject = told.plugin + " " + told.version;
      if (known == by_id.end())
        found({"metadata.ahead", subject,
               fmt::format("was signed as {}, and the catalogue does not have it: it is from before",
                           name_of(told.state))});
      else if (told.state == ReleaseState::revoked && known->second->state != ReleaseState::revoked)
        found({"metadata.revoked", subject,
               fmt::format("was signed as revoked, and in the catalogue it is {}: it is from before",
                           name_of(known->second->state))});
    }
    return {};
  }

  Result<void> blobs(const BlobStore& store, const Uploads& uploads) {
    for (const ReleaseRecord& release : releases_) needed_[release.package_sha256].push_back(&release);
    const auto checked = check_blobs(store, uploads, {now_ns(), is_fix()});
    if (!checked) return std::unexpected(checked.error());
    found_.blobs = checked->blobs;
    found_.blob_bytes = checked->bytes;
    for (const BlobFinding& one : checked->findings) {
      if (is_finished_upload(one.place)) continue;
      Ailment ailment{reason_of(one.kind), one.place, one.message, one.bytes, one.is_fixed};
      const auto digest = sha256_from_hex(std::string_view(one.place).substr(one.place.rfind('/') + 1));
      if (digest && (one.kind == BlobFinding::Kind::damaged || one.kind == BlobFinding::Kind::unreadable)) {
        bad_.insert(*digest);
        // Out of the way is not mended: the package is still missing.
        if (const auto needed = needed_.find(*digest); needed != needed_.end() && is_owed(*needed->second.front())) {
          ailment.message += ", and it is the package of " + subject_of(*needed->second.front());
          ailment.is_mended = false;
        }
      }
      found(std::move(ailment));
    }
    return {};
  }

  // Its last file only answers who asks again; that it expires is no ailment.
  bool is_finished_upload(std::string_view place) const {
    return std::ranges::any_of(uploads_, [&](const UploadStatus& upload) {
      return upload.is_finished && place == "uploads/" + upload.id.text();
    });
  }

  // Of a draft the bytes may still be on their way.
  static bool is_owed(const ReleaseRecord& release) { return release.state != ReleaseState::draft; }

  Result<void> packages(Catalogue& catalogue, const BlobStore& store) {
    std::map<std::string, std::vector<SubmissionKey>> keys;
    for (const auto& [digest, releases] : needed_) {
      if (bad_.contains(digest)) continue;
      for (const ReleaseRecord* release : releases) {
        if (!is_owed(*release)) continue;
        const std::string owner = publisher_of(*release);
        if (!keys.contains(owner)) {
          auto known = submission_keys(catalogue, owner);
          if (!known) return std::unexpected(known.error());
          keys.emplace(owner, std::move(*known));
        }
        if (auto ok = package(catalogue, store, *release, keys[owner]); !ok) return ok;
      }
    }
    return {};
  }

  Result<void> package(Catalogue& catalogue, const BlobStore& store, const ReleaseRecord& release,
                       const std::vector<SubmissionKey>& keys) {
    const auto file = store.open_blob(release.package_sha256);
    if (!file && file.error().code == Code::not_found) {
      found({"blob.missing", subject_of(release),
             fmt::format("the package {} is not there, the release is {}", to_hex(release.package_sha256),
                         name_of(release.state))});
      return {};
    }
    if (!file) return std::unexpected(file.error());
    // What is served has to carry a signature that counts; of all else only that it is what the catalogue says.
    const auto opened = inspect_submission(fmt::format("/proc/self/fd/{}", file->fd()), keys);
    if (!opened) {
      found({"package.broken", subject_of(release), opened.error().reason + ": " + opened.error().message});
      return {};
    }
    const auto whole = catalogue.release(release.id);
    if (!whole) return std::unexpected(whole.error());
    if (opened->manifest_json() != whole->manifest)
      found({"package.manifest", subject_of(release), "the catalogue has another manifest than its package"});
    if (!is_servable(release.state)) return {};
    ++found_.packages;
    if (const auto trusted = require_trusted(*opened); !trusted)
      found({"package.signature", subject_of(release), trusted.error().reason + ": " + trusted.error().message});
    return {};
  }

  Result<void> kept_outcomes(const BlobStore& store) {
    for (const Sha256& digest : outcomes_) {
      const auto there = store.find(digest);
      if (there) continue;
      if (there.error().code != Code::not_found) return std::unexpected(there.error());
      found({"blob.missing", to_hex(digest), "the outcomes of an evaluation are not there"});
    }
    return {};
  }

  // why: as the audit log has it, too.
  void drop(const ReleaseRecord& draft, const char* reason, std::string_view why) {
    Ailment ailment{reason, subject_of(draft),
                    fmt::format("draft {} was announced {} s ago, and {}", draft.id.text,
                                (terms_.now_ms - draft.created_ms) / 1000, why)};
    if (is_fix()) {
      const auto dropped = publishing_->drop_draft(Actor::registry(), draft.id, why);
      if (!dropped) ailment.message += "; " + dropped.error().message;
      ailment.is_mended = dropped.has_value();
    }
    found(std::move(ailment));
    std::erase_if(releases_, [&](const ReleaseRecord& one) { return one.id == draft.id; });
  }

  // Nobody can submit them any more.
  Result<std::vector<ReleaseRecord>> taken_drafts(Catalogue& catalogue, std::int64_t before_ms) {
    std::vector<ReleaseRecord> taken;
    for (const ReleaseRecord& one : releases_) {
      if (one.state != ReleaseState::draft || one.created_ms > before_ms) continue;
      const auto gone = catalogue.is_version_gone(one);
      if (!gone) return std::unexpected(gone.error());
      if (*gone) taken.push_back(one);
    }
    return taken;
  }

  Result<void> drafts(Catalogue& catalogue, Uploads& uploads) {
    const std::int64_t before_ms = terms_.now_ms - terms_.grace_ms;
    const auto taken = taken_drafts(catalogue, before_ms);
    if (!taken) return std::unexpected(taken.error());
    for (const ReleaseRecord& draft : *taken) drop(draft, "draft.taken", kVersionGone);
    for (const ReleaseRecord& draft : lost_drafts(releases_, uploads_, before_ms, terms_.now_ms))
      drop(draft, "draft.lost", "no upload brings its package");
    for (const UploadStatus& upload : lost_uploads(releases_, uploads_, terms_.now_ms)) {
      // It goes with its draft.
      if (std::ranges::any_of(*taken, [&](const ReleaseRecord& one) { return brings(upload, one); })) continue;
      // Somebody may just have announced these bytes again, and gone on with it.
      const auto last_ns = upload.expires_ns - UploadPolicy{}.idle_ns_max;
      if (last_ns > now_ns() - terms_.grace_ms * 1'000'000) continue;
      Ailment ailment{"upload.lost", "uploads/" + upload.id.text(),
                      fmt::format("{} of {} bytes of {}, and no draft wants them", upload.offset, upload.terms.size,
                                  upload.terms.owner),
                      upload.offset};
      if (is_fix()) {
        const auto aborted = uploads.abort({upload.id, upload.terms.owner});
        if (!aborted) ailment.message += "; " + aborted.error().message;
        ailment.is_mended = aborted.has_value();
      }
      found(std::move(ailment));
    }
    return {};
  }

  Result<void> orphans(const BlobStore& store, const Uploads& uploads) {
    std::set<Sha256> live;
    const auto add = [&live](const std::vector<ReleaseRecord>& releases) {
      for (const ReleaseRecord& release : releases) live.insert(release.package_sha256);
    };
    // Anew where something may have changed since the copy, and what the copy had besides: it is a look, not a lock.
    if (is_fix()) {
      const auto now = publishing_->with_catalogue([](Catalogue& catalogue) { return all_releases(catalogue); });
      if (!now) return std::unexpected(now.error());
      add(*now);
      const auto outcomes =
          publishing_->with_catalogue([](Catalogue& catalogue) { return catalogue.outcomes_of_evaluations(); });
      if (!outcomes) return std::unexpected(outcomes.error());
      live.insert(outcomes->begin(), outcomes->end());
    }
    add(releases_);
    live.insert(outcomes_.begin(), outcomes_.end());
    const auto collection = collect(store, uploads, {live, now_ns(), terms_.grace_ms * 1'000'000, !is_fix()});
    if (!collection) return std::unexpected(collection.error());
    for (const Blob& blob : collection->removed)
      if (!bad_.contains(blob.digest))
        found({"blob.orphaned", to_hex(blob.digest), "no release and no evaluation needs these bytes", blob.size,
               is_fix()});
    return {};
  }

  const std::filesystem::path folder_;
  const DoctorTerms terms_;
  Publishing* const publishing_;
  Diagnosis found_;
  FeedLook feed_;
  std::vector<UploadStatus> uploads_;
  std::vector<ReleaseRecord> releases_;
  std::vector<Sha256> outcomes_;                                // that evaluations name
  std::map<Sha256, std::vector<const ReleaseRecord*>> needed_;  // into releases_, until drafts() shortens it
  std::set<Sha256> bad_;
  bool is_catalogue_whole_ = true, has_key_ = true;
};

}  // namespace

bool Diagnosis::is_healthy() const { return std::ranges::all_of(ailments, &Ailment::is_mended); }

Result<Diagnosis> examine_registry(const std::filesystem::path& folder, const DoctorTerms& terms) {
  return Doctor(folder, terms, nullptr).run();
}

Result<Diagnosis> mend_registry(Publishing& publishing, const DoctorTerms& terms) {
  return Doctor(publishing.folder(), terms, &publishing).run();
}

}  // namespace stoa::registry
