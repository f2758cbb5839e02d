// entry_codec_test.cpp: entries become bytes and come back, and every changed bit is seen.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/ledger/entry_codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "licensing/ledger/test_entries.hpp"

namespace stoa::licensing {
namespace {

Salts some_salts() {
  Salts salts;
  salts.of_public.fill(3);
  salts.of_private.fill(7);
  return salts;
}

TEST(EntryCodec, ReadsWhatItWrote) {
  Entry refund = booking({{"payable:publisher/acme", 700}, {"income:platform_fee", 490}, {"wallet:cus_1", -1'190}},
                         EntryKind::refund);
  refund.refers = UINT64_MAX;
  refund.reason = "it was the wrong picture";
  Entry extremes = booking({{"income:x", INT64_MIN}, {"fx:EUR-USD", INT64_MAX}, {"suspense", 1}});
  extremes.booked_ms = INT64_MAX;
  for (const Entry& entry : {call_entry(), refund, extremes}) {
    const std::string record = encode(entry, some_salts());
    const auto read = decode(record);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, entry);
    EXPECT_EQ(encode(*read, some_salts()), record);
  }
}

TEST(EntryCodec, ThePublicHalfSaysNothingOfTheCustomer) {
  const std::string record = encode(call_entry("cus_secret"), some_salts());
  const auto opened = open_record(record);
  ASSERT_TRUE(opened);
  for (const char* secret : {"cus_secret", "key_1", "req-1", "idem-1", "wallet"}) {
    EXPECT_EQ(opened->public_half.find(secret), std::string_view::npos) << secret;
    EXPECT_NE(opened->private_half.find(secret), std::string_view::npos) << secret;
  }
  const auto shown = decode_public(opened->public_half);
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->usage, call_entry().usage);
  EXPECT_EQ(shown->postings.size(), 4u);
  EXPECT_FALSE(shown->party);
}

TEST(EntryCodec, EveryChangedBitChangesTheCommitmentOrIsRefused) {
  const std::string record = encode(call_entry(), some_salts());
  const Sha256 commitment = entry_commitment(*open_record(record));
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    std::string changed = record;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    const auto opened = open_record(changed);
    if (opened) EXPECT_NE(entry_commitment(*opened), commitment) << bit;
    if (const auto read = decode(changed)) EXPECT_EQ(encode(*read, opened->salts), changed) << bit;
  }
}

TEST(EntryCodec, EveryTruncationIsRefused) {
  const std::string record = encode(call_entry(), some_salts());
  for (std::size_t size = 0; size < record.size(); ++size)
    EXPECT_EQ(decode(std::string_view(record).substr(0, size)).error().reason, "entry.form") << size;
  EXPECT_EQ(decode(record + "x").error().reason, "entry.form");
}

}  // namespace
}  // namespace stoa::licensing
