// audit_test.cpp: a publisher's audit says equal of an honest host, and finds each lie by its name.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/proof/audit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "licensing/proof/own_statement.hpp"
#include "licensing/proof/test_proof.hpp"

namespace stoa::licensing {
namespace {

class AuditTest : public ProofTest {
 protected:
  AuditTest() {
    trade(100);
    publish();
    older_.push_back(log_->note());
    trade(500);
    publish();
    entries_ = shown();
    statements_ = {stated(kNowMs, kNowMs + 180 * 60'000), stated(kNowMs + 180 * 60'000, now_ms_)};
  }
  // How a liar's log would look: with these as its leaves.
  std::string lie(const std::vector<OwnShown>& all, const std::filesystem::path& folder) {
    const auto log = *LogFolder::open(folder, verifier_, key_);
    std::uint64_t next = 0;
    std::vector<std::string> leaves;
    for (const OwnShown& one : all) {
      for (; next < one.shown.number; ++next) leaves.push_back("another's " + std::to_string(next));
      const Sha256 commitment = entry_commitment(one.shown.salt, one.half, one.shown.private_commitment);
      leaves.emplace_back(commitment.begin(), commitment.end());
      next = one.shown.number + 1;
    }
    const std::vector<std::string_view> views(leaves.begin(), leaves.end());
    EXPECT_TRUE(log->append(views));
    return log->note();
  }
  std::string found_by(const std::string& file, const std::string& note, const std::filesystem::path& tiles,
                       std::span<const std::string> older, std::span<const Statement> statements) const {
    const auto report = audit({.publisher = "acme",
                               .log = verifier_,
                               .checkpoint = note,
                               .older = older,
                               .read_tile = tiles_in(tiles),
                               .entries = file,
                               .terms = terms_,
                               .statements = statements});
    return report ? "equal" : report.error().reason + ": " + report.error().message;
  }
  // An entry is changed, and the log is made anew so that it fits: the liar holds the key.
  std::string found_in(const std::function<void(std::vector<OwnShown>&)>& change) {
    std::vector<OwnShown> all = entries_;
    change(all);
    const auto folder = folder_ / ("lie" + std::to_string(++lies_));
    const std::string note = lie(all, folder);
    return found_by(file_of(all), note, folder, {}, {});
  }
  // The same, and the log is what it was.
  std::string found_here(const std::function<void(std::vector<OwnShown>&)>& change) const {
    std::vector<OwnShown> all = entries_;
    change(all);
    return found_by(file_of(all), log_->note(), folder_ / "log", older_, statements_);
  }
  std::string found_stated(const std::function<void(Statement&)>& change) const {
    std::vector<Statement> all = statements_;
    change(all[1]);
    return found_by(file_of(entries_), log_->note(), folder_ / "log", older_, all);
  }
  static std::size_t at(const std::vector<OwnShown>& all, EntryKind kind, std::size_t nth = 0) {
    for (std::size_t i = 0; i < all.size(); ++i)
      if (decode_public(all[i].half)->kind == kind && nth-- == 0) return i;
    ADD_FAILURE() << "there is none";
    return 0;
  }

