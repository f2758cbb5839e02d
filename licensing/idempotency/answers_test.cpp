// answers_test.cpp: what a key stands for, at any moment and after any end. SPDX-License-Identifier: Apache-2.0
#include "licensing/idempotency/answers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>

#include "licensing/journal/test_journal.hpp"
#include "licensing/ledger/entry_codec.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

using State = KeyStanding::State;

class AnswersTest : public testing::Test {
 protected:
  AnswersTest() { open(); }

  void open() {
    answers.reset();
    ledger.reset();
    auto journal = Journal::open(folder / "journal", {.segment_bytes = 32u << 20});
    if (!journal) throw std::runtime_error(journal.error().message);
    ledger = std::move(*journal);
    auto opened = Answers::open(
        {.folder = folder / "answers", .index_every_ms = index_every_ms, .journal = {.segment_bytes = 32u << 20}},
        *ledger);
    if (!opened) throw std::runtime_error(opened.error().message);
    answers = std::move(*opened);
  }

  // An entry that charges a call with a key, as billing writes it.
  std::uint64_t charge(const std::string& key, const Sha256& request) {
    Entry entry{.kind = EntryKind::usage, .booked_ms = 1, .happened_ms = 1, .currency = *Currency::parse("EUR")};
    entry.postings = {{"wallet:cus_1", 5}, {"income:platform_fee", -5}};
    entry.usage = Usage{.model = "acme/vision",
                        .version = "1.0.0",
                        .payer = "pay_1",
                        .price = "pri_1/1",
                        .agreement = "agr_1/1",
                        .gross = 5};
    entry.party = CallParty{"cus_1", "key_1", "req", key, request};
    const auto number = ledger->append(encode(entry, {}));
    EXPECT_TRUE(number && settle(*ledger));
    return *number;
  }
  KeptAnswer answer_of(const std::string& key, const Sha256& request, std::optional<std::uint64_t> entry,
                       std::string body = "answer") {
    return {.call_key = call_key_of("cus_1", key),
            .request = request,
            .entry = entry,
            .content_type = "application/json",
            .body = std::move(body)};
  }
  void keep(const KeptAnswer& answer) {
    ASSERT_TRUE(answers->keep(answer));
    ASSERT_TRUE(settle(answers->journal()));
  }
  KeyStanding begin(const std::string& key, const Sha256& request) {
    auto standing = answers->begin(call_key_of("cus_1", key), request);
    EXPECT_TRUE(standing) << standing.error().message;
    return *standing;
  }
  // Opening again writes what is in memory into the index; this lets the index miss it, as a crash does.
  void lose_index() {
    answers.reset();
    for (const char* const end : {"", "-wal", "-shm"}) std::filesystem::remove((folder / "answers.db").string() + end);
  }

  const registry::TestFolder folder;
  const Sha256 one = registry::sha256_of("one"), other = registry::sha256_of("other");
  std::uint32_t index_every_ms = 60'000;
  std::unique_ptr<Journal> ledger;
  std::unique_ptr<Answers> answers;
};

TEST_F(AnswersTest, OfOneKeyAndOneRequestAreOne) {
  EXPECT_EQ(begin("k", one).state, State::begun);
  EXPECT_EQ(begin("k", one).state, State::running);
  EXPECT_EQ(begin("k", other).state, State::other_body);
  const std::uint64_t entry = charge("k", one);
  keep(answer_of("k", one, entry));
  for (int round = 0; round < 2; ++round) {
    const KeyStanding standing = begin("k", one);
    EXPECT_EQ(standing.state, State::answered);
    EXPECT_EQ(standing.entry, entry);
    EXPECT_EQ(*answers->read(*standing.answer), answer_of("k", one, entry));
    EXPECT_EQ(begin("k", other).state, State::other_body);
    open();
    EXPECT_EQ(answers->in_memory(), 0u);
  }
}

TEST_F(AnswersTest, ACallThatFailedMayBeMadeAgainAlsoWithAnotherRequest) {
  EXPECT_EQ(begin("k", one).state, State::begun);
  answers->give_up(call_key_of("cus_1", "k"), std::nullopt);
  EXPECT_EQ(begin("k", other).state, State::begun);
}

TEST_F(AnswersTest, ACallThatWasChargedAndHasNoAnswerRunsAgainAndKnowsItsEntry) {
  begin("given up", one);
  const std::uint64_t entry = charge("given up", one);
  answers->give_up(call_key_of("cus_1", "given up"), entry);
  begin("crashed", one);
  const std::uint64_t later = charge("crashed", one);
  for (const bool is_lost : {false, true}) {
    if (is_lost) lose_index();
    open();
    EXPECT_EQ(begin("given up", other).state, State::other_body);
    for (const auto& [key, charged] : {std::pair("given up", entry), {"crashed", later}}) {
      const KeyStanding standing = begin(key, one);
      EXPECT_EQ(standing.state, State::begun) << key;
      EXPECT_EQ(standing.entry, charged) << key;
    }
  }
  keep(answer_of("crashed", one, later));
  open();
  EXPECT_EQ(begin("crashed", one).state, State::answered);
}

