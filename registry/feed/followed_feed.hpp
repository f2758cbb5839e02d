// followed_feed.hpp: another registry's catalogue as its signed metadata tells it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "registry/feed/followed_state.hpp"
#include "registry/tuf/tuf_client.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// Threads: one at a time. Reasons: those of TufClient, feed.fact (signed, and nothing that this version understands).
class FollowedFeed {
 public:
  static Result<FollowedFeed> open(const std::filesystem::path& state_folder, std::string_view trusted_root,
                                   FetchMetadata fetch);

  // Fetches what is new. An Error leaves state() as it was.
  Result<void> refresh(TufTime now);
  // What lies in the state folder, for a start while the registry is out of reach.
  Result<void> resume(TufTime now);
  // Whether what state() stands on has expired: metadata.expired.
  Result<void> check_expiry(TufTime now) const { return client_.trusted().check_expiry(now); }

  // Pre: refresh or resume succeeded.
  FollowedState state() const { return {bins_, version()}; }
  // What became other since the last call.
  FollowedNews take_news() { return std::exchange(news_, {}); }
  std::uint64_t version() const { return client_.trusted().timestamp()->role.version; }
  TufTime expires() const { return client_.trusted().timestamp()->role.expires; }
  // When that was signed, where the registry says so.
  std::optional<TufTime> signed_at() const { return client_.trusted().timestamp()->role.signed_at; }

 private:
  explicit FollowedFeed(TufClient client) : client_(std::move(client)) {}
  Result<void> read_bins(TufTime now);

  TufClient client_;
  FollowedState::Bins bins_;
  FollowedNews news_{.is_whole = true, .names = {}, .revoked = {}};
};

}  // namespace stoa::registry
