// terms_test.cpp: which terms make sense, what a period is, what a key looks like. SPDX-License-Identifier: Apache-2.0
// Apache-2.0
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "licensing/terms/api_key.hpp"
#include "licensing/terms/licence.hpp"
#include "licensing/terms/refusal.hpp"

namespace stoa::licensing {
namespace {

Licence sample() {
  Licence licence;
  licence.id = new_id<LicenceTag>(1'000);
  licence.issuer = "platform";
  licence.subject.customer = "cus_1";
  licence.covers = {{"acme/vision", "^1.2"}};
  return licence;
}

TEST(Terms, EachThatMakesNoSenseIsRefusedByItsField) {
  struct Row {
    const char* field;
    std::function<void(Licence&)> change;
  };
  const Row rows[] = {
      {"issuer", [](Licence& l) { l.issuer = "Platform"; }},
      {"issuer", [](Licence& l) { l.issuer = "../platform"; }},
      {"issuer", [](Licence& l) { l.issuer = ".."; }},
      {"serial", [](Licence& l) { l.serial = 0; }},
      {"subject.customer", [](Licence& l) { l.subject.customer.clear(); }},
      {"subject.keys", [](Licence& l) { l.subject.keys.resize(65); }},
      {"subject.name", [](Licence& l) { l.subject.name.assign(257, 'x'); }},
      {"subject.name", [](Licence& l) { l.subject.name = "a\x1b[2J"; }},
      {"subject.name", [](Licence& l) { l.subject.name = "a\u202Etxt"; }},
      {"node", [](Licence& l) { l.node = "Node 7"; }},
      {"covers", [](Licence& l) { l.covers.clear(); }},
      {"covers", [](Licence& l) { l.covers.assign(65, {"acme/vision", "*"}); }},
      {"covers[0].model", [](Licence& l) { l.covers[0].model = "vision"; }},
      {"covers[0].model", [](Licence& l) { l.covers[0].model = "*/*"; }},
      {"covers[0].model", [](Licence& l) { l.covers[0].model = "acme/vi*"; }},
      {"covers[0].versions", [](Licence& l) { l.covers[0].versions = ">>1"; }},
      {"entitlements", [](Licence& l) { l.entitlements.resize(65); }},
      {"entitlements[].feature", [](Licence& l) { l.entitlements = {{"No", 1}}; }},
      {"entitlements[].feature", [](Licence& l) { l.entitlements = {{"a", 1}, {"a", 2}}; }},
      {"entitlements[].limit", [](Licence& l) { l.entitlements = {{"a", -2}}; }},
      {"entitlements[].limit", [](Licence& l) { l.entitlements = {{"a", 1ll << 53}}; }},
      {"quotas", [](Licence& l) { l.quotas.resize(17); }},
      {"quotas[].meter", [](Licence& l) { l.quotas = {{"", 1, Period::none}}; }},
      {"quotas[].meter", [](Licence& l) { l.quotas = {{"call", 1, Period::day}, {"call", 2, Period::none}}; }},
      {"quotas[].amount", [](Licence& l) { l.quotas = {{"call", 1ull << 53, Period::none}}; }},
      {"floating.seats", [](Licence& l) { l.floating = Floating{0, 60}; }},
      {"floating.seats", [](Licence& l) { l.floating = Floating{100'001, 60}; }},
      {"floating.ttl_s", [](Licence& l) { l.floating = Floating{1, 4}; }},
      {"expires", [](Licence& l) { l.not_before_ms = l.expires_ms.emplace(5); }},
      {"expires", [](Licence& l) { l.is_trial = true; }},
      {"issued", [](Licence& l) { l.issued_ms = -1; }},
      {"not_before", [](Licence& l) { l.not_before_ms = 253'402'300'800'000; }},
      {"expires", [](Licence& l) { l.expires_ms = INT64_MAX; }},
      {"grace", [](Licence& l) { l.grace_ms = -1; }},
      {"grace", [](Licence& l) { l.grace_ms = 1; }},
      {"offline", [](Licence& l) { l.offline_ms = 59'999; }},
      {"rate.calls", [](Licence& l) { l.rate = Rate{0, 1'000}; }},
      {"rate.window_ms", [](Licence& l) { l.rate = Rate{1, 86'400'001}; }},
  };
  EXPECT_TRUE(check_terms(sample()));
  for (const Row& row : rows) {
    Licence licence = sample();
    row.change(licence);
    const auto checked = check_terms(licence);
    ASSERT_FALSE(checked) << row.field;
    EXPECT_EQ(checked.error().reason, "licence.terms");
    EXPECT_TRUE(checked.error().message.starts_with(std::string(row.field) + ": ")) << checked.error().message;
  }
}

TEST(Terms, ACoverageIsOfOneModelOrOfAllOfAPublisher) {
  EXPECT_TRUE(covers_model({"acme/vision", "*"}, "acme/vision"));
  EXPECT_FALSE(covers_model({"acme/vision", "*"}, "acme/vision-large"));
  EXPECT_TRUE(covers_model({"acme/*", "*"}, "acme/vision"));
  EXPECT_FALSE(covers_model({"acme/*", "*"}, "acme-labs/vision"));
  EXPECT_FALSE(covers_model({"acme/*", "*"}, "acm"));
}

TEST(Terms, APeriodIsTheCalendarsInUtc) {
  struct Row {
    Period period;
    std::int64_t at_ms, start_ms, end_ms;
  };
  // 2024-02-29T12:34:56.789Z, and the last millisecond before 1970.
  constexpr std::int64_t kLeapDay = 1'709'210'096'789;
  const Row rows[] = {
      {Period::hour, kLeapDay, 1'709'208'000'000, 1'709'211'600'000},
      {Period::day, kLeapDay, 1'709'164'800'000, 1'709'251'200'000},
      {Period::month, kLeapDay, 1'706'745'600'000, 1'709'251'200'000},
      {Period::year, kLeapDay, 1'704'067'200'000, 1'735'689'600'000},
      {Period::day, -1, -86'400'000, 0},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(start_of_period(row.period, row.at_ms), row.start_ms) << name_of(row.period);
    EXPECT_EQ(end_of_period(row.period, row.at_ms), row.end_ms) << name_of(row.period);
    EXPECT_EQ(end_of_period(row.period, row.end_ms - 1), row.end_ms);
    EXPECT_NE(end_of_period(row.period, row.end_ms), row.end_ms);
  }
  EXPECT_EQ(end_of_period(Period::none, kLeapDay), std::nullopt);
}

TEST(Terms, AKeyIsWholeOrNot) {
  const std::string key = new_api_key();
  EXPECT_EQ(key.size(), 41u);
  EXPECT_TRUE(is_well_formed_api_key(key));
  for (std::size_t i = 0; i < key.size(); ++i) {
    std::string other = key;
    other[i] = other[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(is_well_formed_api_key(other)) << i;
  }
  EXPECT_FALSE(is_well_formed_api_key(key + "a"));
  EXPECT_FALSE(is_well_formed_api_key(key.substr(0, key.size() - 1)));
}

TEST(Terms, EveryRefusalHasItsOwnReason) {
  std::set<std::string_view> reasons;
  for (const RefusalRow& row : refusals()) {
    EXPECT_TRUE(reasons.insert(row.reason).second) << row.reason;
    EXPECT_EQ(row_of(row.refusal).reason, row.reason);
    EXPECT_EQ(row.status, row.code == Code::unauthenticated ? 401 : row.code == Code::permission_denied ? 403 : 429);
  }
}

}  // namespace
}  // namespace stoa::licensing