TEST_F(AnswersTest, TheIndexIsMadeAgainFromTheJournals) {
  std::vector<std::optional<std::uint64_t>> entries;
  for (int i = 0; i < 50; ++i) {
    const std::string key = "k" + std::to_string(i);
    begin(key, one);
    entries.push_back(i % 3 == 0 ? std::nullopt : std::optional(charge(key, one)));
    if (i % 5 == 0) charge("", one);  // of a call without a key
    keep(answer_of(key, one, entries.back(), std::string(static_cast<std::size_t>(i) * 7'000, 'x')));
  }
  lose_index();
  open();
  for (int i = 0; i < 50; ++i) {
    const std::string key = "k" + std::to_string(i);
    const KeyStanding standing = begin(key, one);
    ASSERT_EQ(standing.state, State::answered);
    EXPECT_EQ(standing.entry, entries[static_cast<std::size_t>(i)]);
    EXPECT_EQ(answers->read(*standing.answer)->body.size(), static_cast<std::size_t>(i) * 7'000);
  }
}

// Nothing is durable while it is shut.
class ShutDisk final : public Disk {
 public:
  ssize_t write_durably(int descriptor, const void* bytes, std::size_t size, off_t offset) override {
    is_shut_.wait(true);
    return real_disk().write_durably(descriptor, bytes, size, offset);
  }
  void shut(bool is_shut) {
    is_shut_ = is_shut;
    is_shut_.notify_all();
  }

 private:
  std::atomic<bool> is_shut_{false};
};

TEST_F(AnswersTest, AnAnswerIsSeenByNobodyBeforeItIsDurable) {
  answers.reset();
  ShutDisk disk;
  answers =
      std::move(*Answers::open({.folder = folder / "answers", .journal = {.segment_bytes = 32u << 20}}, *ledger, disk));
  begin("k", one);
  disk.shut(true);
  ASSERT_TRUE(answers->keep(answer_of("k", one, std::nullopt, std::string(200'000, 'x'))));
  EXPECT_EQ(begin("k", one).state, State::running);
  disk.shut(false);
  ASSERT_TRUE(settle(answers->journal()));
  EXPECT_EQ(begin("k", one).state, State::answered);
}

TEST_F(AnswersTest, AnAnswerThatIsTooLongIsRememberedAsSuch) {
  begin("k", one);
  keep(answer_of("k", one, charge("k", one), std::string((1u << 20) + 1, 'x')));
  const auto read = answers->read(*begin("k", one).answer);
  EXPECT_FALSE(read->is_kept);
  EXPECT_TRUE(read->body.empty());
  EXPECT_EQ(read->entry, 0u);
}

TEST_F(AnswersTest, MovesIntoItsIndexWhileItWorksAndIsNeverNeither) {
  index_every_ms = 1;
  open();
  for (int i = 0; i < 300; ++i) {
    const std::string key = "k" + std::to_string(i);
    ASSERT_EQ(begin(key, one).state, State::begun);
    keep(answer_of(key, one, std::nullopt));
    ASSERT_EQ(begin(key, one).state, State::answered) << i;
  }
}

TEST_F(AnswersTest, OfManyThreadsWithOneKeyExactlyOneRuns) {
  index_every_ms = 1;
  open();
  for (int round = 0; round < 50; ++round) {
    const std::string key = "k" + std::to_string(round);
    std::atomic<int> runs{0}, answered{0};
    std::barrier together(8);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        together.arrive_and_wait();
        for (;;) {
          const auto standing = answers->begin(call_key_of("cus_1", key), one);
          if (!standing || standing->state == State::answered) break;
          if (standing->state != State::begun) continue;
          ++runs;
          if (!answers->keep(answer_of(key, one, std::nullopt))) break;
        }
        ++answered;
      });
    threads.clear();
    ASSERT_EQ(runs, 1);
    ASSERT_EQ(answered, 8);
  }
}

TEST_F(AnswersTest, AnIndexThatKnowsMoreThanTheJournalsIsRefused) {
  begin("k", one);
  keep(answer_of("k", one, charge("k", one)));
  answers.reset();
  ledger.reset();
  std::filesystem::remove_all(folder / "journal");
  ledger = std::move(*Journal::open(folder / "journal", {.segment_bytes = 32u << 20}));
  const auto opened = Answers::open({.folder = folder / "answers", .journal = {.segment_bytes = 32u << 20}}, *ledger);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason, "idempotency.index");
}

TEST_F(AnswersTest, WhereTheDiskFailsNothingIsBegunAnyMore) {
  answers.reset();
  FailingDisk disk(30);
  answers =
      std::move(*Answers::open({.folder = folder / "answers", .journal = {.segment_bytes = 32u << 20}}, *ledger, disk));
  bool is_durable = true;
  for (int i = 0; is_durable && i < 100; ++i) {
    const std::string key = "k" + std::to_string(i);
    ASSERT_EQ(begin(key, one).state, State::begun);
    ASSERT_TRUE(answers->keep(answer_of(key, one, std::nullopt)));
    is_durable = settle(answers->journal());
  }
  EXPECT_FALSE(is_durable);
  EXPECT_EQ(answers->begin(call_key_of("cus_1", "next"), one).error().reason, "journal.failed");
}

}  // namespace
}  // namespace stoa::licensing
