// publisher_folder_test.cpp: the index in runs says what the index of everything in memory says, whatever happens to
// its files. SPDX-License-Identifier: Apache-2.0
#include "licensing/proof/publisher_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "licensing/ledger/test_entries.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kRun = 7;
constexpr const char* kPublishers[] = {"acme", "rival", "rare", "late"};

class PublisherFolderTest : public testing::Test {
 protected:
  PublisherFolderTest() { open_log("log"); }
  void open_log(const char* name) {
    log_ = *LogFolder::open(folder_ / name, verifier_, key_);
    open();
  }
  void open() { runs_ = *PublisherFolder::open(folder_ / "publishers", *log_, kRun); }

  Entry next() {
    const std::uint64_t number = all_.size();
    const auto kind = random_() % 10;
    if (number > 0 && kind == 0) {
      Entry refund = booking({{"income:platform_fee", 1}, {"wallet:cus_1", -1}}, EntryKind::refund);
      refund.refers = random_() % number;
      return refund;
    }
    if (kind == 1) return booking({{"cash:bank", 5'000}, {"wallet:cus_1", -5'000}}, EntryKind::top_up);
    Entry call = call_entry();  // with a share for acme
    const bool is_rare = number == 3 || number == 100;
    const std::size_t whose = is_rare ? 2 : number > 150 ? 3 : random_() % 2;
    call.usage->model = std::string(kPublishers[whose]) + "/tool";
    if (random_() % 3 == 0) call.currency = *Currency::parse("USD");
    return call;
  }
  void grow(std::uint64_t entries) {
    for (; entries > 0; --entries) {
      made_.push_back(next());
      ASSERT_TRUE(all_.add(made_.back()));
      ASSERT_TRUE(runs_->add(made_.back()));
    }
  }
  // The log has so many entries; what they are is all one to the index.
  void bind(std::uint64_t size, const std::string& salt = "") {
    std::vector<std::string> texts;
    for (std::uint64_t at = log_->size(); at < size; ++at) texts.push_back(salt + std::to_string(at));
    const std::vector<std::string_view> entries(texts.begin(), texts.end());
    if (!entries.empty()) ASSERT_TRUE(log_->append(entries));
    ASSERT_TRUE(runs_->keep(*log_));
  }
  // What a host does at its start.
  void catch_up() {
    while (runs_->size() < made_.size()) ASSERT_TRUE(runs_->add(made_[runs_->size()]));
    ASSERT_TRUE(runs_->keep(*log_));
  }
  // Every publisher, in pages of every size.
  void compare(std::uint64_t size) {
    for (const char* const publisher : {"acme", "rival", "rare", "late", "nobody", ""}) {
      const auto& rows = all_.rows(publisher);
      const auto end = std::ranges::lower_bound(rows, size, {}, &PublisherRow::number);
      const std::vector<PublisherRow> wanted(rows.begin(), end);
      for (const std::uint64_t most : {1, 2, 5, 1'000}) {
        std::vector<PublisherRow> got;
        for (;;) {
          const PublisherPage page = runs_->page(publisher, got.size(), most, size);
          ASSERT_EQ(page.all, wanted.size());
          const auto some = page.rows();
          ASSERT_TRUE(some) << some.error().message;
          ASSERT_LE(some->size(), most);
          ASSERT_EQ(some->empty(), got.size() == wanted.size());
          if (some->empty()) break;
          got.insert(got.end(), some->begin(), some->end());
        }
        ASSERT_EQ(got, wanted) << publisher << " in pages of " << most;
      }
    }
  }
  fs::path run(std::uint64_t number) const {
    const std::string digits = std::to_string(number);
    return folder_ / "publishers" / (std::string(12 - digits.size(), '0') + digits + ".run");
  }

  registry::TestFolder folder_;
  registry::PrivateKey key_ = registry::PrivateKey::generate();
  NoteVerifier verifier_ = *NoteVerifier::make("stoa.example/ledger", key_.public_key());
  std::unique_ptr<LogFolder> log_;
  std::unique_ptr<PublisherFolder> runs_;
  PublisherIndex all_;
  std::vector<Entry> made_;
  std::mt19937_64 random_{11};
};

TEST_F(PublisherFolderTest, SaysWhatTheWholeIndexSaysOverRestarts) {
  std::uint64_t restarts = 0;
  for (int step = 0; step < 60; ++step) {
    grow(random_() % 9);
    const std::uint64_t bound = log_->size() + random_() % (made_.size() - log_->size() + 1);
    bind(bound);
    compare(bound);
    if (HasFatalFailure()) return;
    EXPECT_EQ(runs_->runs(), bound / kRun);
    if (random_() % 3 != 0) continue;
    open();
    EXPECT_EQ(runs_->size(), bound / kRun * kRun) << "all that is on the disk is known at once, and nothing else";
    catch_up();
    compare(bound);
    ++restarts;
  }
  EXPECT_GT(restarts, 10u);
  EXPECT_GT(runs_->runs(), 20u);
}

TEST_F(PublisherFolderTest, MakesAgainWhatWasLostOrChanged) {
  grow(70);
  bind(70);
  ASSERT_EQ(runs_->runs(), 10u);
  std::uint64_t whole = 10;
  for (const std::uintmax_t at : {std::uintmax_t{0}, std::uintmax_t{20}, std::uintmax_t{60}}) {
    std::fstream file(run(whole - 1), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const char was = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(was ^ 1));
    file.close();
    open();
    EXPECT_EQ(runs_->runs(), --whole);
    EXPECT_FALSE(fs::exists(run(whole)));
  }
  fs::resize_file(run(6), 30);
  open();
  EXPECT_EQ(runs_->runs(), 6u);
  fs::remove(run(2));
  open();
  EXPECT_EQ(runs_->runs(), 2u);
  EXPECT_FALSE(fs::exists(run(3))) << "what lies behind a gap does not count";
  catch_up();
  EXPECT_EQ(runs_->runs(), 10u);
  compare(70);
}

TEST_F(PublisherFolderTest, RefusesRowsThatWereChangedUnderAHead) {
  grow(70);
  bind(70);
  const auto size = fs::file_size(run(4));
  std::fstream file(run(4), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size - 3));
  file.put('\x7f');
  file.close();
  std::size_t refused = 0;
  for (const char* const publisher : kPublishers) {
    const auto rows = runs_->page(publisher, 0, 1'000, 70).rows();
    if (rows) continue;
    EXPECT_EQ(rows.error().reason, "publishers.broken");
    ++refused;
  }
  EXPECT_EQ(refused, 1u) << "who has its rows there";
  open();
  EXPECT_EQ(runs_->runs(), 10u) << "a start looks at the last one alone";
  runs_ = *PublisherFolder::open(folder_ / "publishers", *log_, kRun, PublisherFolder::Check::all);
  EXPECT_EQ(runs_->runs(), 4u);
  bind(70);
  catch_up();
  EXPECT_EQ(runs_->runs(), 10u);
  compare(70);
}

TEST_F(PublisherFolderTest, OfAnotherLogCountsForNothing) {
  grow(40);
  bind(40);
  EXPECT_EQ(runs_->runs(), 5u);
  // A journal that came back from a backup is shorter, or went on in another way.
  all_ = PublisherIndex();
  made_.clear();
  open_log("shorter");
  EXPECT_EQ(runs_->runs(), 0u) << "there is no log yet";
  grow(20);
  bind(15);
  EXPECT_EQ(runs_->runs(), 2u);
  open();
  EXPECT_EQ(runs_->runs(), 2u);
  open_log("another");
  EXPECT_EQ(runs_->runs(), 0u);
  catch_up();
  bind(20, "another");
  EXPECT_EQ(runs_->runs(), 2u);
  open_log("shorter");
  EXPECT_EQ(runs_->runs(), 0u) << "as many entries, and other ones";
  catch_up();
  compare(15);
}

}  // namespace
}  // namespace stoa::licensing
