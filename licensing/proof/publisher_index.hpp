// publisher_index.hpp: which entries each publisher may see, and what it is owed after each.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/ledger/entry.hpp"
#include "licensing/proof/publisher_run.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// A projection of a stretch of the journal, in memory. A publisher sees the calls of its models with what corrects
// them, and all that moves what it is owed. Thread: one at a time.
class PublisherIndex {
 public:
  // Whose an entry before this stretch is, as a place in the run's publishers. Errors: its own; they end add().
  using OwnerBefore = std::function<Result<std::uint32_t>(std::uint64_t number)>;

  // From the first entry on.
  PublisherIndex() : PublisherIndex(PublisherRunHead{}, nullptr) {}
  // From where `before` ends.
  PublisherIndex(const PublisherRunHead& before, OwnerBefore owner_before);

  // In their order, without a gap. Errors: out_of_range "money.overflow"; those of owner_before.
  Result<void> add(const Entry& entry);
  const PublisherRun& run() const { return run_; }
  std::uint64_t size() const { return run_.end(); }  // numbers below it are known
  // Of this stretch. Of one that has none: empty.
  const std::vector<PublisherRow>& rows(std::string_view publisher) const;
  // Whose model the entry's call was, or the call that it corrects; empty: nobody's, or not of this stretch.
  const std::string& owner(std::uint64_t number) const;
  // Its place among the run's publishers, which stays what it is; nothing where it has no entry at all.
  std::optional<std::uint32_t> place_of(std::string_view publisher) const;
  // This stretch, which ends; the next begins.
  PublisherRun take();

 private:
  Result<std::uint32_t> owner_of(const Entry& entry);
  std::uint32_t place(std::string_view publisher);

  PublisherRun run_;
  OwnerBefore owner_before_;
  std::map<std::string, std::uint32_t, std::less<>> places_;
  std::vector<std::uint32_t> seers_;  // used again
};

}  // namespace stoa::licensing
