// feed_opening.hpp: the feed of a catalogue, held against it before anything is served or signed.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string_view>
#include <vector>

#include "registry/catalogue/catalogue.hpp"
#include "registry/feed/catalogue_feed.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

struct OpenedFeed {
  CatalogueFeed feed;
  std::vector<ReleaseRecord> revoked;  // or quarantined again: the catalogue is from before, and did not know of it
  std::size_t held = 0;                // versions that were signed, and that this catalogue does not know
};

// A repository is begun where the audit log has none, and the log says so from then on. One that is not there any more
// is never replaced: metadata.lost. Where the log has not been at what was told last, as after a restore, what was
// signed as revoked is revoked before anybody is served, and a version that is or was signed with other bytes is
// nobody's to publish. Reasons: those of CatalogueFeed::open, database.*.
Result<OpenedFeed> open_feed(Catalogue& catalogue, FeedOptions options, TufTime now);

// For when what was signed is lost and no copy is left: says so in the audit log, and moves what lies in metadata/ out
// of the way, to the folder that comes back (empty: nothing lay there). The next open_feed() begins a new repository,
// which those who followed the old one refuse until they are given its root. Reason, besides: metadata.sound (there is
// one that can be gone on with: nothing was done). Pre: nobody has the folder open but the caller.
Result<std::filesystem::path> give_up_feed(Catalogue& catalogue, const std::filesystem::path& folder,
                                           std::string_view because);

}  // namespace stoa::registry
