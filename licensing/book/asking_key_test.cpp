// asking_key_test.cpp: by a key nobody gets past the limits of that key. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>

#include "licensing/book/test_book.hpp"

namespace stoa::licensing {
namespace {

constexpr Scopes kInfer = static_cast<Scopes>(Scope::infer), kAccount = static_cast<Scopes>(Scope::account),
                 kManage = static_cast<Scopes>(Scope::manage);

// A customer with a key that has every limit there is, made by an operator.
class AskingKeyTest : public testing::Test {
 protected:
  AskingKeyTest() {
    limits_.name = "team";
    limits_.scopes = kInfer | kManage;
    limits_.models = {"acme/vision", "rival/*"};
    limits_.rate = Rate{5, 1'000};
    limits_.budget = Quota{"call", 100, Period::month};
    limits_.expires_ms = on_.now_ms + 1'000'000;
    team_ = TestBook::good(on_->create_key(on_.alice, on_.northwind.id, limits_));
    by_team_ = on_.actor_of(team_.secret);
  }

  Shown<ApiKey> make(const Actor& by, const std::string& name, Scopes scopes = kInfer) {
    NewKey wanted;
    wanted.name = name;
    wanted.scopes = scopes;
    return TestBook::good(on_->create_key(by, on_.northwind.id, wanted));
  }
  std::string create(const Actor& by, const NewKey& wanted) {
    return on_.refusal([&] { return on_->create_key(by, on_.northwind.id, wanted); });
  }
  std::string rotate(const Actor& by, const ApiKeyId& id) {
    return on_.refusal([&] { return on_->rotate_key(by, id, 1'000); });
  }
  std::string revoke(const Actor& by, const ApiKeyId& id) {
    return on_.refusal([&] { return on_->revoke_key(by, id, "so"); });
  }

  ReadyBook on_;
  NewKey limits_;
  Shown<ApiKey> team_;
  Actor by_team_;
};

struct Wish {
  const char* what;
  std::function<void(NewKey&)> change;  // of a key of the asking key's own limits
  std::string outcome;
};

TEST_F(AskingKeyTest, MakesNoWiderOne) {
  const std::int64_t end_ms = *limits_.expires_ms;
  const Wish table[] = {
      {"the same", [](NewKey&) {}, "done"},
      {"fewer scopes", [](NewKey& key) { key.scopes = kInfer; }, "done"},
      {"another scope", [](NewKey& key) { key.scopes = kInfer | kAccount; }, "key.wider"},
      {"one scope, another", [](NewKey& key) { key.scopes = kAccount; }, "key.wider"},
      {"models left out", [](NewKey& key) { key.models.clear(); }, "done"},
      {"fewer models", [](NewKey& key) { key.models = {"acme/vision"}; }, "done"},
      {"one of a publisher's", [](NewKey& key) { key.models = {"rival/talk"}; }, "done"},
      {"another model", [](NewKey& key) { key.models = {"acme/vision", "acme/talk"}; }, "key.wider"},
      {"all of a publisher's", [](NewKey& key) { key.models = {"acme/*"}; }, "key.wider"},
      {"of a longer name", [](NewKey& key) { key.models = {"rivals/talk"}; }, "key.wider"},
      {"rate left out", [](NewKey& key) { key.rate.reset(); }, "done"},
      {"a higher rate", [](NewKey& key) { key.rate = Rate{6, 1'000}; }, "key.wider"},
      {"a shorter window", [](NewKey& key) { key.rate = Rate{5, 999}; }, "key.wider"},
      {"a lower rate beside it", [](NewKey& key) { key.rate = Rate{4, 1'000}; }, "key.wider"},
      {"budget left out", [](NewKey& key) { key.budget.reset(); }, "done"},
      {"a larger budget", [](NewKey& key) { key.budget->amount = 101; }, "key.wider"},
      {"a smaller one beside it", [](NewKey& key) { key.budget->amount = 1; }, "key.wider"},
      {"of another meter", [](NewKey& key) { key.budget->meter = "token.out"; }, "key.wider"},
      {"of another period", [](NewKey& key) { key.budget->period = Period::day; }, "key.wider"},
      {"end left out", [](NewKey& key) { key.expires_ms.reset(); }, "done"},
      {"an earlier end", [&](NewKey& key) { key.expires_ms = end_ms - 1; }, "done"},
      {"a later end", [&](NewKey& key) { key.expires_ms = end_ms + 1; }, "key.wider"},
  };
  for (const Wish& wish : table) {
    SCOPED_TRACE(wish.what);
    NewKey wanted = limits_;
    wanted.name = "made";
    wish.change(wanted);
    // Whoever has no limits may make them all.
    EXPECT_EQ(create(by_team_, wanted), wish.outcome);
    wanted.name = "made-by-head";
    EXPECT_EQ(create(on_.customer, wanted), "done");
    wanted.name = "made-by-alice";
    EXPECT_EQ(create(on_.alice, wanted), "done");
    for (const ApiKey& key : TestBook::good(on_->keys(on_.northwind.id, {.after = "", .most = 1'000})))
      if (key.name.starts_with("made") && !key.revoked_ms) ASSERT_EQ(revoke(on_.alice, key.id), "done");
  }
}

TEST_F(AskingKeyTest, GivesWhatIsLeftOutAsItHasIt) {
  const ApiKey made = make(by_team_, "made").record;
  const ApiKey kept = TestBook::good(on_->key(made.id));
  for (const ApiKey& one : {made, kept}) {
    EXPECT_EQ(one.scopes, kInfer);
    EXPECT_EQ(one.models, limits_.models);
    EXPECT_EQ(one.rate, limits_.rate);
    EXPECT_EQ(one.budget, limits_.budget);
    EXPECT_EQ(one.expires_ms, limits_.expires_ms);
    EXPECT_EQ(one.made_by, team_.record.id);
  }
  const ApiKey free = make(on_.customer, "free").record;
  EXPECT_TRUE(free.models.empty() && !free.rate && !free.budget && !free.expires_ms);
}

// Each has one limit alone, and is asked to replace and to revoke a key without it.
TEST_F(AskingKeyTest, ReplacesAndRevokesNoWiderOne) {
  struct Row {
    const char* what;
    std::function<void(NewKey&)> narrow;
  };
  const Row table[] = {
      {"scopes", [](NewKey& key) { key.scopes = kManage; }},
      {"models", [](NewKey& key) { key.models = {"acme/vision"}; }},
      {"rate", [](NewKey& key) { key.rate = Rate{5, 1'000}; }},
      {"budget", [](NewKey& key) { key.budget = Quota{"call", 100, Period::month}; }},
      {"end", [&](NewKey& key) { key.expires_ms = on_.now_ms + 1'000; }},
  };
  for (const Row& row : table) {
    SCOPED_TRACE(row.what);
    NewKey narrow;
    narrow.name = row.what;
    narrow.scopes = kInfer | kManage;
    row.narrow(narrow);
    const auto asking = TestBook::good(on_->create_key(on_.alice, on_.northwind.id, narrow));
    const Actor by = on_.actor_of(asking.secret);
    for (const ApiKeyId& wider : {on_.plain_key.record.id, on_.key.record.id}) {
      EXPECT_EQ(rotate(by, wider), "key.wider");
      EXPECT_EQ(revoke(by, wider), "key.wider");
    }
    // One of the very same terms: what it used of rate and budget would be used once more.
    narrow.name += "-twin";
    const auto twin = TestBook::good(on_->create_key(on_.alice, on_.northwind.id, narrow)).record.id;
    const std::string outcome = narrow.rate || narrow.budget ? "key.wider" : "done";
    EXPECT_EQ(rotate(by, twin), outcome);
    const ApiKeyId own = make(by, "own", kManage).record.id;
    const ApiKeyId next = TestBook::good(on_->rotate_key(by, own, 0)).record.id;
    EXPECT_EQ(revoke(by, next), "done");
    const auto self = TestBook::good(on_->rotate_key(by, asking.record.id, 500));
    EXPECT_EQ(revoke(on_.actor_of(self.secret), asking.record.id), "done");
    EXPECT_EQ(revoke(on_.actor_of(self.secret), self.record.id), "done");
  }
}

TEST_F(AskingKeyTest, TouchesNoElder) {
  const auto child = make(on_.customer, "child", TestBook::kAllScopes);
  const Actor by_child = on_.actor_of(child.secret);
  const auto grandchild = make(by_child, "grandchild", TestBook::kAllScopes);
  const Actor by_grandchild = on_.actor_of(grandchild.secret);
  const auto next = TestBook::good(on_->rotate_key(on_.customer, on_.key.record.id, 10'000));
  for (const Actor& by : {by_child, by_grandchild})
    for (const ApiKeyId& elder : {on_.key.record.id, next.record.id}) {
      EXPECT_EQ(revoke(by, elder), "key.elder");
      if (elder == next.record.id) EXPECT_EQ(rotate(by, elder), "key.elder");
    }
  EXPECT_EQ(rotate(by_grandchild, child.record.id), "key.elder");
  const auto turned = TestBook::good(on_->rotate_key(by_child, child.record.id, 0));
  EXPECT_EQ(revoke(by_grandchild, turned.record.id), "key.elder");
  EXPECT_EQ(revoke(by_grandchild, on_.plain_key.record.id), "done");  // no elder, and no wider
  EXPECT_EQ(revoke(on_.actor_of(turned.secret), grandchild.record.id), "done");
  EXPECT_EQ(revoke(on_.actor_of(next.secret), turned.record.id), "done");
}

// Whoever found a key that is being replaced gets by it no key that lasts.
TEST_F(AskingKeyTest, ThatWasRotatedMakesNoneThatOutlivesIt) {
  const RequestToken once{"turn", registry::sha256_of("body")};
  const auto next = TestBook::good(on_->rotate_key(on_.customer, on_.key.record.id, 10'000, once));
  NewKey wanted;
  wanted.name = "made";
  EXPECT_EQ(create(on_.customer, wanted), "key.state");
  EXPECT_EQ(rotate(on_.customer, on_.plain_key.record.id), "key.wider");
  EXPECT_EQ(rotate(on_.customer, next.record.id), "key.wider");
  EXPECT_EQ(revoke(on_.customer, next.record.id), "key.wider");
  const auto again = TestBook::good(on_->rotate_key(on_.customer, on_.key.record.id, 10'000, once));
  EXPECT_EQ(again.record.id, next.record.id) << "the answer was lost";
  EXPECT_EQ(revoke(on_.customer, on_.key.record.id), "done") << "itself";
  EXPECT_EQ(create(on_.customer, wanted), "key.revoked") << "taken back while its request was on its way";
  EXPECT_EQ(create(on_.actor_of(again.secret), wanted), "done");
}

TEST_F(AskingKeyTest, ThatExpiredMeanwhileMakesNone) {
  on_.now_ms = *limits_.expires_ms;
  NewKey wanted;
  wanted.name = "made";
  EXPECT_EQ(create(by_team_, wanted), "key.expired");
}

TEST_F(AskingKeyTest, IsFollowedThroughEightGenerations) {
  Actor by = on_.customer;
  int generations = 0;
  for (std::string outcome = "done"; outcome == "done"; ++generations) {
    ASSERT_LT(generations, 100);
    NewKey wanted;
    wanted.name = "g" + std::to_string(generations);
    wanted.scopes = TestBook::kAllScopes;
    const auto made = on_->create_key(by, on_.northwind.id, wanted);
    outcome = made ? "done" : made.error().reason;
    if (made)
      by = on_.actor_of(made->secret);
    else
      EXPECT_EQ(outcome, "key.generations");
  }
  EXPECT_EQ(generations, 9);
}

}  // namespace
}  // namespace stoa::licensing
