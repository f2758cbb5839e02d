// shown_entry.hpp: an entry as a publisher is given it, and many of them in one file.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "licensing/ledger/entry_codec.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// What the log's leaf commits to, without the private half. Views what it was read from.
struct ShownEntry {
  std::uint64_t number = 0;
  Nano total = 0;  // what the publisher is owed in the entry's currency, after it, as the host says
  Salt salt{};
  Sha256 private_commitment{};
  std::string_view public_half;
};

// The leaf of the log that the entry is.
Sha256 leaf_of(const ShownEntry& shown);

// A file of them: the line kShownEntriesHead, then one after the other: number u64, total i64, salt, commitment, length
// of the half u16, the half; numbers big-endian.
inline constexpr std::string_view kShownEntriesHead = "stoa.audit.entries/1\n";
void append_shown(std::string& file, const ShownEntry& shown);
// Takes the next one off; rest is what follows it. Error: data_loss "audit.form".
Result<ShownEntry> take_shown(std::string_view& rest);
// What follows the head. Error: data_loss "audit.form".
Result<std::string_view> shown_entries_in(std::string_view file);

}  // namespace stoa::licensing
