// feed_opening.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/feed/feed_opening.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

#include "registry/catalogue/release_store.hpp"
#include "registry/document/file.hpp"
#include "registry/feed/feed_folder.hpp"
#include "registry/feed/withdrawn.hpp"

namespace stoa::registry {
namespace {

// Of what is signed now, and of what was signed before and taken out: what this catalogue may have lost.
Result<std::size_t> hold_lost_versions(Catalogue& catalogue, const TufRepository& repository) {
  std::map<std::string, SignedVersion> lost;  // by what makes two versions one: what was signed last counts
  const auto look = [&](const SignedVersion& one) -> Result<void> {
    const auto is_lost = catalogue.lacks(one);
    if (!is_lost) return std::unexpected(is_lost.error());
    if (*is_lost) lost.insert_or_assign(one.plugin + " " + version_key_of(one.version), one);
    return {};
  };
  auto withdrawn = read_withdrawn(repository.folder());
  if (!withdrawn) return std::unexpected(broken_feed(repository.folder(), withdrawn.error()));
  for (const SignedVersion& one : *withdrawn)
    if (auto looked = look(one); !looked) return std::unexpected(looked.error());
  const auto told = [&](const PublicRelease& one) { return look(version_of(one)); };
  if (auto read = visit_told(repository, told); !read) return std::unexpected(read.error());
  std::vector<SignedVersion> versions;
  for (auto& [key, one] : lost) versions.push_back(std::move(one));
  return catalogue.hold_versions(versions);
}

}  // namespace

Result<OpenedFeed> open_feed(Catalogue& catalogue, FeedOptions options, TufTime now) {
  const auto is_begun = catalogue.has_metadata();
  if (!is_begun) return std::unexpected(is_begun.error());
  options.may_begin = !*is_begun;
  auto feed = CatalogueFeed::open(options, now);
  if (!feed) return std::unexpected(feed.error());
  const bool is_new = feed->is_new();
  OpenedFeed opened{.feed = std::move(*feed), .revoked = {}};
  // Behind the repository: killed in between, the next start finds it, and says so then.
  if (!*is_begun)
    if (auto noted = catalogue.note_metadata_begun(is_new ? "a first root was signed" : "found beside the catalogue");
        !noted)
      return std::unexpected(noted.error());
  const CatalogueFeed& feed_there = opened.feed;
  const auto has_been_there =
      catalogue.has_been_at(feed_there.told_until().lines > 0 ? feed_there.told_until() : feed_there.signed_until());
  if (!has_been_there) return std::unexpected(has_been_there.error());
  if (is_new || *has_been_there) return opened;
  const auto told = revoked_in(opened.feed.repository());
  if (!told) return std::unexpected(broken_feed(options.folder / "metadata", told.error()));
  auto again = catalogue.revoke_again(*told);
  if (!again) return std::unexpected(again.error());
  opened.revoked = std::move(*again);
  const auto lost = hold_lost_versions(catalogue, opened.feed.repository());
  if (!lost) return std::unexpected(lost.error());
  opened.held = *lost;
  return opened;
}

Result<std::filesystem::path> give_up_feed(Catalogue& catalogue, const std::filesystem::path& folder,
                                           std::string_view because) {
  namespace fs = std::filesystem;
  const FeedLook look = look_at_feed(folder);
  if (look.state == FeedState::there && look.findings.empty())
    return failure(Code::failed_precondition, "metadata.sound",
                   (folder / "metadata").string() + ": is whole, and its keys are here; to change those, name a role");
  // Moved first: killed in between, the log still says that something was signed, and nothing is begun.
  fs::path to;
  std::error_code error;
  if (fs::exists(folder / "metadata", error)) {
    for (int i = 1; to.empty() || fs::exists(to, error); ++i) to = folder / fmt::format("metadata.given-up-{}", i);
    fs::rename(folder / "metadata", to, error);
    if (error) return std::unexpected(file_error("rename to", to, error.value()));
  }
  if (auto noted = catalogue.give_up_metadata(Actor::registry(), because); !noted)
    return std::unexpected(noted.error());
  return to;
}

}  // namespace stoa::registry
