// ledger_log_test.cpp: receipts of calls: what each reader learns, and what no byte of them can change.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/billing/ledger_log.hpp"

#include <gtest/gtest.h>

#include "licensing/billing/teller.hpp"
#include "licensing/billing/test_billing.hpp"
#include "licensing/journal/test_journal.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

using registry::PrivateKey;

class ReceiptTest : public testing::Test {
 protected:
  ReceiptTest() {
    journal_ = *Journal::open(folder_ / "journal", {.segment_bytes = 2 * kFrameBodyBytesMax});
    teller_ = *Teller::open(*journal_, terms_, [] { return kNowMs; });
    log_ = *LogFolder::open(folder_ / "log", verifier_, key_);
    EXPECT_TRUE(teller_->book(top_up("cus_ahead", kNanoPerUnit)));
  }
  std::uint64_t call() {
    const Quantity most[] = {{"call", 1}, {"token.out", 3'000}};
    const auto settled =
        teller_->settle(SomeCall("cus_ahead", 2'000), *teller_->hold("cus_ahead", "acme/vision", most));
    EXPECT_TRUE(settled);
    return settled->number;
  }
  void publish(std::size_t batch = 10'000) {
    ASSERT_TRUE(settle(*journal_));
    const auto advanced = advance(*log_, *journal_, batch);
    ASSERT_TRUE(advanced) << advanced.error().message;
    EXPECT_EQ(log_->size(), journal_->durable());
  }

  registry::TestFolder folder_;
  PrivateKey key_ = PrivateKey::generate();
  NoteVerifier verifier_ = *NoteVerifier::make("stoa.example/ledger", key_.public_key());
  BillingTerms terms_ = some_terms();
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Teller> teller_;
  std::unique_ptr<LogFolder> log_;
};

TEST_F(ReceiptTest, EachReaderLearnsItsPartAndCanProveIt) {
  for (int i = 0; i < 20; ++i) call();
  publish(7);
  const std::uint64_t number = call();
  publish();
  for (const Reader reader : {Reader::publisher, Reader::customer}) {
    const auto receipt = receipt_of(number, reader, *journal_, *log_);
    ASSERT_TRUE(receipt) << receipt.error().message;
    const auto entry = verify_receipt(*receipt, verifier_);
    ASSERT_TRUE(entry) << entry.error().message;
    EXPECT_EQ(entry->usage->model, "acme/vision");
    EXPECT_EQ(entry->usage->quantities[1].units, 2'000u);
    EXPECT_EQ(entry->party.has_value(), reader == Reader::customer);
    EXPECT_EQ(entry->postings.size(), reader == Reader::customer ? 5u : 4u);
  }
}

TEST_F(ReceiptTest, IsThereOnceTheLogHoldsIt) {
  const std::uint64_t number = call();
  EXPECT_EQ(receipt_of(number, Reader::customer, *journal_, *log_).error().reason, "ledger.no_entry");
  publish();
  EXPECT_TRUE(receipt_of(number, Reader::customer, *journal_, *log_));
  EXPECT_EQ(receipt_of(number + 1, Reader::customer, *journal_, *log_).error().reason, "ledger.no_entry");
}

TEST_F(ReceiptTest, ThatWasAlteredIsRefused) {
  const std::uint64_t number = call(), other = call();
  publish();
  const Receipt whole = *receipt_of(number, Reader::customer, *journal_, *log_);
  const auto reason_of = [&](auto change) {
    Receipt changed = whole;
    change(changed);
    const auto entry = verify_receipt(changed, verifier_);
    return entry ? std::string("accepted") : entry.error().reason;
  };
  for (std::size_t at = 0; at < whole.public_half.size(); ++at)
    EXPECT_EQ(reason_of([&](Receipt& r) { r.public_half[at] = static_cast<char>(r.public_half[at] ^ 1); }),
              "log.proof");
  for (std::size_t at = 0; at < whole.private_part->half.size(); ++at)
    EXPECT_EQ(
        reason_of([&](Receipt& r) { r.private_part->half[at] = static_cast<char>(r.private_part->half[at] ^ 1); }),
        "receipt.commitment");
  EXPECT_EQ(reason_of([](Receipt& r) { r.public_salt[0] ^= 1; }), "log.proof");
  EXPECT_EQ(reason_of([](Receipt& r) { r.private_part->salt[0] ^= 1; }), "receipt.commitment");
  EXPECT_EQ(reason_of([](Receipt& r) { r.private_commitment[0] ^= 1; }), "receipt.commitment");
  EXPECT_EQ(reason_of([&](Receipt& r) { r.number = other; }), "receipt.commitment");
  EXPECT_EQ(reason_of([&](Receipt& r) { r.number = r.proof.index = other; }), "log.proof");
  EXPECT_EQ(reason_of([](Receipt& r) { r.proof.checkpoint[0] ^= 1; }), "note.signature");
  const PrivateKey strangers = PrivateKey::generate();
  EXPECT_EQ(verify_receipt(whole, *NoteVerifier::make("stoa.example/ledger", strangers.public_key())).error().reason,
            "note.signature");
}

}  // namespace
}  // namespace stoa::licensing
