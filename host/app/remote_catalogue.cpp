// remote_catalogue.cpp: asks, verifies, and tells what changed. SPDX-License-Identifier: Apache-2.0
#include "host/app/remote_catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "host/app/followed_client.hpp"
#include "host/app/wall_clock.hpp"
#include "registry/blobs/collection.hpp"
#include "registry/document/file.hpp"

namespace stoa::app {
namespace {

// The registry holds the question so long when there is nothing new; a line that is silent for longer is dead.
constexpr int kWaitMs = 15'000;
constexpr long kMetadataSilenceS = 20, kPackageSilenceS = 60;
constexpr std::chrono::milliseconds kRetry{1000};
constexpr std::chrono::milliseconds kAskAgain{200};  // a registry that does not hold questions answers at once
constexpr std::size_t kRootBytes = 512'000;
constexpr std::uint64_t kPartBytesMax = 64u << 20;  // of a package; the registry sends 8 MiB in one answer
constexpr const char* kOwner = "registry";          // of downloads under way

}  // namespace

Result<std::unique_ptr<client::HttpClient>> RemoteCatalogue::connect(long silence_s_max) const {
  return open_followed(parts_.config, silence_s_max, [this] { return is_stopped_.load(std::memory_order_relaxed); });
}

Result<std::unique_ptr<RemoteCatalogue>> RemoteCatalogue::open(Parts parts) {
  std::unique_ptr<RemoteCatalogue> made(new RemoteCatalogue(std::move(parts)));
  RemoteCatalogue& remote = *made;
  const auto& folder = remote.parts_.folder;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return std::unexpected(registry::file_error("make", folder, error.value()));
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  auto blobs = registry::BlobStore::open(folder / "blobs");
  if (!blobs) return std::unexpected(blobs.error());
  remote.blobs_ = std::move(*blobs);
  remote.downloads_ = std::make_unique<registry::Uploads>(*remote.blobs_, registry::UploadPolicy{});
  const auto root = registry::read_small_file(remote.parts_.config.trusted_root, kRootBytes);
  if (!root) return std::unexpected(root.error());
  for (auto& [client, silence_s] : {std::pair(&remote.metadata_client_, kMetadataSilenceS),
                                    std::pair(&remote.download_client_, kPackageSilenceS)}) {
    auto connected = remote.connect(silence_s);
    if (!connected) return std::unexpected(connected.error());
    *client = std::move(*connected);
  }
  auto feed = registry::FollowedFeed::open(
      folder / "metadata", *root,
      [&remote](std::string_view name, std::uint64_t bytes_max) { return remote.fetch(name, bytes_max); });
  if (!feed) return std::unexpected(feed.error());
  remote.feed_ = std::make_unique<registry::FollowedFeed>(std::move(*feed));
  return made;
}

Result<std::string> RemoteCatalogue::fetch(std::string_view name, std::uint64_t bytes_max) {
  auto fetched = metadata_client_->fetch({.path = fmt::format("/tuf/{}", name), .bytes_max = bytes_max});
  if (!fetched) return std::unexpected(fetched.error());
  if (name == "timestamp.json") tag_ = fetched->tag;
  return std::move(fetched->body);
}

// True: there is another timestamp than the one that was followed.
Result<bool> RemoteCatalogue::wait_for_another() {
  const auto fetched = metadata_client_->fetch({.path = fmt::format("/tuf/timestamp.json?wait_ms={}", kWaitMs),
                                                .bytes_max = registry::kTimestampBytesMax,
                                                .tag = tag_});
  if (!fetched) return std::unexpected(fetched.error());
  return fetched->status != 304;
}

void RemoteCatalogue::follow() {
  if (auto done = feed_->refresh(unix_now()); !done) {
    tag_.clear();  // what came with it is not followed yet
    return fail(done.error());
  }
  take();
}

void RemoteCatalogue::take() {
  if (const auto at = feed_->signed_at()) parts_.signed_at(at->time_since_epoch().count() * 1'000);
  registry::FollowedNews news = feed_->take_news();
  registry::FollowedState state = feed_->state();
  if (news.is_whole)
    for (registry::PublicRelease& release : state.all().releases)
      if (release.state == registry::ReleaseState::revoked) news.revoked.push_back(std::move(release));
  std::erase_if(news.revoked, [&](const auto& release) { return !revoked_.insert(release.id.text).second; });
  has_state_ = true;
  {
    const std::lock_guard lock(mutex_);
    state_ = std::move(state);
    if (news.is_whole)
      unread_.reset();
    else if (unread_)
      unread_->merge(news.names);
    standing_.version = feed_->version();
    standing_.expires_s = feed_->expires().time_since_epoch().count();
    standing_.heard_s = unix_now().time_since_epoch().count();
    standing_.reason.clear();
    standing_.message.clear();
  }
  for (const registry::PublicRelease& release : news.revoked) parts_.revoked(release);
  parts_.changed();
}

// Said once for each reason: a registry that is away is asked every second.
void RemoteCatalogue::fail(Error error) {
  if (has_state_)
    if (const auto fresh = feed_->check_expiry(unix_now()); !fresh && error.reason != fresh.error().reason)
      error = {fresh.error().code, fresh.error().reason, fresh.error().message + "; and " + error.message, 0};
  bool is_new = false;
  {
    const std::lock_guard lock(mutex_);
    is_new = standing_.reason != error.reason;
    standing_.reason = error.reason;
    standing_.message = error.message;
    ++standing_.refused[error.reason];
  }
  if (is_new && !is_stopped_.load(std::memory_order_relaxed))
    parts_.log.write(
        Level::error, "registry.not_followed",
        {{"registry", parts_.config.url}, {"reason", error.reason}, {"why", error.message}, {"serving", has_state_}});
}

// False: stopped.
bool RemoteCatalogue::pause() {
  std::unique_lock lock(mutex_);
  return !moved_.wait_for(lock, kRetry, [this] { return is_stopped_.load(std::memory_order_relaxed); });
}

void RemoteCatalogue::start() {
  follow();
  if (!has_state_) {
    if (auto resumed = feed_->resume(unix_now())) {
      take();
      parts_.log.write(Level::warn, "registry.resumed",
                       {{"registry", parts_.config.url}, {"timestamp", feed_->version()}});
    } else {
      fail(resumed.error());
    }
  }
  thread_ = std::thread([this] { run(); });
}

void RemoteCatalogue::run() {
  bool is_followed = has_state_ && standing().reason.empty();
  while (!is_stopped_.load(std::memory_order_relaxed)) {
    const auto asked = std::chrono::steady_clock::now();
    const auto is_another = is_followed ? wait_for_another() : Result<bool>(true);
    if (!is_another)
      fail(is_another.error());
    else if (*is_another)
      follow();
    else
      confirm();
    is_followed = standing().reason.empty();
    if (!is_followed && !pause()) return;
    if (is_followed && std::chrono::steady_clock::now() - asked < kAskAgain && is_another && !*is_another)
      (void)pause();
  }
}

// The registry says that nothing changed: true until it expires.
void RemoteCatalogue::confirm() {
  if (auto fresh = feed_->check_expiry(unix_now()); !fresh) return fail(fresh.error());
  const std::lock_guard lock(mutex_);
  standing_.heard_s = unix_now().time_since_epoch().count();
}

void RemoteCatalogue::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_.store(true, std::memory_order_relaxed);
  }
  moved_.notify_all();
  if (thread_.joinable()) thread_.join();
}

