// followed_state.hpp: one state of another registry's catalogue as it was told, and parts of it by name.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "registry/catalogue/public_store.hpp"
#include "registry/catalogue/resolution_store.hpp"

namespace stoa::registry {

// What one file of metadata tells. Each list in the order of its targets' paths, so that what belongs to a publisher
// lies together.
struct FollowedBin {
  std::uint64_t version = 0;
  PublicState told;
};

// What became other from one bin to the next: plugins and models by name, and releases that are revoked now.
struct FollowedNews {
  bool is_whole = false;  // nothing was known before: no name below
  std::set<std::string> names;
  std::vector<PublicRelease> revoked;
};
void add_news(FollowedNews& news, const PublicState& before, const PublicState& now);

// A value that is cheap to copy and never changes: states that follow one another share the bins that stayed.
class FollowedState {
 public:
  using Bins = std::map<std::string, std::shared_ptr<const FollowedBin>>;
  FollowedState() = default;
  FollowedState(Bins bins, std::uint64_t version) : bins_(std::move(bins)), version_(version) {}

  PublicState all() const;
  // As read_resolution_change() of a catalogue: of these plugins and models and what hangs together with them.
  // publishers: of these alone. names: nothing: everything.
  ResolutionChange resolution(const std::optional<std::set<std::string>>& names,
                              const std::optional<std::set<std::string>>& publishers) const;
  // nullptr: it was not told. Lifetime: the state's.
  const PublicRelease* find(std::string_view plugin, std::string_view version) const;
  std::uint64_t version() const { return version_; }

 private:
  Bins bins_;
  std::uint64_t version_ = 0;  // of the timestamp
};

}  // namespace stoa::registry
