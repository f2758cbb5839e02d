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
#include "stoa/result.hpp"

namespace stoa::licensing {

// A projection of the journal, in memory: 24 bytes for each entry that is somebody's. A publisher sees the calls of its
// models with what corrects them, and all that moves what it is owed.
// Thread: one at a time.
class PublisherIndex {
 public:
  struct Row {
    std::uint64_t number = 0;
    Nano total = 0;  // owed in the entry's currency, after it
    friend bool operator==(const Row&, const Row&) = default;
  };

  // In their order, without a gap. Error: out_of_range "money.overflow".
  Result<void> add(const Entry& entry);
  std::uint64_t size() const { return owner_.size(); }  // numbers below it are known
  // Of one that has none: empty.
  const std::vector<Row>& rows(std::string_view publisher) const;
  // Whose model the entry's call was, or the call that it corrects; empty: nobody's.
  const std::string& owner(std::uint64_t number) const;

 private:
  struct Publisher {
    std::string name;
    std::vector<Row> rows = {};
    std::map<Currency, Nano> owed = {};
  };
  std::uint32_t publisher_no(std::string_view name);

  std::vector<Publisher> publishers_{{}};  // the first one is nobody
  std::map<std::string, std::uint32_t, std::less<>> numbers_;
  std::vector<std::uint32_t> owner_;  // by entry
  std::vector<std::uint32_t> seers_;  // used again
};

}  // namespace stoa::licensing
