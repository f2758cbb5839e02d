// feed_signer.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/feed_signer.hpp"

#include <algorithm>
#include <chrono>

#include "host/app/wall_clock.hpp"
#include "registry/feed/feed_opening.hpp"

namespace stoa::app {
namespace {

using std::chrono::seconds;

constexpr seconds kSignAgain{1}, kRefreshMax{3600};

}  // namespace

Result<void> FeedSigner::open() {
  auto opened = parts_.publishing.with_catalogue(
      [this](registry::Catalogue& catalogue) { return registry::open_feed(catalogue, parts_.options, unix_now()); });
  if (!opened) return std::unexpected(opened.error());
  feed_.emplace(std::move(opened->feed));
  for (const registry::ReleaseRecord& release : opened->revoked)
    parts_.log.write(Level::warn, "release.revoked_again",
                     {{"release", release.plugin + " " + release.version},
                      {"state", name_of(release.state)},
                      {"why", release.state_because}});
  note(false);
  return {};
}

void FeedSigner::start() {
  thread_ = std::thread([this] { run(); });
}

void FeedSigner::changed() {
  {
    const std::lock_guard lock(mutex_);
    is_changed_ = true;
  }
  moved_.notify_one();
}

void FeedSigner::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  moved_.notify_one();
  if (thread_.joinable()) thread_.join();
}

FeedSigner::Standing FeedSigner::standing() const {
  const std::lock_guard lock(mutex_);
  return standing_;
}

void FeedSigner::note(bool is_failing) {
  const std::lock_guard lock(mutex_);
  standing_ = {feed_->version(), feed_->expires().time_since_epoch().count(), is_failing};
}

bool FeedSigner::sign() {
  const auto change = parts_.publishing.with_catalogue(
      [this](registry::Catalogue& catalogue) { return catalogue.public_change(feed_->told_until()); });
  Result<std::size_t> changes = change ? feed_->update(*change, unix_now()) : std::unexpected(change.error());
  // A quarter of the lifetime is gone, or a start after a long pause.
  const auto is_old = feed_->expires() - unix_now() <= parts_.options.lifetimes.timestamp * 3 / 4;
  Result<void> refreshed = is_old ? feed_->refresh(unix_now()) : Result<void>();
  note(!changes || !refreshed);
  if (!changes || !refreshed) {
    const Error& error = changes ? refreshed.error() : changes.error();
    parts_.log.write(Level::error, "metadata.unsigned", {{"reason", error.reason}, {"why", error.message}});
    return false;
  }
  if (*changes > 0 || is_old) {
    parts_.log.write(Level::debug, "metadata.signed",
                     {{"targets", std::uint64_t{*changes}}, {"timestamp", feed_->version()}});
    parts_.told();
  }
  return true;
}

void FeedSigner::run() {
  const auto idle = std::clamp<seconds>(parts_.options.lifetimes.timestamp / 8, seconds(1), kRefreshMax);
  bool is_whole = true;
  std::unique_lock lock(mutex_);
  while (!is_stopped_) {
    moved_.wait_for(lock, is_whole ? idle : kSignAgain, [this] { return is_changed_ || is_stopped_; });
    if (is_stopped_) return;
    is_changed_ = false;
    lock.unlock();
    is_whole = sign();
    lock.lock();
  }
}

}  // namespace stoa::app
