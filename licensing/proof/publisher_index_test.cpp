// publisher_index_test.cpp: who sees which entry, and what it is owed after it. SPDX-License-Identifier: Apache-2.0
#include "licensing/proof/publisher_index.hpp"

#include <gtest/gtest.h>

#include "licensing/ledger/test_entries.hpp"

namespace stoa::licensing {
namespace {

using Row = PublisherRow;

TEST(PublisherIndex, ShowsEachPublisherItsOwnAndNothingElse) {
  PublisherIndex index;
  Entry free = call_entry();  // of rival's, that cost nothing
  free.usage->model = "rival/tool";
  free.postings.clear();
  Entry shared = call_entry();  // of rival's, with a share for acme
  shared.usage->model = "rival/tool";
  Entry refund_of_free = booking({{"income:platform_fee", 1}, {"wallet:cus_1", -1}}, EntryKind::refund);
  refund_of_free.refers = 2;
  Entry payout = booking({{"payable:publisher/acme", 500}, {"cash:bank", -500}}, EntryKind::payout);
  for (const Entry& entry : {booking({{"cash:bank", 5'000}, {"wallet:cus_1", -5'000}}, EntryKind::top_up), call_entry(),
                             free, shared, refund_of_free, payout})
    ASSERT_TRUE(index.add(entry));
  EXPECT_EQ(index.rows("acme"), (std::vector<Row>{{1, 700}, {3, 1'400}, {5, 900}}));
  EXPECT_EQ(index.rows("rival"), (std::vector<Row>{{2, 0}, {3, 0}, {4, 0}}));
  EXPECT_TRUE(index.rows("nobody").empty());
  EXPECT_TRUE(index.rows("").empty());
  EXPECT_EQ(index.size(), 6u);
  EXPECT_EQ(index.owner(0), "");
  EXPECT_EQ(index.owner(1), "acme");
  EXPECT_EQ(index.owner(3), "rival");
  EXPECT_EQ(index.owner(4), "rival");
  EXPECT_EQ(index.owner(5), "");
  EXPECT_EQ(index.owner(99), "");
}

TEST(PublisherIndex, KeepsCurrenciesApart) {
  PublisherIndex index;
  Entry dollars = booking({{"payable:publisher/acme", -3}, {"suspense", 3}});
  dollars.currency = *Currency::parse("USD");
  for (const Entry& entry : {call_entry(), dollars, call_entry()}) ASSERT_TRUE(index.add(entry));
  EXPECT_EQ(index.rows("acme"), (std::vector<Row>{{0, 700}, {1, 3}, {2, 1'400}}));
}

}  // namespace
}  // namespace stoa::licensing