RemoteCatalogue::Standing RemoteCatalogue::standing() const {
  const std::lock_guard lock(mutex_);
  return standing_;
}

Result<registry::ResolutionChange> RemoteCatalogue::read(const std::set<std::string>& models) {
  std::optional<registry::FollowedState> state;
  std::optional<std::set<std::string>> names;
  {
    const std::lock_guard lock(mutex_);
    if (!state_)
      return failure(Code::unavailable, "follow.nothing",
                     fmt::format("nothing that counts was heard of {}: {}", parts_.config.url, standing_.message));
    state = state_;
    names = std::exchange(unread_, std::set<std::string>());
  }
  if (names) names->insert(models.begin(), models.end());
  registry::ResolutionChange change = state->resolution(names, parts_.serve.publishers());
  parts_.serve.restrict(change.input);
  return change;
}

Result<registry::Package> RemoteCatalogue::package(const WantedPackage& wanted) {
  std::optional<registry::FollowedState> state;
  {
    const std::lock_guard lock(mutex_);
    state = state_;
  }
  const auto& digest = wanted.digest;
  const registry::PublicRelease* const found = state ? state->find(wanted.plugin, wanted.version) : nullptr;
  if (found == nullptr || found->package_sha256 != digest || found->state == registry::ReleaseState::revoked)
    return failure(Code::not_found, "package.unknown", "no release has the package " + registry::to_hex(digest));
  const registry::PublicRelease& release = *found;
  if (!blobs_->find(digest))
    if (auto here = download(release); !here) return std::unexpected(here.error());
  const auto key = registry::PublicKey::from_raw(release.key);
  if (!key) return std::unexpected(key.error());
  registry::TrustStore trust;
  trust.add(release.plugin.substr(0, release.plugin.find('/')), *key);
  auto file = blobs_->open_blob(digest);
  if (!file) return std::unexpected(file.error());
  auto package = registry::inspect_package(fmt::format("/proc/self/fd/{}", file->fd()), trust);
  if (!package) return package;
  if (auto trusted = registry::require_trusted(*package); !trusted) return std::unexpected(trusted.error());
  if (package->manifest().id() != release.plugin || package->manifest().version != release.version)
    return failure(Code::failed_precondition, "package.mismatch",
                   fmt::format("the package of {} {} is one of {} {}", release.plugin, release.version,
                               package->manifest().id(), package->manifest().version));
  return package;
}

