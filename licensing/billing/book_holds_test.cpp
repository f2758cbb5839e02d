// book_holds_test.cpp: whatever was held for is charged, whatever the prices and in whatever order calls end.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "licensing/billing/test_billing.hpp"

namespace stoa::licensing {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

// A market of one customer and two price lists, whose terms change while calls are under way.
class Market {
 public:
  // Every other one is of single billionths, where what is cut off of a tax decides.
  explicit Market(unsigned seed) : most_(seed % 2 == 0 ? 20'000 : 40), random_(seed) {}

  void begin() {
    ASSERT_NO_FATAL_FAILURE(change_terms());
    give();
  }

  void step() {
    switch (below(40)) {
      case 0:
        return change_terms();
      case 1:
        return give();
      case 2:
        now_ms_ += static_cast<std::int64_t>(below(kHourMs));
        return;
      case 3:
        now_ms_ = start_of_period(Period::hour, now_ms_) + kHourMs;  // calls of both hours are under way
        return;
      default:
        return below(2) == 0 ? hold() : end_one(true);
    }
  }

  void end_all() {
    while (!open_.empty()) ASSERT_NO_FATAL_FAILURE(end_one(false));
  }

  // What every moment shows: wallet and promo have what is held of them, and no more is owed than ever could be.
  void check() const {
    const Balances& balances = *book_.balances(kEuro);
    const auto whole = balances.verify();
    ASSERT_TRUE(whole) << whole.error().message;
    const Balance owed = balances.balance("recv:cus_ahead");
    ASSERT_LE(owed.debits - owed.credits, limit_max_);
  }
  void check_end() const {
    for (const auto& [name, balance] : book_.balances(kEuro)->all()) ASSERT_EQ(balance.held, 0) << name;
    AccountsBook again(terms_);
    for (const Entry& entry : entries_) {
      const auto read = again.replay(entry);
      ASSERT_TRUE(read) << read.error().message;
    }
    ASSERT_EQ(again.state(), book_.state());
  }
  std::size_t refused() const { return refused_; }
  std::size_t charged() const { return entries_.size(); }

 private:
  struct Open {
    AccountsBook::CallHold hold;
    std::array<Quantity, 2> units;
    std::string model;
    std::int64_t happened_ms;
  };

  std::uint64_t below(std::uint64_t end) { return random_() % end; }

  Nano amount_below(Nano end) { return static_cast<Nano>(below(static_cast<std::uint64_t>(end))); }

  MeterPrice some_meter(std::string name) {
    for (;;) {
      const std::uint64_t per_units[] = {1, 1, 3, 100, 1'000};
      MeterPrice meter{std::move(name), static_cast<PriceModel>(below(4)), per_units[below(5)], {}};
      std::uint64_t up_to = 0;
      for (std::uint64_t tiers = meter.model == PriceModel::per_unit ? 1 : 1 + below(4); tiers > 0; --tiers) {
        up_to += (1 + below(6)) * (meter.model == PriceModel::package ? meter.per_units : 1 + below(150));
        const Nano price = below(3) == 0 ? 0 : amount_below(below(2) == 0 ? most_ / 2'000 + 2 : most_ / 7);
        meter.tiers.push_back(
            {tiers == 1 ? std::nullopt : std::optional(up_to), price, below(3) == 0 ? amount_below(most_ / 4) : 0});
      }
      if (check_price(meter)) return meter;
      name = std::move(meter.meter);
    }
  }

  void change_terms() {
    for (const char* const model : {"acme/vision", "acme/words"}) {
      if (version_ > 1 && below(2) == 0) continue;  // that list stays
      PriceList list{.id = std::string("pri_") + (model + 5), .publisher = "acme", .currency = kEuro};
      list.version = version_;
      list.period = below(2) == 0 ? Period::none : Period::hour;
      list.meters = {some_meter("call"), some_meter("token.out")};
      ASSERT_TRUE(check_price_list(list));
      terms_.add(std::make_shared<const PriceList>(list));
      terms_.charge(model, list.name(), "agr_1/1");
    }
    const std::uint32_t taxes[] = {0, 190'000, 333'333, 999'999};
    terms_.add(PayingCustomer{.id = "cus_ahead",
                              .version = version_++,
                              .currency = kEuro,
                              .pays_ahead = below(3) != 0,
                              .credit_limit = amount_below(most_),
                              .tax_ppm = taxes[below(4)],
                              .tax_office = below(2) == 0 ? "DE" : "none"});
    limit_max_ = std::max(limit_max_, terms_.customer("cus_ahead")->credit_limit);
    book_.set_terms(terms_);
  }

  void hold() {
    Open call{{},
              {{{"call", 1 + below(3)}, {"token.out", below(most_ > 100 ? 400 : 5)}}},
              below(2) == 0 ? "acme/vision" : "acme/words",
              now_ms_ - static_cast<std::int64_t>(below(10))};
    const auto held = book_.hold("cus_ahead", call.model, call.units, call.happened_ms);
    if (!held) {
      ++refused_;
      ASSERT_EQ(held.error().reason, "billing.no_funds");
      return;
    }
    call.hold = *held;
    open_.push_back(call);
  }

  void end_one(bool may_release) {
    if (open_.empty()) return;
    const auto at = open_.begin() + static_cast<std::ptrdiff_t>(below(open_.size()));
    Open call = *at;
    open_.erase(at);
    if (may_release && below(4) == 0) {
      book_.release(call.hold);
      return;
    }
    for (Quantity& quantity : call.units)
      if (below(3) != 0) quantity.units = below(quantity.units + 1);
    const CallParty party{.customer = "cus_ahead", .key = "key_1", .request = "r", .idempotency_key = "", .body = {}};
    const auto settled = book_.settle({.customer = "cus_ahead",
                                       .model = call.model,
                                       .version = "1.2.0",
                                       .quantities = call.units,
                                       .happened_ms = call.happened_ms,
                                       .party = &party},
                                      &call.hold, now_ms_);
    ASSERT_TRUE(settled) << settled.error().message;
    entries_.push_back(to_entry(*settled));
  }

  void give() {
    const Nano amount = 1 + amount_below(most_);
    Entry gift{.currency = kEuro};
    gift.postings = {{"expense:promo", amount}, {"promo:cus_ahead", -amount}};
    const Entry entry = below(2) == 0 ? gift : top_up("cus_ahead", amount);
    ASSERT_TRUE(book_.book(entry));
    entries_.push_back(entry);
  }

  const Nano most_;
  std::mt19937_64 random_;
  BillingTerms terms_ = some_terms();
  AccountsBook book_{terms_};
  std::vector<Open> open_;
  std::vector<Entry> entries_;
  std::uint32_t version_ = 1;
  std::int64_t now_ms_ = kNowMs;
  Nano limit_max_ = 0;
  std::size_t refused_ = 0;
};

TEST(HeldCalls, AreAllChargedAndNothingIsEverOverdrawn) {
  std::size_t refused = 0, charged = 0;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    Market market(seed);
    ASSERT_NO_FATAL_FAILURE(market.begin());
    for (int i = 0; i < 400; ++i) {
      ASSERT_NO_FATAL_FAILURE(market.step()) << "seed " << seed << ", step " << i;
      ASSERT_NO_FATAL_FAILURE(market.check()) << "seed " << seed << ", step " << i;
    }
    ASSERT_NO_FATAL_FAILURE(market.end_all()) << "seed " << seed;
    ASSERT_NO_FATAL_FAILURE(market.check_end()) << "seed " << seed;
    refused += market.refused();
    charged += market.charged();
  }
  EXPECT_GT(refused, 5'000u) << "wallets were never nearly empty";
  EXPECT_GT(charged, 20'000u);
}

}  // namespace
}  // namespace stoa::licensing