  std::vector<std::string> older_;
  std::vector<OwnShown> entries_;
  std::vector<Statement> statements_;
  int lies_ = 0;
};

#define EXPECT_FOUND(found, wanted) EXPECT_EQ(std::string(found).substr(0, std::string(wanted).size()), wanted)

TEST_F(AuditTest, OfAnHonestHostSaysEqual) {
  const std::string file = file_of(entries_);
  const auto report = audit({.publisher = "acme",
                             .log = verifier_,
                             .checkpoint = log_->note(),
                             .older = older_,
                             .read_tile = tiles_in(folder_ / "log"),
                             .entries = file,
                             .terms = terms_,
                             .statements = statements_});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->counts.entries, entries_.size());
  EXPECT_EQ(report->counts.calls, 600u);
  EXPECT_EQ(report->counts.refunds, 24u);
  EXPECT_EQ(report->counts.others, 6u);
  EXPECT_EQ(report->counts.owed.at(kEuro), statements_[1].closing);
  EXPECT_EQ(report->head, log_->checkpoint().head);
  EXPECT_EQ(found_in([](std::vector<OwnShown>&) {}), "equal");
}

TEST_F(AuditTest, TheStatementIsWorkedOutByThePublisherItself) {
  const std::string file = file_of(entries_);
  for (const Statement& issued : statements_) {
    const auto own = own_statements(file, "acme", issued.from_ms, issued.until_ms, issued.head);
    ASSERT_TRUE(own) << own.error().message;
    const auto euros = std::ranges::find(*own, kEuro, &Statement::currency);
    ASSERT_NE(euros, own->end());
    EXPECT_EQ(*euros, issued);
  }
  EXPECT_TRUE(own_statements(file, "acme", 0, kNowMs - 1, {})->empty()) << "before its first entry";
  EXPECT_EQ(own_statements(file.substr(0, file.size() - 1), "acme", kNowMs, now_ms_ + 1, {}).error().reason,
            "audit.form");
}

TEST_F(AuditTest, WhatWasAlteredIsNotInTheLog) {
  for (const auto& change : std::vector<std::function<void(Entry&)>>{
           [](Entry& e) { e.postings[0].amount -= 1; }, [](Entry& e) { e.usage->gross += 1; },
           [](Entry& e) { e.usage->agreement = "agr_1/2"; }, [](Entry& e) { e.booked_ms += 1; }})
    EXPECT_FOUND(found_here([&](std::vector<OwnShown>& all) { all[9].change(change); }),
                 "log.not_in: entry 10: another one stands in the log");
  EXPECT_FOUND(found_here([](std::vector<OwnShown>& all) { all[3].shown.salt[0] ^= 1; }), "log.not_in: entry 4");
  EXPECT_FOUND(found_here([](std::vector<OwnShown>& all) { all[3].shown.number = 5; }), "log.not_in: entry 5");
  EXPECT_FOUND(found_here([](std::vector<OwnShown>& all) { all.back().shown.number += 10'000; }), "log.not_in: entry");
}

TEST_F(AuditTest, LiesThatTheLogBearsOutAreWorkedOut) {
  const auto found_entry = [&](const std::function<void(Entry&)>& change) {
    return found_in([&](std::vector<OwnShown>& all) { all[9].change(change); });
  };
  EXPECT_FOUND(found_entry([](Entry& e) { e.usage->gross += 1; }), "audit.differs: entry 10: gross: the entry says");
  EXPECT_FOUND(found_entry([](Entry& e) { e.usage->quantities[1].units += 1'000; }), "audit.differs: entry 10: gross");
  EXPECT_FOUND(found_entry([](Entry& e) { e.postings[0].amount += 1, e.postings[2].amount -= 1; }),
               "audit.differs: entry 10: posting 1: the entry says payable:publisher/acme -0.");
  EXPECT_FOUND(found_entry([](Entry& e) { e.postings.erase(e.postings.begin() + 1); }),
               "audit.differs: entry 10: posting 2");
  EXPECT_FOUND(found_entry([](Entry& e) { e.postings.push_back({"income:more", -1}); }), "audit.differs: entry 10: ");
  EXPECT_FOUND(found_entry([](Entry& e) { e.usage->agreement = "agr_1/2"; }),
               "audit.differs: entry 10: agreement 'agr_1/2' is not among the terms");
  EXPECT_FOUND(found_entry([](Entry& e) { e.usage->price = "pri_9/1"; }),
               "audit.differs: entry 10: price list 'pri_9/1' is not among the terms");
  EXPECT_FOUND(found_entry([](Entry& e) { e.usage->tax = 5; }), "audit.differs: entry 10: posting 4");
  // A version that was signed, and did not count yet: its shares are its own, and it is found all the same.
  Agreement later = *terms_.agreement("agr_1/1");
  later.version = 3;
  later.from_ms = now_ms_ + 1;
  terms_.add(std::make_shared<const Agreement>(later));
  EXPECT_FOUND(found_entry([](Entry& e) { e.usage->agreement = "agr_1/3"; }),
               "audit.differs: entry 10: agreement 'agr_1/3' counts from 2023-11-");
  EXPECT_FOUND(found_in([](std::vector<OwnShown>& all) { all[9].shown.total -= 1; }),
               "audit.differs: entry 10: owed after it: the entry says");
}

TEST_F(AuditTest, WhoseTokensTheyWereIsNotTakenFromOneForAnother) {
  // Another payer's name would give it a thousand free tokens more.
  EXPECT_FOUND(found_in([](std::vector<OwnShown>& all) {
                 all[at(all, EntryKind::usage, 150)].change([](Entry& e) { e.usage->payer = "pay_another"; });
               }),
               "audit.differs: entry ");
}

TEST_F(AuditTest, WhatIsLeftOutDoubledOrOutOfOrderIsFound) {
  EXPECT_FOUND(found_here([](std::vector<OwnShown>& all) { all.erase(all.begin() + 50); }), "audit.differs: entry 5");
  EXPECT_FOUND(found_here([](std::vector<OwnShown>& all) { all.insert(all.begin() + 50, all[50]); }),
               "audit.differs: entry 51: stands behind entry 51: it is there twice, or out of order");
  EXPECT_FOUND(found_here([](std::vector<OwnShown>& all) { std::swap(all[50], all[51]); }), "audit.differs: entry 5");
  // The last one left out breaks no sum but the statement's.
  EXPECT_FOUND(found_here([](std::vector<OwnShown>& all) { all.pop_back(); }),
               "audit.differs: statement from 2023-11-15");
}

TEST_F(AuditTest, RefundsAreTheirCallsRunBack) {
  const auto found_refund = [&](const std::function<void(Entry&)>& change) {
    return found_in([&](std::vector<OwnShown>& all) { all[at(all, EntryKind::refund)].change(change); });
  };
  EXPECT_FOUND(found_refund([](Entry& e) { e.postings[0].amount += 1, e.postings[1].amount -= 1; }),
               "audit.differs: entry 22: posting 1: the entry says payable:publisher/acme");
  EXPECT_FOUND(found_refund([](Entry& e) { e.postings[0].amount += 50'000'000; }),
               "audit.differs: entry 22: refund: 0.05");
  EXPECT_FOUND(found_refund([](Entry& e) { e.refers = 500; }),
               "audit.differs: entry 22: refund: it names no earlier entry");
  EXPECT_FOUND(found_refund([](Entry& e) { e.refers = 0; }),
               "audit.differs: entry 22: refund: entry 0 is not among this publisher's");
  EXPECT_FOUND(found_in([&](std::vector<OwnShown>& all) {
                 const std::uint64_t first = all[at(all, EntryKind::refund)].shown.number;
                 all[at(all, EntryKind::refund, 1)].change([&](Entry& e) { e.refers = first; });
               }),
               "audit.differs: entry 43: refund: entry 22 is no call");
  // A whole refund, and once more.
  EXPECT_FOUND(found_in([&](std::vector<OwnShown>& all) {
                 all[at(all, EntryKind::refund, 2)].change(
                     [&](Entry& e) { e = *decode_public(entries_[at(entries_, EntryKind::refund, 1)].half); });
               }),
               "audit.differs: entry ");
}

TEST_F(AuditTest, AnotherLogIsNotTakenForThisOne) {
  const std::string file = file_of(entries_);
  const auto tiles = folder_ / "log";
  // A second log of the same length under the same key: two roots for one size.
  std::vector<OwnShown> other = entries_;
  other[9].change([](Entry& e) { e.reason = "another"; });
  const std::string forked = lie(other, folder_ / "forked");
  EXPECT_FOUND(found_by(file_of(other), forked, folder_ / "forked", std::vector{log_->note()}, {}), "log.forked: ");
  EXPECT_FOUND(found_by(file_of(other), forked, folder_ / "forked", older_, {}), "log.forked: ");
  // An older head for the newest.
  EXPECT_FOUND(found_by(file, older_[0], tiles, std::vector{log_->note()}, {}), "log.rolled_back: the log had");
  const auto small = folder_ / "small";
  const auto log = *LogFolder::open(small, verifier_, key_);
  EXPECT_FOUND(found_by(std::string(kShownEntriesHead), log->note(), small, older_, {}),
               "log.rolled_back: the log had");
  // Another's key, or a signature that was changed.
  const auto stranger = registry::PrivateKey::generate();
  const auto theirs =
      *LogFolder::open(folder_ / "theirs", *NoteVerifier::make("stoa.example/ledger", stranger.public_key()), stranger);
  EXPECT_FOUND(found_by(file, theirs->note(), tiles, {}, {}), "note.signature");
  std::string changed = log_->note();
  changed[changed.size() - 8] = changed[changed.size() - 8] == 'A' ? 'B' : 'A';
  EXPECT_FOUND(found_by(file, changed, tiles, {}, {}), "note.signature");
}

TEST_F(AuditTest, AStatementThatIsOffByOneBillionthIsFound) {
  EXPECT_EQ(found_stated([](Statement&) {}), "equal");
  for (const auto& change : std::vector<std::function<void(Statement&)>>{
           [](Statement& s) { s.closing += 1; }, [](Statement& s) { s.opening -= 1; },
           [](Statement& s) { s.lines[0].amount += 1; }, [](Statement& s) { s.lines[0].gross += 1; },
           [](Statement& s) { s.lines[0].entries -= 1; }, [](Statement& s) { s.lines.pop_back(); },
           [](Statement& s) { s.until_ms -= 60'000; }})
    EXPECT_FOUND(found_stated(change), "audit.differs: statement from 2023-11-15T");
  EXPECT_FOUND(found_stated([](Statement& s) { s.head.root[0] ^= 1; }), "log.forked: statement from");
  EXPECT_FOUND(found_stated([](Statement& s) { s.party = "publisher/rival"; }), "audit.differs: a statement is");
}

TEST_F(AuditTest, AFileThatIsCutOffIsRefused) {
  const std::string file = file_of(entries_);
  const auto found = [&](const std::string& cut) { return found_by(cut, log_->note(), folder_ / "log", {}, {}); };
  EXPECT_FOUND(found(file.substr(0, file.size() - 1)), "audit.form");
  EXPECT_FOUND(found(file + "x"), "audit.form");
  EXPECT_FOUND(found(""), "audit.form");
  EXPECT_FOUND(found("x" + file), "audit.form");
}

}  // namespace
}  // namespace stoa::licensing
