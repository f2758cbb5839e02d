// verification_test.cpp: a sound ledger is found sound, and each way of breaking a rule is found by that rule.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/verification/verification.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <set>

#include "licensing/billing/ledger_log.hpp"
#include "licensing/billing/test_busy_ledger.hpp"
#include "licensing/projection/projection.hpp"
#include "registry/database/test_contents.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

class VerificationTest : public testing::Test {
 protected:
  // What the real writer makes of an entry that no teller would make.
  std::uint64_t append(const Entry& entry) {
    const auto number = ledger_.journal->append(encode(entry, {}));
    EXPECT_TRUE(number && settle(*ledger_.journal));
    return number.value_or(0);
  }
  Entry entry_at(std::uint64_t number) const { return *decode(entries_from(*ledger_.journal, number).at(0)); }
  // The newest call that cost something.
  std::uint64_t newest_call() const {
    for (std::uint64_t number = ledger_.journal->durable(); number > 0; --number)
      if (const Entry entry = entry_at(number - 1); entry.usage && entry.usage->gross > 1'000) return number - 1;
    throw std::runtime_error("no call cost anything");
  }
  Checkpoint checkpoint() {
    Frontier frontier;
    for (const std::string& record : entries_from(*ledger_.journal, 0)) {
      const Sha256 commitment = entry_commitment(*open_record(record));
      frontier.append(leaf_hash({reinterpret_cast<const char*>(commitment.data()), commitment.size()}));
    }
    return {"stoa.example/log", {frontier.size(), frontier.root()}, {}};
  }
  Statement statement(const std::string& party) const {
    StatementBuilder builder(party, kEuro, kNowMs, kNowMs + 2 * kDayMs);
    std::uint64_t number = 0;
    for (const std::string& record : entries_from(*ledger_.journal, 0))
      EXPECT_TRUE(builder.add(number++, *decode(record)));
    return builder.finish({number, {}});
  }
  void project() {
    const auto projection = Projection::open(folder_ / "projection.db", *ledger_.journal,
                                             [](const Error& error) { FAIL() << error.message; });
    ASSERT_TRUE(projection);
    while (*(*projection)->advance() > 0) {
    }
  }
  VerificationSources sources() {
    std::filesystem::remove_all(folder_ / "scratch");
    std::filesystem::create_directories(folder_ / "scratch");
    return {.journal = *ledger_.journal,
            .terms = std::make_shared<const BillingTerms>(ledger_.terms),
            .scratch = folder_ / "scratch"};
  }
  static Verification verified(const VerificationSources& sources) {
    auto verification = verify_ledger(sources);
    if (!verification) throw std::runtime_error(verification.error().message);
    return std::move(*verification);
  }
  // The rules that found something.
  static std::set<std::string> broken(const Verification& verification) {
    std::set<std::string> rules;
    for (const RuleVerdict& rule : verification.rules)
      if (rule.flaw) rules.insert(rule.rule);
    return rules;
  }
  static Flaw flaw_of(const Verification& verification, std::string_view rule) {
    for (const RuleVerdict& one : verification.rules)
      if (one.rule == rule && one.flaw) return *one.flaw;
    return {};
  }

  registry::TestFolder folder_;
  BusyLedger ledger_{folder_ / "journal"};
};

using Rules = std::set<std::string>;

TEST_F(VerificationTest, ASoundLedgerIsFoundSoundByEveryRule) {
  ledger_.act(600);
  project();
  auto all = sources();
  all.projection = folder_ / "projection.db";
  all.book = ledger_.teller->save();
  all.checkpoint = checkpoint();
  all.statements = {statement("publisher/acme"), statement("data/corpus")};
  std::uint64_t told = 0;
  all.told = [&](std::uint64_t done, std::uint64_t) { return told = done, true; };
  const Verification verification = verified(all);
  EXPECT_TRUE(verification.is_sound()) << *broken(verification).begin() << ' '
                                       << flaw_of(verification, *broken(verification).begin()).message;
  EXPECT_EQ(verification.entries, ledger_.journal->durable());
  std::vector<std::string> rules;
  for (const RuleVerdict& rule : verification.rules) {
    rules.push_back(rule.rule);
    EXPECT_TRUE(rule.was_checked) << rule.rule;
    if (rule.rule != "I4") EXPECT_GT(rule.checked, 0u) << rule.rule << ' ' << rule.says;
  }
  EXPECT_EQ(rules, (std::vector<std::string>{"I1", "I2", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I11"}));
  EXPECT_EQ(told, verification.entries);
  // What is not given is not checked, and says so.
  const Verification alone = verified(sources());
  EXPECT_TRUE(alone.is_sound());
  EXPECT_EQ(std::ranges::count(alone.rules, false, &RuleVerdict::was_checked), 4);
}

TEST_F(VerificationTest, AnEntryThatDoesNotSumIsFound) {
  ledger_.act(80);
  Entry entry = entry_at(newest_call());
  entry.kind = EntryKind::adjustment;
  entry.usage.reset();
  entry.party.reset();
  entry.postings = {{"cash:bank", 5}, {"income:breakage", -4}};
  const std::uint64_t number = append(entry);
  ledger_.act(0);
  const Verification verification = verified(sources());
  EXPECT_EQ(broken(verification), Rules{"I1"});
  EXPECT_EQ(flaw_of(verification, "I1").entry, number);
  EXPECT_EQ(flaw_of(verification, "I1").reason, "ledger.sum");
}

TEST_F(VerificationTest, ACallThatDoesNotSayByWhomIsFound) {
  ledger_.act(80);
  Entry entry = entry_at(newest_call());
  entry.party.reset();
  const std::uint64_t number = append(entry);
  const Verification verification = verified(sources());
  EXPECT_EQ(broken(verification), (Rules{"I1", "I3", "I7"}));
  EXPECT_EQ(flaw_of(verification, "I3").entry, number);
}

TEST_F(VerificationTest, AKeyThatWasChargedTwiceIsFound) {
  ledger_.act(80);
  const CallParty party{
      .customer = "cus_after", .key = "key_1", .request = "r", .idempotency_key = "order-7", .body = {}};
  const Quantity one[] = {{"call", 1}};
  std::uint64_t number = 0;
  for (int i = 0; i < 2; ++i) {
    const auto hold = ledger_.teller->hold("cus_after", "acme/vision", one);
    ASSERT_TRUE(hold) << hold.error().message;
    const ServedCall call{.customer = party.customer,
                          .model = "acme/vision",
                          .version = "1.2.0",
                          .quantities = one,
                          .happened_ms = ledger_.now_ms,
                          .party = &party};
    number = ledger_.teller->settle(call, *hold)->number;
  }
  ASSERT_TRUE(settle(*ledger_.journal));
  const Verification verification = verified(sources());
  EXPECT_EQ(broken(verification), Rules{"I4"});
  EXPECT_EQ(flaw_of(verification, "I4").entry, number);
  EXPECT_EQ(flaw_of(verification, "I4").message,
            "customer 'cus_after', key 'order-7': entry " + std::to_string(number - 1) + " has charged it before");
}

TEST_F(VerificationTest, AWalletBelowZeroIsFound) {
  ledger_.act(80);
  Entry entry{.currency = kEuro};
  entry.booked_ms = entry.happened_ms = ledger_.now_ms;
  entry.postings = {{"wallet:cus_ahead", 1'000'000 * kNanoPerUnit}, {"suspense", -1'000'000 * kNanoPerUnit}};
  const std::uint64_t number = append(entry);
  const Verification verification = verified(sources());
  EXPECT_EQ(broken(verification), Rules{"I6"});
  EXPECT_EQ(flaw_of(verification, "I6").entry, number);
  EXPECT_EQ(flaw_of(verification, "I6").reason, "ledger.overdraft");
}

TEST_F(VerificationTest, AShareOffByOneBillionthIsFound) {
  ledger_.act(200);
  // The next call as it would be, with one billionth from one party given to the other.
  const CallParty party{.customer = "cus_after", .key = "key_1", .request = "r", .idempotency_key = "", .body = {}};
  const Quantity one[] = {{"call", 1}};
  AccountsBook book(ledger_.terms);
  ASSERT_TRUE(book.restore(ledger_.teller->save()->state));
  const ServedCall call{.customer = party.customer,
                        .model = "acme/vision",
                        .version = "1.2.0",
                        .quantities = one,
                        .happened_ms = ledger_.now_ms,
                        .party = &party};
  Entry entry = to_entry(*book.settle(call, nullptr, ledger_.now_ms));
  const std::uint64_t right = append(entry);
  EXPECT_TRUE(verified(sources()).is_sound());
  entry = to_entry(*book.settle(call, nullptr, ledger_.now_ms));
  entry.postings[0].amount += 1;
  entry.postings[1].amount -= 1;
  append(entry);
  const Verification verification = verified(sources());
  EXPECT_EQ(broken(verification), Rules{"I7"});
  EXPECT_EQ(flaw_of(verification, "I7").entry, right + 1);
  EXPECT_EQ(flaw_of(verification, "I7").reason, "audit.differs");
}

TEST_F(VerificationTest, ARefundOfMoreThanAPartyGotIsFound) {
  ledger_.act(80);
  const std::uint64_t number = newest_call();
  const Entry call = entry_at(number);
  Entry refund{.currency = call.currency};
  refund.kind = EntryKind::refund;
  refund.booked_ms = refund.happened_ms = ledger_.now_ms;
  refund.refers = number;
  for (const Posting& posting : call.postings) refund.postings.push_back({posting.account, -posting.amount});
  const auto whole = refund.postings;
  // All of it to one party's burden.
  Nano others = 0;
  for (std::size_t i = 1; i + 1 < refund.postings.size(); ++i) others += refund.postings[i].amount;
  refund.postings = {{whole.front().account, whole.front().amount + others}, whole.back()};
  append(refund);
  const Verification verification = verified(sources());
  EXPECT_EQ(broken(verification), Rules{"I8"});
  EXPECT_EQ(flaw_of(verification, "I8").reason, "refund.too_much");
  EXPECT_EQ(flaw_of(verification, "I8").entry, ledger_.journal->durable() - 1);
}

TEST_F(VerificationTest, ARefundOfNoCallIsFound) {
  ledger_.act(80);
  Entry refund{.currency = kEuro};
  refund.kind = EntryKind::refund;
  refund.booked_ms = refund.happened_ms = ledger_.now_ms;
  refund.postings = {{"income:platform_fee", 7}, {"recv:cus_after", -7}};
  const std::uint64_t number = append(refund);
  EXPECT_EQ(flaw_of(verified(sources()), "I8").entry, number);
  refund.refers = number;
  append(refund);
  EXPECT_EQ(broken(verified(sources())), Rules{"I8"});
}

TEST_F(VerificationTest, ALogOfOtherEntriesIsFound) {
  ledger_.act(80);
  auto given = sources();
  given.checkpoint = checkpoint();
  ledger_.act(20);  // the log may be behind
  EXPECT_TRUE(verified(given).is_sound());
  given.checkpoint->head.root[5] ^= 1;
  EXPECT_EQ(broken(verified(given)), Rules{"I9"});
  EXPECT_EQ(flaw_of(verified(given), "I9").reason, "log.root");
  given.checkpoint->head.size = 10'000;
  EXPECT_EQ(flaw_of(verified(given), "I9").reason, "log.ahead");
}

TEST_F(VerificationTest, AStatementOffByOneBillionthIsFound) {
  ledger_.act(200);
  auto given = sources();
  given.statements = {statement("data/corpus"), statement("publisher/acme")};
  ledger_.act(50);  // what came later is not in it
  EXPECT_TRUE(verified(given).is_sound());
  given.statements[1].closing += 1;
  const Verification verification = verified(given);
  EXPECT_EQ(broken(verification), Rules{"I11"});
  EXPECT_NE(flaw_of(verification, "I11").message.find("closing"), std::string::npos);
}

TEST_F(VerificationTest, ABookThatHoldsSomethingElseIsFound) {
  ledger_.act(200);
  auto given = sources();
  given.book = ledger_.teller->save();
  ledger_.act(50);
  EXPECT_TRUE(verified(given).is_sound());
  AccountsBook richer(ledger_.terms);
  ASSERT_TRUE(richer.restore(given.book->state));
  ASSERT_TRUE(richer.book(top_up("cus_ahead", 1)));
  given.book->state = richer.state();
  const Verification verification = verified(given);
  EXPECT_EQ(broken(verification), Rules{"I2"});
  EXPECT_NE(flaw_of(verification, "I2").message.find("account 'cash:bank' EUR"), std::string::npos)
      << flaw_of(verification, "I2").message;
}

TEST_F(VerificationTest, AProjectionThatSaysSomethingElseIsFound) {
  ledger_.act(120);
  project();
  ledger_.act(20);  // it may be behind
  auto given = sources();
  given.projection = folder_ / "projection.db";
  EXPECT_TRUE(verified(given).is_sound());
  registry::run_on(given.projection, "UPDATE earnings SET amount = amount + 1 WHERE account = 1");
  std::filesystem::remove_all(folder_ / "scratch");
  std::filesystem::create_directories(folder_ / "scratch");
  const Verification verification = verified(given);
  EXPECT_EQ(broken(verification), Rules{"I2"});
  EXPECT_EQ(flaw_of(verification, "I2").reason, "projection.differs");
}

TEST_F(VerificationTest, AJournalThatCannotBeReadToItsEndIsFound) {
  ledger_.act(80);
  const std::uint64_t number = ledger_.journal->durable();
  ASSERT_TRUE(ledger_.journal->append("no entry at all"));
  ASSERT_TRUE(settle(*ledger_.journal));
  const Verification verification = verified(sources());
  EXPECT_EQ(broken(verification), Rules{"I5"});
  EXPECT_EQ(flaw_of(verification, "I5").entry, number);
  EXPECT_EQ(flaw_of(verification, "I5").reason, "entry.form");
}

TEST_F(VerificationTest, AJournalWhoseBytesWereChangedIsFound) {
  ledger_.act(40);
  ledger_.act(40);
  const auto segment = segments_in(folder_ / "journal")->front();
  {
    std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(kSegmentHeadBytes + 200);
    file.write("X", 1);
  }
  const Verification verification = verified(sources());
  EXPECT_EQ(broken(verification), Rules{"I5"});
  EXPECT_EQ(flaw_of(verification, "I5").reason, "journal.damaged");
}

TEST_F(VerificationTest, CanBeStopped) {
  ledger_.act(20'000);
  auto given = sources();
  given.told = [](std::uint64_t, std::uint64_t) { return false; };
  const auto verification = verify_ledger(given);
  ASSERT_FALSE(verification);
  EXPECT_EQ(verification.error().reason, "verification.stopped");
}

}  // namespace
}  // namespace stoa::licensing
