// saved_book.hpp: what a book came to, in a file, so that a start reads only what was booked since.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "licensing/journal/journal.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

class BillingTerms;
class Teller;

struct SavedBook {
  std::uint64_t entries = 0;  // of the journal, that it holds
  std::string state;          // AccountsBook::state()
};

// Layout, numbers eight bytes, the lowest first: "SBOOK\0\0\1", the journal's id, entries, SHA-256 of the last of them
// (zeros: there is none), bytes of the state, the state, SHA-256 of all before.
// The file appears whole, or stays what it was. Errors: file.*; those of Journal::read; failed_precondition
// "book.not_durable": the journal has not as many entries on the disk; later it may.
Result<void> write_saved_book(const std::filesystem::path& file, const SavedBook& book, const Journal& journal);
// Errors: file.*; those of Journal::read; data_loss "book.state": it is damaged, another journal's, or beyond what this
// one holds.
Result<SavedBook> read_saved_book(const std::filesystem::path& file, const Journal& journal);

// A teller, from the saved book in `file` where it fits; else everything is read. told: why it did not fit (a file that
// is not there is no reason). Errors: those of Teller::open without one.
Result<std::unique_ptr<Teller>> open_from_saved(const std::filesystem::path& file, Journal& journal,
                                                const BillingTerms& terms, std::function<std::int64_t()> now_ms,
                                                const std::function<void(const Error&)>& told);

}  // namespace stoa::licensing
