// book_state_test.cpp: a book written down and taken up again goes on as if it had never stopped.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>

#include "licensing/billing/saved_book.hpp"
#include "licensing/billing/test_busy_ledger.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

// The state after the first `entries` of a journal.
std::string state_after(const Journal& journal, const BillingTerms& terms, std::uint64_t entries,
                        std::string_view from_state = {}, std::uint64_t from = 0) {
  AccountsBook book(terms);
  if (!from_state.empty()) {
    const auto restored = book.restore(from_state);
    EXPECT_TRUE(restored) << restored.error().message;
  }
  const auto end = journal.read(from, [&](std::uint64_t number, std::string_view record) {
    if (number == entries) return false;
    const auto replayed = book.replay(*decode(record));
    EXPECT_TRUE(replayed) << "entry " << number << ": " << replayed.error().message;
    return true;
  });
  EXPECT_TRUE(end);
  return book.state();
}

TEST(BookState, AtAnyEntryAndTheRestReadIsAllOfItRead) {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    const registry::TestFolder folder;
    BusyLedger ledger(folder / "journal", seed);
    ledger.act(400);
    const std::uint64_t all = ledger.journal->durable();
    ASSERT_GT(all, 200u);
    const std::string whole = state_after(*ledger.journal, ledger.terms, all);
    EXPECT_EQ(ledger.teller->save()->entries, all);
    EXPECT_EQ(ledger.teller->save()->state, whole) << "what served is what is read";
    std::mt19937 random(seed);
    for (int i = 0; i < 8; ++i) {
      const std::uint64_t cut = random() % (all + 1);
      const std::string then = state_after(*ledger.journal, ledger.terms, cut);
      EXPECT_EQ(state_after(*ledger.journal, ledger.terms, all, then, cut), whole) << "cut at " << cut;
    }
  }
}

TEST(BookState, AnyCutOrChangedByteIsRefusedOrAnotherState) {
  const registry::TestFolder folder;
  BusyLedger ledger(folder / "journal");
  ledger.act(60);
  const std::string state = ledger.teller->save()->state;
  for (std::size_t size = 0; size < state.size(); ++size) {
    AccountsBook book(ledger.terms);
    const auto restored = book.restore(std::string_view(state).substr(0, size));
    ASSERT_FALSE(restored) << size;
    EXPECT_EQ(restored.error().reason, "book.state");
  }
  AccountsBook book(ledger.terms);
  EXPECT_FALSE(book.restore(state + "x"));
  const BillingTerms none;
  AccountsBook other(none);
  EXPECT_EQ(other.restore(state).error().reason, "book.state") << "customers that are not there";
}

class SavedBookTest : public testing::Test {
 protected:
  std::unique_ptr<Teller> opened() {
    told_.clear();
    auto teller = open_from_saved(
        file_, *ledger_.journal, ledger_.terms, [] { return kNowMs; },
        [this](const Error& error) { told_ = error.message; });
    EXPECT_TRUE(teller) << teller.error().message;
    return std::move(*teller);
  }
  std::string bytes() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(std::string_view bytes) const { std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes; }

  registry::TestFolder folder_;
  std::filesystem::path file_ = folder_ / "saved";
  BusyLedger ledger_{folder_ / "journal"};
  std::string told_;
};

TEST_F(SavedBookTest, OnlyWhatLiesBehindItIsRead) {
  ledger_.act(100);
  const SavedBook saved = *ledger_.teller->save();
  ASSERT_TRUE(write_saved_book(file_, saved, *ledger_.journal));
  ledger_.act(100);
  const SavedBook now = *ledger_.teller->save();
  const auto teller = opened();
  EXPECT_EQ(told_, "");
  EXPECT_EQ(teller->save()->entries, now.entries);
  EXPECT_EQ(teller->save()->state, now.state);
  EXPECT_EQ(teller->book(top_up("cus_ahead", 1)).value_or(0), now.entries);
  ASSERT_TRUE(settle(*ledger_.journal));
  EXPECT_GE(decode(entries_from(*ledger_.journal, now.entries).at(0))->booked_ms,
            decode(entries_from(*ledger_.journal, now.entries - 1).at(0))->booked_ms)
      << "the clock of the teller goes on where it was";
  // It is what was read that counts, not the entries before it.
  SavedBook richer = saved;
  AccountsBook book(ledger_.terms);
  ASSERT_TRUE(book.restore(saved.state));
  ASSERT_TRUE(book.book(top_up("cus_ahead", 5)));
  richer.state = book.state();
  ASSERT_TRUE(write_saved_book(file_, richer, *ledger_.journal));
  EXPECT_NE(opened()->save()->state, now.state);
}

TEST_F(SavedBookTest, OneThatDoesNotFitIsToldAndEverythingIsRead) {
  ledger_.act(60);
  const SavedBook saved = *ledger_.teller->save();
  EXPECT_EQ(opened()->save()->state, saved.state);
  EXPECT_EQ(told_, "") << "none is there";
  ASSERT_TRUE(write_saved_book(file_, saved, *ledger_.journal));
  const std::string whole = bytes();
  for (std::size_t at = 0; at < whole.size(); at += 1 + at / 64) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 4);
    write(changed);
    ASSERT_EQ(opened()->save()->state, saved.state) << at;
    ASSERT_NE(told_, "") << at;
    write(std::string_view(whole).substr(0, at));
    ASSERT_EQ(opened()->save()->state, saved.state) << at;
    ASSERT_NE(told_, "") << at;
  }
  // A journal that has the same id and fewer entries, or others: a backup that was brought back, and went on.
  write(whole);
  std::filesystem::create_directories(folder_ / "back");
  BusyLedger other(folder_ / "other", 7);
  other.act(80);
  const auto foreign = read_saved_book(file_, *other.journal);
  ASSERT_FALSE(foreign);
  EXPECT_NE(foreign.error().message.find("another journal"), std::string::npos);
  EXPECT_EQ(write_saved_book(file_, {saved.entries + 1, saved.state}, *ledger_.journal).error().reason,
            "book.not_durable");
  EXPECT_EQ(bytes(), whole) << "it stays what it was";
}

TEST_F(SavedBookTest, OfAJournalThatTookAnotherCourseIsRefused) {
  ledger_.act(40);
  ledger_.teller.reset();
  ledger_.journal.reset();
  std::filesystem::copy(folder_ / "journal", folder_ / "backup", std::filesystem::copy_options::recursive);
  const auto goes_on = [&](const char* name) {
    auto journal = Journal::open(folder_ / name, {.segment_bytes = 2 * kFrameBodyBytesMax});
    EXPECT_TRUE(journal);
    auto teller = Teller::open(**journal, ledger_.terms, [] { return kNowMs; });
    EXPECT_TRUE(teller);
    EXPECT_TRUE((*teller)->book(top_up("cus_ahead", 1'000)));
    EXPECT_TRUE(settle(**journal));
    return std::pair(std::move(*journal), std::move(*teller));
  };
  const auto [journal, teller] = goes_on("journal");
  ASSERT_TRUE(write_saved_book(file_, *teller->save(), *journal));
  const auto [back, again] = goes_on("backup");
  ASSERT_EQ(back->id(), journal->id());
  ASSERT_EQ(back->durable(), journal->durable());
  EXPECT_EQ(again->save()->state, teller->save()->state) << "the same, but for its salts";
  EXPECT_TRUE(read_saved_book(file_, *journal));
  EXPECT_EQ(read_saved_book(file_, *back).error().reason, "book.state");
}

}  // namespace
}  // namespace stoa::licensing
