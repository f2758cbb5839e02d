// feed_signer.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/feed_signer.hpp"

#include <algorithm>
#include <chrono>

#include "host/app/wall_clock.hpp"
#include "host/thread/monotonic.hpp"
#include "registry/feed/feed_opening.hpp"

namespace stoa::app {
namespace {

using std::chrono::seconds;

// A minute: a clock that is set forward leaves what was signed expired, and nothing else tells of it.
constexpr seconds kSignAgain{1}, kLookOften{60};
constexpr seconds kBehindMax{10};  // a clock that is kept right is moved by less

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
  if (opened->held > 0)
    parts_.log.write(
        Level::warn, "release.versions_held",
        {{"releases", std::uint64_t{opened->held}},
         {"why", "they were signed, and this catalogue is from before: nobody publishes other bytes as them"}});
  clock_.emplace(
      registry::SigningClock::Sources{
          .wall = &unix_now,
          .monotonic = [] { return std::chrono::nanoseconds(static_cast<std::int64_t>(thread::monotonic_ns())); }},
      feed_->signed_at());
  note(false);
  return {};
}

registry::TufTime FeedSigner::now() {
  const seconds behind = clock_->behind();
  const bool is_behind = behind > kBehindMax;
  if (is_behind != is_clock_behind_)
    parts_.log.write(is_behind ? Level::error : Level::info, is_behind ? "clock.behind" : "clock.right",
                     {{"by_s", std::int64_t{behind.count()}},
                      {"why", is_behind ? "the machine's clock is before what was signed last; time goes on from there"
                                        : "the machine's clock is later than what was signed last"}});
  is_clock_behind_ = is_behind;
  return clock_->now();
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
  const registry::TufTime at = now();
  if (feed_->expires() <= at && !standing().is_failing)
    parts_.log.write(Level::warn, "metadata.expired",
                     {{"for_s", std::int64_t{(at - feed_->expires()).count()}},
                      {"why", "nothing was signed meanwhile: the host stood still, or its clock was set"}});
  Result<std::size_t> changes = change ? feed_->update(*change, at) : std::unexpected(change.error());
  // A quarter of the lifetime is gone, or a start after a long pause.
  const auto is_old = feed_->expires() - at <= parts_.options.lifetimes.timestamp * 3 / 4;
  Result<void> refreshed = is_old ? feed_->refresh(at) : Result<void>();
  note(!changes || !refreshed);
  if (!changes || !refreshed) {
    const Error& error = changes ? refreshed.error() : changes.error();
    parts_.log.write(Level::error, "metadata.unsigned", {{"reason", error.reason}, {"why", error.message}});
    return false;
  }
  for (const std::string& path : feed_->left_out())
    parts_.log.write(
        Level::error, "metadata.other_bytes",
        {{"release", path}, {"why", "this version was signed with other bytes, and followers keep those"}});
  if (*changes > 0 || is_old) {
    parts_.log.write(Level::debug, "metadata.signed",
                     {{"targets", std::uint64_t{*changes}}, {"timestamp", feed_->version()}});
    parts_.told();
  }
  return true;
}

void FeedSigner::run() {
  const auto idle = std::clamp<seconds>(parts_.options.lifetimes.timestamp / 8, seconds(1), kLookOften);
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