// A package's time is when it was last needed: collection goes by it.
void RemoteCatalogue::keep_only(const std::set<registry::Sha256>& needed) {
  const std::lock_guard lock(download_mutex_);  // a download that has come is needed in a moment
  const std::int64_t now_ns = unix_ns(), keep_ns = std::int64_t{parts_.keep_s} * 1'000'000'000;
  // Each is an fsync: those that are young enough are not renewed. What is needed no more is then at most half of
  // keep_s, and the time between two looks (an eighth), older than its last need.
  for (const registry::Sha256& digest : needed)
    if (const auto blob = blobs_->find(digest); blob && now_ns - blob->stored_ns > keep_ns / 2)
      (void)blobs_->renew(digest, now_ns);
  const auto done = registry::collect(*blobs_, *downloads_,
                                      {.live = needed, .now_ns = now_ns, .grace_ns = keep_ns + keep_ns / 8 * 5});
  if (!done)
    parts_.log.write(Level::warn, "packages.not_removed",
                     {{"reason", done.error().reason}, {"why", done.error().message}});
  else if (!done->removed.empty())
    parts_.log.write(Level::info, "packages.removed",
                     {{"packages", std::uint64_t{done->removed.size()}}, {"bytes", done->bytes}});
}

// What an earlier attempt received is on the disk: this one asks for the rest.
Result<void> RemoteCatalogue::download(const registry::PublicRelease& release) {
  const std::lock_guard lock(download_mutex_);
  const registry::UploadTerms terms{kOwner, release.package_bytes, release.package_sha256};
  const std::string hex = registry::to_hex(release.package_sha256);
  std::optional<registry::UploadStatus> download;
  const auto under_way = downloads_->list();
  if (!under_way) return std::unexpected(under_way.error());
  for (const registry::UploadStatus& one : *under_way)
    if (one.terms == terms && !one.is_finished && one.expires_ns > unix_ns()) download = one;
  if (!download) {
    auto begun =
        downloads_->begin(terms, {.bytes_max = UINT64_MAX / 2, .stored_bytes = 0, .uploads_max = 1024}, unix_ns());
    if (!begun) return std::unexpected(begun.error());
    download = std::move(*begun);
  }
  const registry::UploadKey key{download->id, kOwner};
  // Once for as long as it stands still: who is refused asks again.
  if (std::exchange(told_download_, {hex, download->offset}) != std::pair(hex, download->offset))
    parts_.log.write(Level::info, "package.download",
                     {{"plugin", release.plugin},
                      {"version", release.version},
                      {"bytes", release.package_bytes},
                      {"from", download->offset}});
  while (download->offset < release.package_bytes) {
    const auto part = download_client_->fetch(
        {.path = "/v1/packages/" + hex, .bytes_max = kPartBytesMax, .tag = {}, .from = download->offset});
    if (!part) {
      // A licence or a token may come, and nothing in the catalogue will tell.
      Error error = part.error();
      if (error.code == Code::permission_denied || error.code == Code::unauthenticated) error.code = Code::unavailable;
      return std::unexpected(std::move(error));
    }
    if (part->status != 206 && download->offset > 0)
      return failure(Code::unavailable, "follow.range", "the registry does not go on where a download stopped");
    auto taken = downloads_->append(key, {download->offset, std::as_bytes(std::span(part->body))}, unix_ns());
    if (!taken) return std::unexpected(taken.error());
    if (taken->offset == download->offset)
      return failure(Code::unavailable, "follow.empty", "the registry answers without a byte of the package");
    download = std::move(*taken);
  }
  const auto blob = downloads_->finish(key, release.package_sha256, unix_ns());
  if (blob) return {};
  (void)downloads_->abort(key);  // other bytes than the metadata says: the next attempt begins anew
  return std::unexpected(blob.error());
}

}  // namespace stoa::app
