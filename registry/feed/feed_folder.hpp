// feed_folder.hpp: what lies in a registry's metadata/ and keys/, and what is wrong with it, each with its place.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "registry/catalogue/public_store.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// none: nothing was begun, or its beginning was not finished. lost: later versions lie there, and no timestamp that
// says which of them count.
enum class FeedState : std::uint8_t { none, there, lost };
FeedState state_of_feed(const std::filesystem::path& folder);

// What stands in the way of a start: the path, what is wrong, and what to do. A lock, and a disk that does not give its
// bytes, are told as they are.
Error lost_feed(const std::filesystem::path& folder);                         // metadata.lost
Error broken_feed(const std::filesystem::path& metadata, const Error& what);  // metadata.broken
Error broken_keys(const std::filesystem::path& keys, const Error& what);      // keys.broken

struct FeedFinding {
  std::string reason, place, message;  // place: below the registry's folder
};

// metadata/ and keys/ as they lie there, read and verified beside whoever writes them; nothing is changed. Whether
// something has expired is not asked: the next start signs it anew. Reasons: metadata.lost, metadata.broken,
// keys.broken, keys.missing (too few for a role that a host signs with all the time).
struct FeedLook {
  FeedState state = FeedState::none;
  std::vector<FeedFinding> findings;
  std::vector<PublicRelease> told;  // every release, where all of it is sound
};
FeedLook look_at_feed(const std::filesystem::path& folder);

}  // namespace stoa::registry
