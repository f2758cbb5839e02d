// test_proof.hpp: a ledger with its log, and what a publisher is given of it. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "licensing/billing/ledger_log.hpp"
#include "licensing/billing/teller.hpp"
#include "licensing/billing/test_billing.hpp"
#include "licensing/journal/test_journal.hpp"
#include "licensing/proof/audit.hpp"
#include "licensing/proof/publisher_index.hpp"
#include "licensing/proof/shown_entry.hpp"
#include "registry/document/file.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {

// An entry that a publisher was shown, with bytes of its own.
struct OwnShown {
  ShownEntry shown;
  std::string half;
  void change(const std::function<void(Entry&)>& edit) {
    Entry entry = *decode_public(half);
    edit(entry);
    const std::string record = encode(entry, {});
    half = open_record(record)->public_half;
  }
};

inline ReadTile tiles_in(const std::filesystem::path& folder) {
  return [folder](const TilePlace& place) { return registry::read_small_file(folder / path_of(place), 1 << 20); };
}

// A host's side: calls of two customers, a refund of one, a payout.
class ProofTest : public testing::Test {
 protected:
  ProofTest() {
    terms_.add(PayingCustomer{
        .id = "cus_after", .currency = kEuro, .pays_ahead = false, .credit_limit = 1'000 * kNanoPerUnit});
    journal_ = *Journal::open(folder_ / "journal", {.segment_bytes = 2 * kFrameBodyBytesMax});
    teller_ = *Teller::open(*journal_, terms_, [this] { return now_ms_; });
    log_ = *LogFolder::open(folder_ / "log", verifier_, key_);
    EXPECT_TRUE(teller_->book(top_up("cus_ahead", 1'000 * kNanoPerUnit)));
  }
  std::uint64_t call(const std::string& customer, std::uint64_t tokens) {
    const Quantity most[] = {{"call", 1}, {"token.out", tokens}};
    const auto hold = teller_->hold(customer, "acme/vision", most);
    if (!hold) throw std::runtime_error(hold.error().message);
    const auto settled = teller_->settle(SomeCall(customer, tokens, now_ms_), *hold);
    if (!settled) throw std::runtime_error(settled.error().message);
    return settled->number;
  }
  // So many calls, a minute after each other, with what corrects and pays them among them.
  void trade(int calls) {
    for (int i = 0; i < calls; ++i, now_ms_ += 60'000) {
      const std::uint64_t number =
          call(i % 3 == 0 ? "cus_after" : "cus_ahead", static_cast<std::uint64_t>(i * 37 % 900));
      if (i % 50 == 20 || i % 50 == 40) EXPECT_TRUE(settle(*journal_));  // what is refunded is durable
      if (i % 50 == 20) EXPECT_TRUE(teller_->refund(number, 5'000'001, "it was wrong"));
      if (i % 50 == 40) EXPECT_TRUE(teller_->refund(number, {}, "all of it"));
      if (i % 100 == 60) {
        Entry payout{.currency = kEuro};
        payout.kind = EntryKind::payout;
        payout.booked_ms = payout.happened_ms = now_ms_;
        payout.postings = {{"payable:publisher/acme", 1'000'000}, {"cash:bank", -1'000'000}};
        EXPECT_TRUE(teller_->book(payout));
      }
    }
  }
  // What the log says of the journal now.
  void publish() {
    EXPECT_TRUE(settle(*journal_));
    EXPECT_TRUE(advance(*log_, *journal_));
  }
  // All that "acme" may see.
  std::vector<OwnShown> shown() const {
    PublisherIndex index;
    std::vector<OwnShown> all;
    EXPECT_TRUE(journal_->read(0, [&](std::uint64_t number, std::string_view record) {
      const auto opened = open_record(record);
      EXPECT_TRUE(index.add(*decode(record)));
      const auto& rows = index.rows("acme");
      if (rows.empty() || rows.back().number != number) return true;
      all.push_back({{number,
                      rows.back().total,
                      opened->salts.of_public,
                      private_commitment(opened->salts.of_private, opened->private_half),
                      {}},
                     std::string(opened->public_half)});
      return true;
    }));
    return all;
  }
  static std::string file_of(const std::vector<OwnShown>& all) {
    std::string file(kShownEntriesHead);
    for (const OwnShown& one : all) {
      ShownEntry shown = one.shown;
      shown.public_half = one.half;
      append_shown(file, shown);
    }
    return file;
  }
  Statement stated(std::int64_t from_ms, std::int64_t until_ms) const {
    StatementBuilder builder("publisher/acme", kEuro, from_ms, until_ms);
    EXPECT_TRUE(journal_->read(0, [&](std::uint64_t number, std::string_view record) {
      return builder.add(number, *decode(record)).has_value();
    }));
    return builder.finish(log_->checkpoint().head);
  }

  std::int64_t now_ms_ = kNowMs;
  registry::TestFolder folder_;
  registry::PrivateKey key_ = registry::PrivateKey::generate();
  NoteVerifier verifier_ = *NoteVerifier::make("stoa.example/ledger", key_.public_key());
  BillingTerms terms_ = some_terms();
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Teller> teller_;
  std::unique_ptr<LogFolder> log_;
};

}  // namespace stoa::licensing
