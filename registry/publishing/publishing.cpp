// publishing.cpp: open, send, submit. SPDX-License-Identifier: Apache-2.0
#include "registry/publishing/publishing.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "registry/catalogue/release_rules.hpp"
#include "registry/document/file.hpp"
#include "registry/document/lock_file.hpp"
#include "registry/signature/key_file.hpp"

namespace stoa::registry {
namespace {

Result<File> lock_of(const std::filesystem::path& folder) {
  auto file = lock_file(folder / "registry.lock");
  if (!file) return std::unexpected(file.error());
  if (*file) return std::move(**file);
  return failure(Code::failed_precondition, "registry.in_use",
                 folder.string() + ": another process has this registry open");
}

// What the index says of a new name, as the catalogue wants to hear it.
Result<std::optional<std::string>> ask(const NameIndex& names, std::string_view name) {
  const auto ruling = names.judge(name);
  if (!ruling) return std::unexpected(ruling.error());
  if (ruling->verdict == NameVerdict::free) return std::optional<std::string>();
  return fmt::format("{}: {}", ruling->reason, ruling->message);
}

// To another release, for ever or as long as that one is not rejected.
bool is_lost_version(const Error& error) {
  return error.reason == "release.version_taken" || error.reason == "release.exists";
}

SubmissionKey submission_key(const PublisherKeyRecord& record) {
  return {.publisher = record.publisher,
          .key = record.key,
          .may_sign_releases = record.role == kReleaseKey,
          .valid_from_ms = record.valid_from_ms,
          .valid_until_ms = record.valid_until_ms,
          .revoked_from_ms = record.revoked_from_ms};
}

}  // namespace

Publishing::Publishing(PublishingOptions options, File lock, std::unique_ptr<BlobStore> blobs)
    : options_(std::move(options)),
      lock_(std::move(lock)),
      blobs_(std::move(blobs)),
      uploads_(*blobs_, options_.uploads) {}

Result<std::unique_ptr<Publishing>> Publishing::open(PublishingOptions options) {
  if (auto made = make_private_folder(options.folder); !made) return std::unexpected(made.error());
  auto lock = lock_of(options.folder);
  if (!lock) return std::unexpected(lock.error());
  auto blobs = BlobStore::open(options.folder / "blobs");
  if (!blobs) return std::unexpected(blobs.error());
  auto key = read_or_make_private_key(options.folder / "registry.key.pem");
  if (!key) return std::unexpected(key.error());
  std::unique_ptr<Publishing> made(new Publishing(std::move(options), std::move(*lock), std::move(*blobs)));
  Publishing& p = *made;
  CatalogueOptions catalogue{.file = p.options_.folder / "catalogue.db",
                             .now_ms = p.options_.now_ms,
                             .policy = p.options_.catalogue,
                             .publisher_name = {.ask = [&p](std::string_view name) { return ask(p.namespaces_, name); },
                                                .tell = [&p](std::string_view name) { p.namespaces_.add(name); }},
                             .plugin_name = {}};
  auto opened = Catalogue::open(std::move(catalogue), std::move(*key));
  if (!opened) return std::unexpected(opened.error());
  p.catalogue_ = std::move(*opened);
  return made;
}

// An upload belongs to a publisher's name, which an operator may have, too: an operator's right is a role.
Result<UploadKey> Publishing::upload_key(const Actor& actor, const UploadId& id) {
  if (actor.kind == Actor::Kind::publisher) return UploadKey{id, actor.name};
  if (auto allowed = require(actor, Permission::manage_publishers); !allowed) return std::unexpected(allowed.error());
  const auto all = uploads_.list();
  if (!all) return std::unexpected(all.error());
  for (const UploadStatus& upload : *all)
    if (upload.id == id) return UploadKey{id, upload.terms.owner};
  return failure(Code::not_found, "upload.not_found", "there is no upload " + id.text());
}

Result<UploadStatus> Publishing::append(const Actor& actor, const UploadId& id, const UploadChunk& chunk) {
  const auto key = upload_key(actor, id);
  return key ? uploads_.append(*key, chunk, now_ns()) : std::unexpected(key.error());
}

Result<UploadStatus> Publishing::upload(const Actor& actor, const UploadId& id) {
  const auto key = upload_key(actor, id);
  return key ? uploads_.status(*key, now_ns()) : std::unexpected(key.error());
}

Result<std::vector<SubmissionKey>> Publishing::keys_of(const std::string& publisher) {
  return with_catalogue([&](Catalogue& catalogue) { return submission_keys(catalogue, publisher); });
}

Result<std::vector<SubmissionKey>> submission_keys(Catalogue& catalogue, const std::string& publisher) {
  const auto records = catalogue.keys(publisher);
  if (!records) return std::unexpected(records.error());
  std::vector<SubmissionKey> keys;
  for (const PublisherKeyRecord& record : *records) keys.push_back(submission_key(record));
  return keys;
}

Result<Package> Publishing::open_package(const Sha256& digest, const std::vector<SubmissionKey>& keys) {
  auto file = blobs_->open_blob(digest);
  if (!file) return std::unexpected(file.error());
  return inspect_submission(fmt::format("/proc/self/fd/{}", file->fd()), keys);
}

// With the keys of others, too, where it is signed with one: else nobody could say whose it is.
Result<Publishing::Opened> Publishing::open_submission(const Sha256& digest, const std::string& publisher) {
  auto keys = keys_of(publisher);
  if (!keys) return std::unexpected(keys.error());
  Opened opened{open_package(digest, *keys), std::move(*keys)};
  if (!opened.package || opened.package->signature().state != SignatureState::unknown_key) return opened;
  const KeyId id = opened.package->signature().key_id;
  const auto others = with_catalogue([&](Catalogue& catalogue) { return catalogue.keys_with(id); });
  if (!others) return std::unexpected(others.error());
  if (others->empty()) return opened;
  for (const PublisherKeyRecord& record : *others) opened.keys.push_back(submission_key(record));
  opened.package = open_package(digest, opened.keys);
  return opened;
}

// Other bytes than its owner announced will never be those: without the upload, the same announcement begins anew.
Result<Blob> Publishing::finish_or_drop(const UploadKey& key, const Sha256& expected) {
  auto blob = uploads_.finish(key, expected, now_ns());
  if (blob || blob.error().reason != "upload.digest_mismatch") return blob;
  const auto upload = uploads_.status(key, now_ns());
  if (!upload || upload->is_finished || upload->terms.digest != expected) return blob;  // it is of another release
  if (!uploads_.abort(key)) return blob;
  blob.error().message += "; the upload was dropped, announce the release again";
  return blob;
}

Result<ReleaseRecord> Publishing::submit(const Actor& actor, const ReleaseId& id,
                                         const std::optional<UploadId>& upload) {
  auto release = with_catalogue([&](Catalogue& catalogue) { return catalogue.release(id); });
  if (!release) return release;
  const std::string owner(publisher_of(release->plugin));
  if (auto allowed = require_publisher(actor, owner, Permission::manage_publishers); !allowed)
    return std::unexpected(allowed.error());
  if (upload) {
    if (auto blob = finish_or_drop({*upload, owner}, release->package_sha256); !blob)
      return std::unexpected(blob.error());
  } else if (auto blob = blobs_->renew(release->package_sha256, now_ns()); !blob) {
    return failure(Code::failed_precondition, "upload.missing",
                   fmt::format("the registry does not have the package {}; name the upload that brought it",
                               to_hex(release->package_sha256)));
  }
  const auto opened = open_submission(release->package_sha256, owner);
  if (!opened) return std::unexpected(opened.error());
  if (!opened->package) return std::unexpected(opened->package.error());
  return with_catalogue([&](Catalogue& catalogue) {
    auto submitted = catalogue.submit(actor, id, *opened->package);
    if (submitted || !is_lost_version(submitted.error())) return submitted;
    const auto gone = catalogue.is_version_gone(*release);
    if (gone && !*gone) submitted.error().message += "; the draft is kept, with its upload";
    if (gone && *gone && drop_with_upload(catalogue, actor, id, kVersionGone))
      submitted.error().message += "; the draft was dropped";
    return submitted;  // what a full disk keeps is found by the doctor
  });
}

Result<Submission> Publishing::submission_of(const ReleaseRecord& release) {
  const std::string owner(publisher_of(release.plugin));
  auto opened = open_submission(release.package_sha256, owner);
  if (!opened) return std::unexpected(opened.error());
  Submission submission;
  submission.package = std::move(opened->package);
  submission.package_sha256 = release.package_sha256;
  submission.publisher = owner;
  submission.keys = std::move(opened->keys);
  submission.policy = options_.checks;
  submission.received_ms = release.submitted_ms.value_or(release.created_ms);
  submission.now_ms = with_catalogue([](Catalogue& catalogue) { return catalogue.now_ms(); });
  ReleaseFilter filter;
  filter.plugin = release.plugin;
  filter.most = 1'000'000;
  filter.with_manifest = true;
  const auto others = with_catalogue([&](Catalogue& catalogue) { return catalogue.releases(filter); });
  if (!others) return std::unexpected(others.error());
  for (const ReleaseRecord& other : *others) {
    if (other.id == release.id || !holds_version(other.state)) continue;
    TakenVersion taken{.version = other.version,
                       .package_sha256 = other.package_sha256,
                       .content_sha256 = {},
                       .is_revoked = other.state == ReleaseState::revoked};
    if (const auto manifest = parse_manifest(other.manifest)) taken.content_sha256 = content_digest(*manifest);
    submission.versions.push_back(std::move(taken));
  }
  return with_catalogue([&](Catalogue& catalogue) -> Result<Submission> {
    const auto plugins = catalogue.plugins(owner);
    if (!plugins) return std::unexpected(plugins.error());
    for (const PluginRecord& plugin : *plugins)
      if (plugin.name != release.plugin) submission.other_plugins.push_back(plugin.name.substr(owner.size() + 1));
    const auto publisher = catalogue.publisher(owner);
    const auto bytes = catalogue.stored_bytes_of(owner);
    if (!publisher) return std::unexpected(publisher.error());
    if (!bytes) return std::unexpected(bytes.error());
    submission.publisher_bytes = *bytes - std::min(*bytes, release.package_bytes);
    submission.publisher_bytes_max = publisher->bytes_max;
    return std::move(submission);
  });
}

Result<ReleaseRecord> Publishing::check(const ReleaseId& id) {
  auto release = with_catalogue([&](Catalogue& catalogue) -> Result<ReleaseRecord> {
    auto found = catalogue.release(id);
    // A process that stopped in the middle of the checks left it validating: they begin anew.
    if (!found || found->state == ReleaseState::validating) return found;
    return catalogue.begin_checks(id);
  });
  if (!release) return release;
  const auto submission = submission_of(*release);
  if (!submission) return std::unexpected(submission.error());
  std::vector<CheckRecord> records;
  for (CheckOutcome& outcome : run_checks(*submission, options_.host))
    records.push_back({std::move(outcome.name), std::string(name_of(outcome.verdict)), std::move(outcome.reason),
                       std::move(outcome.message), outcome.took_us});
  return with_catalogue([&](Catalogue& catalogue) { return catalogue.end_checks(id, records); });
}

Result<std::vector<ReleaseId>> Publishing::unchecked() {
  std::vector<ReleaseId> ids;
  for (const ReleaseState state : {ReleaseState::submitted, ReleaseState::validating}) {
    ReleaseFilter filter;
    filter.state = state;
    filter.most = 1'000'000;
    const auto releases = with_catalogue([&](Catalogue& catalogue) { return catalogue.releases(filter); });
    if (!releases) return std::unexpected(releases.error());
    for (const ReleaseRecord& release : *releases)
      if (!release.checked_ms) ids.push_back(release.id);
  }
  return ids;
}

Result<Package> Publishing::verified_package(const Sha256& digest) {
  const auto releases = with_catalogue([&](Catalogue& catalogue) { return catalogue.releases_of_package(digest); });
  if (!releases) return std::unexpected(releases.error());
  if (releases->empty()) return failure(Code::not_found, "package.unknown", "there is no package " + to_hex(digest));
  const auto keys = keys_of(std::string(publisher_of(releases->front().plugin)));
  if (!keys) return std::unexpected(keys.error());
  auto package = open_package(digest, *keys);
  if (!package) return package;
  if (auto trusted = require_trusted(*package); !trusted) return std::unexpected(trusted.error());
  return package;
}

Result<Blob> Publishing::find_package(const std::optional<Actor>& actor, const Sha256& digest) {
  const auto releases = with_catalogue([&](Catalogue& catalogue) { return catalogue.releases_of_package(digest); });
  if (!releases) return std::unexpected(releases.error());
  const auto may_have = [&](const ReleaseRecord& release) {
    if (is_servable(release.state)) return true;
    return actor && release.state != ReleaseState::draft &&
           require_publisher(*actor, publisher_of(release.plugin), Permission::read_catalogue).has_value();
  };
  if (std::ranges::any_of(*releases, may_have)) return blobs_->find(digest);
  const auto revoked = std::ranges::find(*releases, ReleaseState::revoked, &ReleaseRecord::state);
  if (revoked == releases->end())
    return failure(Code::not_found, "package.unknown", "there is no package " + to_hex(digest));
  return failure(Code::failed_precondition, "release.revoked",
                 fmt::format("{} {} is revoked: {}", revoked->plugin, revoked->version, revoked->state_because));
}

}  // namespace stoa::registry
