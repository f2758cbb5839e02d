// price_test.cpp: what units cost, together and call by call. SPDX-License-Identifier: Apache-2.0
#include "licensing/rating/price.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

namespace stoa::licensing {
namespace {

// 10 units free, then 30 at 5 per 2, then 2 per 2 with 100 once.
MeterPrice tiers_of(PriceModel model) {
  return {"token.out", model, 2, {{10, 0, 0}, {40, 5, 0}, {std::nullopt, 2, 100}}};
}

TEST(Price, OfUnitsTogether) {
  struct Row {
    MeterPrice price;
    std::uint64_t units;
    Nano cost;
  };
  const MeterPrice cent{"call", PriceModel::per_unit, 1, {{std::nullopt, 10'000'000, 0}}};
  const MeterPrice tenth{"token.in", PriceModel::per_unit, 1'000'000, {{std::nullopt, 100'000, 0}}};
  const Row rows[] = {
      {cent, 0, 0},
      {cent, 3, 30'000'000},
      {tenth, 9, 0},
      {tenth, 10, 1},
      {tenth, 19, 1},
      {tiers_of(PriceModel::graduated), 10, 0},
      {tiers_of(PriceModel::graduated), 11, 2},
      {tiers_of(PriceModel::graduated), 40, 75},
      {tiers_of(PriceModel::graduated), 41, 176},
      {tiers_of(PriceModel::volume), 10, 0},
      {tiers_of(PriceModel::volume), 40, 100},
      {tiers_of(PriceModel::volume), 41, 141},
      {tiers_of(PriceModel::package), 10, 0},
      {tiers_of(PriceModel::package), 11, 5},
      {tiers_of(PriceModel::package), 40, 75},
      {tiers_of(PriceModel::package), 41, 177},
  };
  for (const Row& row : rows) {
    ASSERT_TRUE(check_price(row.price)) << check_price(row.price).error().message;
    EXPECT_EQ(cost_of(row.price, row.units), row.cost) << name_of(row.price.model) << " " << row.units;
  }
}

TEST(Price, OfCallsSumsToThePriceOfAllHoweverTheyAreCut) {
  std::mt19937_64 random(3);
  for (const PriceModel model : {PriceModel::graduated, PriceModel::volume, PriceModel::package}) {
    for (int round = 0; round < 300; ++round) {
      const MeterPrice price = tiers_of(model);
      std::uint64_t used = 0;
      Nano charged = 0;
      while (used < 100) {
        const std::uint64_t quantity = random() % 20;
        const auto cost = cost_of_call(price, used, quantity);
        const auto most = most_cost(price, used, quantity);
        ASSERT_TRUE(cost && most);
        ASSERT_GE(*most, charged + *cost);
        if (model != PriceModel::volume) ASSERT_GE(*cost, 0);
        charged += *cost;
        used += quantity;
      }
      ASSERT_EQ(charged, cost_of(price, used));
    }
  }
}

TEST(Price, MostIsWhatAnyNumberOfTheUnitsCostsAtMost) {
  for (const PriceModel model : {PriceModel::graduated, PriceModel::volume, PriceModel::package}) {
    MeterPrice price = tiers_of(model);
    for (const Nano flat : {Nano{100}, Nano{0}}) {
      price.tiers[2].flat = flat;  // without it a volume price falls where the third tier begins
      for (std::uint64_t before = 0; before < 60; ++before) {
        for (std::uint64_t quantity = 0; quantity < 60; ++quantity) {
          Nano most = 0;
          for (std::uint64_t used = 0; used <= quantity; ++used) most = std::max(most, *cost_of(price, before + used));
          ASSERT_EQ(most_cost(price, before, quantity), most) << name_of(model) << " " << before << " + " << quantity;
        }
      }
    }
  }
}

TEST(Price, SaysWhenAnAmountDoesNotFit) {
  MeterPrice price{"call", PriceModel::per_unit, 1, {{std::nullopt, INT64_MAX, 0}}};
  EXPECT_EQ(cost_of(price, 1), INT64_MAX);
  EXPECT_EQ(cost_of(price, 2).error().reason, "money.overflow");
  EXPECT_EQ(cost_of(price, UINT64_MAX).error().reason, "money.overflow");
  EXPECT_EQ(cost_of_call(price, UINT64_MAX, 1).error().reason, "meter.overflow");
  EXPECT_EQ(most_cost(price, 1, UINT64_MAX).error().reason, "meter.overflow");
  EXPECT_EQ(most_cost(price, 1, 1).error().reason, "money.overflow");
  price = {"call", PriceModel::package, 1'000'000'000'000, {{std::nullopt, INT64_MAX, INT64_MAX}}};
  EXPECT_EQ(cost_of(price, UINT64_MAX).error().reason, "money.overflow");
}

TEST(Price, EachThatMakesNoSenseIsRefusedByItsField) {
  struct Row {
    const char* field;
    std::function<void(MeterPrice&)> change;
  };
  const Row rows[] = {
      {"meter", [](MeterPrice& p) { p.meter.clear(); }},
      {"per_units", [](MeterPrice& p) { p.per_units = 0; }},
      {"per_units", [](MeterPrice& p) { p.per_units = 1'000'000'000'001; }},
      {"tiers", [](MeterPrice& p) { p.tiers.clear(); }},
      {"tiers", [](MeterPrice& p) { p.tiers.resize(17); }},
      {"tiers", [](MeterPrice& p) { p.model = PriceModel::per_unit; }},
      {"tiers[0]", [](MeterPrice& p) { p.tiers[0].nano = -1; }},
      {"tiers[1]", [](MeterPrice& p) { p.tiers[1].flat = -1; }},
      {"tiers[2].up_to", [](MeterPrice& p) { p.tiers[2].up_to = 50; }},
      {"tiers[1].up_to", [](MeterPrice& p) { p.tiers[1].up_to.reset(); }},
      {"tiers[1].up_to", [](MeterPrice& p) { p.tiers[1].up_to = 10; }},
      {"tiers[0].up_to", [](MeterPrice& p) { p.tiers[0].up_to = 9; }},
  };
  for (const Row& row : rows) {
    MeterPrice price = tiers_of(PriceModel::package);
    row.change(price);
    const auto checked = check_price(price);
    ASSERT_FALSE(checked) << row.field;
    EXPECT_TRUE(checked.error().message.starts_with(std::string(row.field) + ": ")) << checked.error().message;
  }
}

}  // namespace
}  // namespace stoa::licensing
