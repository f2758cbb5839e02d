// licence_choice_test.cpp: which of a customer's licences admits a call, and what it is granted by that.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>
#include <string_view>
#include <vector>

#include "licensing/admission/test_access.hpp"

namespace stoa::licensing {
namespace {

constexpr std::int64_t kChosenMs = TestAccess::kNowMs;
constexpr Moment kChosen{1'000'000'000'000, kChosenMs};
constexpr CalledModel kCalled{"acme/vision", "1.4.0", 1};

Admitted call_of(TestAccess& world) {
  CallerMemo memo = read_shown({.key = world.key, .lease = {}});
  Admitted out;
  world.admission.admit(memo, kCalled, kChosen, out);
  return out;
}

// A publisher's file with the id of another licence: neither counts for the other, nor changes what that allows.
TEST(LicenceChoice, OneIdOfTwoIssuersIsCountedForEach) {
  TestAccess world;
  world.licence().quotas = {{"call", 2, Period::month}};
  world.licence().rate = Rate{4, 86'400'000};
  HeldLicence other = world.holdings.licences[0];
  other.is_from_file = true;
  other.licence.issuer = "acme";
  other.licence.quotas = {{"call", 1'000, Period::month}};
  other.licence.rate = Rate{1'000, 86'400'000};
  other.licence.subject.customer = "cus_2";
  world.holdings.customers.push_back({.id = {"cus_2"}, .name = "other", .display_name = {}, .state_because = {}});
  for (const bool is_first : {true, false}) {
    auto& licences = world.holdings.licences;
    licences.resize(1);
    licences.insert(is_first ? licences.begin() : licences.end(), other);
    world.publish();
    const auto snapshot = world.admission.current();
    ASSERT_EQ(snapshot->licences.size(), 2u);
    const LicenceAccess& own = snapshot->licences[is_first ? 1 : 0];
    const LicenceAccess& others = snapshot->licences[is_first ? 0 : 1];
    EXPECT_EQ(others.id, "acme/" + own.id);
    EXPECT_NE(own.seat_number, others.seat_number);
    EXPECT_EQ(own.rate->terms().calls, 4u);
    EXPECT_EQ(others.rate->terms().calls, 1'000u);
    EXPECT_EQ(own.meters.now->calls->amount(), 2u);
    EXPECT_EQ(others.meters.now->calls->amount(), 1'000u);
    licences.erase(licences.begin() + (is_first ? 0 : 1));
  }
}

// The ones that do not cover the call, or that it took nothing of, grant it nothing.
TEST(LicenceChoice, EntitlementsAreOfTheLicenceThatAdmittedTheCall) {
  struct Row {
    const char* what;
    std::function<void(TestAccess&, Licence&)> change;  // of the licence that grants
    std::int64_t limit;                                 // 0: nothing
  };
  const Row rows[] = {
      {"the only one", [](TestAccess& w, Licence&) { w.licence().covers[0].versions = "^9"; }, 5'000},
      {"a second one of the same", [](TestAccess&, Licence&) {}, 0},
      {"of another version", [](TestAccess&, Licence& l) { l.covers[0].versions = "^2"; }, 0},
      {"floating, without a lease", [](TestAccess&, Licence& l) { l.floating = Floating{1, 60}; }, 0},
      {"used up", [](TestAccess&, Licence& l) { l.quotas = {{"call", 0, Period::none}}; }, 0},
      {"once the other is used up", [](TestAccess& w, Licence&) { w.licence().quotas = {{"call", 0, Period::none}}; },
       5'000},
      {"expired", [](TestAccess&, Licence& l) { l.expires_ms = kChosenMs; }, 0},
  };
  for (const Row& row : rows) {
    TestAccess world;
    Licence granting = TestAccess::licence_for("cus_1", "acme/vision", "*");
    granting.entitlements = {{"context.long", 5'000}, {"vision.hd", -1}};
    row.change(world, granting);
    world.add_licence(granting);
    world.publish();
    const Admitted admitted = call_of(world);
    ASSERT_EQ(admitted.refusal, Refusal::none) << row.what;
    const auto limit = [&](std::string_view feature, std::string_view customer = "cus_1",
                           std::int64_t at_ms = kChosenMs) {
      const auto grant = world.admission.entitlement(customer, admitted.licence, feature, at_ms);
      return grant ? grant->limit : 0;
    };
    EXPECT_EQ(limit("context.long"), row.limit) << row.what;
    EXPECT_EQ(limit("vision.hd"), row.limit == 0 ? 0 : -1) << row.what;
    EXPECT_EQ(limit("colour"), 0) << row.what;
    EXPECT_EQ(limit("context.long", "cus_2"), 0) << row.what;
    if (row.limit == 0) continue;
    EXPECT_FALSE(world.admission.entitlement("cus_1", 0, "context.long", kChosenMs)) << "no licence admitted it";
    world.holdings.licences.back().revoked_ms = kChosenMs;
    world.publish();
    EXPECT_EQ(limit("context.long"), 0) << row.what << ", revoked since";
  }
}

// A session's release, which is not the one that the call was admitted for.
TEST(LicenceChoice, AnotherReleaseIsGrantedWhatTheSameLicenceGrantsForIt) {
  TestAccess world;
  Licence second = TestAccess::licence_for("cus_1", "acme/*", "^2");
  world.add_licence(second);
  world.publish();
  CallerMemo memo = read_shown({.key = world.key, .lease = {}});
  Admitted admitted;
  world.admission.admit(memo, kCalled, kChosen, admitted);
  ASSERT_EQ(admitted.licence, seat_number_of(world.licence().id.text));
  std::uint64_t licence = admitted.licence;
  EXPECT_EQ(world.admission.see_release(memo, {"acme/vision", "1.9.0", 2}, kChosen, licence), Refusal::none);
  EXPECT_EQ(licence, admitted.licence);
  EXPECT_EQ(world.admission.see_release(memo, {"acme/vision", "2.0.0", 3}, kChosen, licence), Refusal::none);
  EXPECT_EQ(licence, 0u) << "another one covers it";
  licence = admitted.licence;
  EXPECT_EQ(world.admission.see_release(memo, {"acme/vision", "3.0.0", 4}, kChosen, licence), Refusal::licence_version);
}

// However many lie before it that admit nothing.
TEST(LicenceChoice, TheLastOfManyLicencesIsFound) {
  constexpr std::size_t kMany = 200;
  struct Row {
    const char* what;
    std::function<void(Licence&)> change;  // of those that admit nothing
    Refusal refusal;                       // where there are no others
  };
  const Row rows[] = {
      {"packs that are used up", [](Licence& l) { l.quotas = {{"call", 1, Period::none}}; }, Refusal::licence_used_up},
      {"other versions", [](Licence& l) { l.covers = {{"acme/vision", "^9"}}; }, Refusal::licence_version},
      {"rates that are exceeded", [](Licence& l) { l.rate = Rate{1, 86'400'000}; }, Refusal::licence_rate},
      {"of floating ones", [](Licence& l) { l.floating = Floating{1, 60}; }, Refusal::lease_missing},
      {"one with many coverages", [](Licence& l) { l.covers = std::vector<Coverage>(64, {"acme/vision", "^9"}); },
       Refusal::licence_version},
  };
  for (const Row& row : rows)
    for (const char* model : {"acme/vision", "acme/*"}) {
      TestAccess world;
      world.holdings.licences.clear();
      for (std::size_t i = 0; i < kMany; ++i) {
        Licence licence = TestAccess::licence_for("cus_1", "acme/vision", "*");
        row.change(licence);
        world.add_licence(licence);
      }
      world.publish();
      std::size_t before = 0;
      while (before <= kMany) {
        Admitted out = call_of(world);
        if (out.refusal != Refusal::none) break;
        out.ticket.settle({});
        ++before;
      }
      const bool is_usable_once = row.refusal == Refusal::licence_used_up || row.refusal == Refusal::licence_rate;
      EXPECT_EQ(before, is_usable_once ? kMany : 0) << row.what << ", each of them once";
      EXPECT_EQ(call_of(world).refusal, row.refusal) << row.what;
      const Licence good = TestAccess::licence_for("cus_1", model, "^1");
      world.add_licence(good);
      world.publish();
      for (int i = 0; i < 3; ++i) {
        const Admitted out = call_of(world);
        EXPECT_EQ(out.refusal, Refusal::none) << row.what << " before " << model;
        EXPECT_EQ(out.licence, seat_number_of(good.id.text));
      }
      std::uint64_t licence = seat_number_of(good.id.text);
      CallerMemo memo = read_shown({.key = world.key, .lease = {}});
      EXPECT_EQ(world.admission.see_release(memo, {"acme/vision", "1.9.0", 2}, kChosen, licence), Refusal::none);
    }
}

// Of those behind the first 64, too, the furthest is told.
TEST(LicenceChoice, OfVeryManyLicencesTheFurthestSpeaks) {
  TestAccess world;
  world.holdings.licences.clear();
  for (int i = 0; i < 130; ++i) {
    Licence licence = TestAccess::licence_for("cus_1", "acme/vision", i % 2 == 0 ? "^9" : "*");
    licence.node = "node-b";
    world.add_licence(licence);
  }
  world.holdings.licences[127].licence.node = {};
  world.holdings.licences[127].licence.not_before_ms = kChosenMs + 10 * kClockToleranceMs;
  world.publish();
  EXPECT_EQ(call_of(world).refusal, Refusal::licence_not_yet);
}

}  // namespace
}  // namespace stoa::licensing
