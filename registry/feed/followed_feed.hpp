// followed_feed.hpp: another registry's catalogue as its signed metadata tells it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "registry/catalogue/public_store.hpp"
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
  PublicState state() const;
  std::uint64_t version() const { return client_.trusted().timestamp()->role.version; }
  TufTime expires() const { return client_.trusted().timestamp()->role.expires; }

 private:
  struct Bin {
    std::uint64_t version = 0;
    PublicState told;
  };
  explicit FollowedFeed(TufClient client) : client_(std::move(client)) {}
  Result<void> read_bins(TufTime now);

  TufClient client_;
  std::map<std::string, Bin> bins_;
};

}  // namespace stoa::registry
