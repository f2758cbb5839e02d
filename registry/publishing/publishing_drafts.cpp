// publishing_drafts.cpp: drafts and the uploads that belong to them. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "registry/catalogue/release_rules.hpp"
#include "registry/publishing/publishing.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kAll = 1'000'000;

Result<std::vector<ReleaseRecord>> drafts_of(Catalogue& catalogue, const std::string& plugin) {
  ReleaseFilter filter;
  filter.plugin = plugin;
  filter.state = ReleaseState::draft;
  filter.most = kAll;
  return catalogue.releases(filter);
}

// Those that announce the same bytes of the same version.
Result<std::vector<ReleaseRecord>> drafts_like(Catalogue& catalogue, const NewRelease& announced) {
  auto drafts = drafts_of(catalogue, announced.plugin);
  if (!drafts) return drafts;
  std::erase_if(*drafts, [&](const ReleaseRecord& one) {
    return one.version != announced.version || one.package_sha256 != announced.package_sha256 ||
           one.package_bytes != announced.package_bytes;
  });
  return drafts;
}

}  // namespace

bool brings(const UploadStatus& upload, const ReleaseRecord& draft) {
  return upload.terms.digest == draft.package_sha256 && upload.terms.owner == publisher_of(draft.plugin);
}

std::vector<ReleaseRecord> lost_drafts(const std::vector<ReleaseRecord>& drafts,
                                       const std::vector<UploadStatus>& uploads, std::int64_t before_ms,
                                       std::int64_t now_ms) {
  std::vector<ReleaseRecord> lost;
  for (const ReleaseRecord& draft : drafts) {
    const bool is_awaited = std::ranges::any_of(uploads, [&](const UploadStatus& upload) {
      return upload.expires_ns >= now_ms * 1'000'000 && brings(upload, draft);
    });
    if (draft.state == ReleaseState::draft && draft.created_ms <= before_ms && !is_awaited) lost.push_back(draft);
  }
  return lost;
}

std::vector<UploadStatus> lost_uploads(const std::vector<ReleaseRecord>& drafts,
                                       const std::vector<UploadStatus>& uploads, std::int64_t now_ms) {
  std::vector<UploadStatus> lost;
  for (const UploadStatus& upload : uploads) {
    if (upload.is_finished || upload.expires_ns < now_ms * 1'000'000) continue;
    const bool is_wanted = std::ranges::any_of(drafts, [&](const ReleaseRecord& draft) {
      return draft.state == ReleaseState::draft && brings(upload, draft);
    });
    if (!is_wanted) lost.push_back(upload);
  }
  return lost;
}

// Renewed, so that nothing takes it away from under who goes on with it.
Result<std::optional<UploadStatus>> Publishing::upload_under_way(const UploadTerms& terms) {
  const auto all = uploads_.list();
  if (!all) return std::unexpected(all.error());
  for (const UploadStatus& upload : *all) {
    if (upload.is_finished || upload.terms != terms || upload.expires_ns < now_ns()) continue;
    auto renewed = uploads_.append({upload.id, terms.owner}, {upload.offset, {}}, now_ns());
    if (renewed) return std::move(*renewed);
    if (renewed.error().reason == "upload.busy" || renewed.error().reason == "upload.offset") return upload;
  }
  return std::nullopt;
}

// The upload before its draft is durable: what a full disk stops then is taken back by removing files, which needs no
// room, and what a killed process leaves is an upload that nobody wants (lost_uploads). The other way round it would be
// a draft that counts against the quota for ever.
Result<Announced> Publishing::announce(const Actor& actor, const NewRelease& release) {
  const std::string owner(publisher_of(release.plugin));
  const UploadTerms terms{.owner = owner, .size = release.package_bytes, .digest = release.package_sha256};
  return with_catalogue([&](Catalogue& catalogue) -> Result<Announced> {
    std::optional<UploadStatus> upload;
    bool is_new_upload = false;
    const auto bring = [&]() -> Result<void> {
      if (blobs_->find(release.package_sha256)) return {};
      auto known = upload_under_way(terms);
      if (!known) return std::unexpected(known.error());
      upload = std::move(*known);
      if (upload) return {};
      const auto publisher = catalogue.publisher(owner);
      const auto bytes = catalogue.stored_bytes_of(owner);
      if (!publisher) return std::unexpected(publisher.error());
      if (!bytes) return std::unexpected(bytes.error());
      // The draft counts itself.
      const std::uint64_t stored = *bytes - std::min(*bytes, release.package_bytes);
      auto begun = uploads_.begin(terms, {.bytes_max = publisher->bytes_max, .stored_bytes = stored}, now_ns());
      if (!begun) return std::unexpected(begun.error());
      upload = std::move(*begun);
      is_new_upload = true;
      return {};
    };
    const bool is_allowed = require_publisher(actor, owner, Permission::manage_publishers).has_value();
    const auto alike = is_allowed ? drafts_like(catalogue, release) : std::vector<ReleaseRecord>();
    if (!alike) return std::unexpected(alike.error());
    for (const ReleaseRecord& one : *alike) {
      auto whole = catalogue.release(one.id);
      if (!whole) return std::unexpected(whole.error());
      if (whole->changelog != release.changelog) continue;
      if (auto brought = bring(); !brought) return std::unexpected(brought.error());
      return Announced{std::move(*whole), std::move(upload)};
    }
    auto draft = catalogue.open_draft(actor, release, bring);
    if (!draft) {
      if (is_new_upload) (void)uploads_.abort({upload->id, owner});
      return std::unexpected(draft.error());
    }
    // Said in other words: this draft is for the same bytes, and nobody goes on with those.
    for (const ReleaseRecord& one : *alike) (void)catalogue.drop_draft(actor, one.id);
    return Announced{std::move(*draft), std::move(upload)};
  });
}

Result<void> Publishing::drop_draft(const Actor& actor, const ReleaseId& id, std::string_view because) {
  return with_catalogue([&](Catalogue& catalogue) { return drop_with_upload(catalogue, actor, id, because); });
}

// Under the catalogue's lock, so that who announces the same bytes anew finds the upload wholly there or not at all.
// One that somebody works on, or that a full disk keeps, goes when it expires.
Result<void> Publishing::drop_with_upload(Catalogue& catalogue, const Actor& actor, const ReleaseId& id,
                                          std::string_view because) {
  const auto draft = catalogue.release(id);
  if (!draft) return std::unexpected(draft.error());
  if (auto dropped = catalogue.drop_draft(actor, id, because); !dropped) return dropped;
  const auto others = drafts_of(catalogue, "");
  if (!others) return {};
  if (const auto uploads = uploads_.list())
    for (const UploadStatus& upload : *uploads)
      if (brings(upload, *draft) && std::ranges::none_of(*others, [&](const auto& one) { return brings(upload, one); }))
        (void)uploads_.abort({upload.id, upload.terms.owner});
  return {};
}

}  // namespace stoa::registry
