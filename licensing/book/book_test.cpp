// book_test.cpp: the rules of customers, keys and licences. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "licensing/book/test_book.hpp"

namespace stoa::licensing {
namespace {

TEST(BookKeys, AreNowhereInTheFilesAndACopyOpensNoDoor) {  // A2
  ReadyBook on;
  const auto rotated = TestBook::good(on->rotate_key(on.alice, on.plain_key.record.id, 1'000));
  const std::string secrets[] = {on.key.secret, on.plain_key.secret, rotated.secret, on.lease.secret};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(on.folder.path())) {
    if (!entry.is_regular_file()) continue;
    const std::string bytes = registry::file_bytes(entry.path());
    for (const std::string& secret : secrets) {
      EXPECT_EQ(bytes.find(secret), bytes.npos) << entry.path();
      EXPECT_EQ(bytes.find(secret.substr(3, 32)), bytes.npos) << entry.path();
    }
  }
  // What the file has of a key is refused where a key is asked for.
  EXPECT_EQ(on->authenticate(registry::to_hex(on.key.record.hash)).error().reason, "key.malformed");
  EXPECT_EQ(on->authenticate("sk_" + registry::to_hex(on.key.record.hash).substr(0, 38)).error().reason,
            "key.malformed");
}

TEST(BookKeys, AreRefusedInTheOrderOfTheTable) {
  ReadyBook on;
  const auto reason = [&](const std::string& secret) {
    const auto holder = on->authenticate(secret);
    return holder ? std::string("counts") : holder.error().reason;
  };
  EXPECT_EQ(reason(on.key.secret), "counts");
  EXPECT_EQ(reason(on.key.secret.substr(1)), "key.malformed");
  EXPECT_EQ(reason(new_api_key()), "key.unknown");
  NewKey short_lived;
  short_lived.name = "short";
  short_lived.expires_ms = on.now_ms + 100;
  const auto expiring = TestBook::good(on->create_key(on.alice, on.northwind.id, short_lived));
  const auto successor = TestBook::good(on->rotate_key(on.customer, on.plain_key.record.id, 1'000));
  EXPECT_EQ(reason(on.plain_key.secret), "counts") << "both count while they overlap";
  EXPECT_EQ(reason(successor.secret), "counts");
  on.now_ms += 1'000;
  EXPECT_EQ(reason(on.plain_key.secret), "key.rotated");
  EXPECT_EQ(reason(successor.secret), "counts");
  EXPECT_EQ(reason(expiring.secret), "key.expired");
  ASSERT_TRUE(on->revoke_key(on.alice, expiring.record.id, "x"));
  EXPECT_EQ(reason(expiring.secret), "key.revoked") << "comes before key.expired";
  ASSERT_TRUE(on->set_customer_state(on.alice, on.northwind.id, CustomerState::suspended, "unpaid"));
  EXPECT_EQ(reason(on.key.secret), "customer.suspended");
  EXPECT_EQ(reason(expiring.secret), "key.revoked");
  ASSERT_TRUE(on->set_customer_state(on.alice, on.northwind.id, CustomerState::active, "paid"));
  EXPECT_EQ(reason(on.key.secret), "counts");
  ASSERT_TRUE(on->set_customer_state(on.alice, on.northwind.id, CustomerState::closed, "gone"));
  EXPECT_EQ(reason(on.key.secret), "customer.closed");
}

// Whoever may rotate a key raises nothing by it.
TEST(BookKeys, RotatedEndWhenTheOldOneWouldHave) {
  ReadyBook on;
  NewKey wanted;
  wanted.name = "bounded";
  wanted.expires_ms = on.now_ms + 100;
  wanted.models = {"acme/vision"};
  wanted.rate = Rate{5, 1'000};
  wanted.budget = Quota{"call", 2, Period::month};
  const auto first = TestBook::good(on->create_key(on.alice, on.northwind.id, wanted));
  on.now_ms += 50;
  const auto second = TestBook::good(on->rotate_key(on.customer, first.record.id, 1'000));
  EXPECT_EQ(second.record.expires_ms, wanted.expires_ms);
  EXPECT_EQ(second.record.models, wanted.models);
  EXPECT_EQ(second.record.rate, wanted.rate);
  EXPECT_EQ(second.record.budget, wanted.budget);
  on.now_ms += 50;
  EXPECT_EQ(on->authenticate(second.secret).error().reason, "key.expired");
  for (const Actor& who : {on.customer, on.alice})
    EXPECT_EQ(on.refusal([&] { return on->rotate_key(who, second.record.id, 0); }), "key.state");
}

TEST(BookKeys, AskedForTwiceHaveAnotherSecretAndTheOneBeforeIsDead) {
  ReadyBook on;
  NewKey wanted;
  wanted.name = "ci";
  const RequestToken request{"once", registry::sha256_of("body")};
  const auto first = TestBook::good(on->create_key(on.customer, on.northwind.id, wanted, request));
  const auto second = TestBook::good(on->create_key(on.customer, on.northwind.id, wanted, request));
  EXPECT_EQ(first.record.id, second.record.id);
  EXPECT_EQ(on->authenticate(first.secret).error().reason, "key.unknown");
  EXPECT_TRUE(on->authenticate(second.secret));
  EXPECT_EQ(on.refusal([&] {
    return on->create_key(on.customer, on.northwind.id, wanted, {"once", registry::sha256_of("other")});
  }),
            "request.token_reused");
  on.now_ms += 86'400'001;  // forgotten by the next one that is kept
  wanted.name = "cd";
  EXPECT_TRUE(on->create_key(on.customer, on.northwind.id, wanted, {"twice", {}}));
  wanted.name = "ce";
  EXPECT_TRUE(on->create_key(on.customer, on.northwind.id, wanted, request));
}

TEST(BookKeys, ARotationAskedForAgainGivesNoDeadSecret) {
  ReadyBook on;
  const RequestToken request{"turn", registry::sha256_of("body")};
  const ApiKeyId id = on.key.record.id;
  const auto rotate = [&] { return on->rotate_key(on.alice, id, 60'000, request); };
  const auto first = TestBook::good(rotate()), second = TestBook::good(rotate());
  EXPECT_EQ(first.record.id, second.record.id);
  EXPECT_TRUE(on->authenticate(second.secret));
  EXPECT_TRUE(on->revoke_key(on.alice, first.record.id, "stolen"));
  EXPECT_EQ(on.refusal(rotate), "key.state");
}

TEST(BookKeys, ThatCountAreAtMostAThousandOfACustomer) {
  ReadyBook on;
  NewKey wanted;
  std::string last;
  std::vector<ApiKeyId> made;
  while (last.empty() && made.size() < 2'000) {
    wanted.name = fmt::format("k{}", made.size());
    const auto key = on->create_key(on.customer, on.northwind.id, wanted);
    if (key)
      made.push_back(key->record.id);
    else
      last = key.error().reason;
  }
  EXPECT_EQ(last, "key.too_many");
  std::size_t living = 0;
  for (Page page{.after = "", .most = 100};;) {
    const auto keys = TestBook::good(on->keys(on.northwind.id, page));
    living += keys.size();
    if (keys.size() < page.most) break;
    page.after = keys.back().id.text;
  }
  EXPECT_EQ(living, 1'000u);
  EXPECT_EQ(on.refusal([&] { return on->rotate_key(on.customer, made[0], 60'000); }), "key.too_many")
      << "both would count";
  EXPECT_TRUE(on->rotate_key(on.customer, made[0], 0));
  EXPECT_TRUE(on->revoke_key(on.customer, made[1], "unused"));
  EXPECT_TRUE(on->create_key(on.customer, on.northwind.id, wanted));
}

TEST(Book, RefusesForItsOwnReason) {
  ReadyBook on;
  const auto terms = [&] { return TestBook::terms_for(on.northwind.id); };
  struct Row {
    const char* reason;
    std::function<Result<void>()> run;
  };
  const auto only = [](const auto& result) { return result ? Result<void>() : std::unexpected(result.error()); };
  const auto key_with = [&](auto change) {
    return [&, change] {
      NewKey wanted;
      wanted.name = "k";
      change(wanted);
      return only(on->create_key(on.alice, on.northwind.id, wanted));
    };
  };
  const auto issue_with = [&](const Actor& by, auto change) {
    return [&, change] {
      Licence licence = terms();
      change(licence);
      return only(on->issue(by, std::move(licence)));
    };
  };
  const Row rows[] = {
      {"customer.exists", [&] { return only(on->create_customer(on.alice, "northwind", "")); }},
      {"customer.name", [&] { return only(on->create_customer(on.alice, "North Wind", "")); }},
      {"customer.name", [&] { return only(on->create_customer(on.alice, "-n", "")); }},
      {"text.too_long", [&] { return only(on->create_customer(on.alice, "n", std::string(201, 'x'))); }},
      {"text.control", [&] { return only(on->revoke_key(on.alice, on.key.record.id, "\x1b[2J")); }},
      {"customer.unknown",
       [&] { return only(on->set_customer_state(on.alice, {"cus_no"}, CustomerState::closed, "")); }},
      {"customer.state",
       [&] { return only(on->set_customer_state(on.alice, on.northwind.id, CustomerState::active, "")); }},
      {"key.exists", key_with([](NewKey& k) { k.name = "plain"; })},
      {"key.terms", key_with([](NewKey& k) { k.name = "No Name"; })},
      {"key.terms", key_with([](NewKey& k) { k.scopes = 0; })},
      {"key.terms", key_with([](NewKey& k) { k.models = {"vision"}; })},
      {"key.terms", key_with([](NewKey& k) { k.models.assign(65, "acme/vision"); })},
      {"key.terms", key_with([](NewKey& k) { k.rate = Rate{0, 1}; })},
      {"key.terms", key_with([](NewKey& k) { k.budget = Quota{"", 1, Period::day}; })},
      {"key.terms", key_with([&](NewKey& k) { k.expires_ms = on.now_ms; })},
      {"key.overlap", [&] { return only(on->rotate_key(on.alice, on.key.record.id, -1)); }},
      {"key.not_found", [&] { return only(on->rotate_key(on.alice, {"key_no"}, 0)); }},
      {"request.token", [&] { return only(on->rotate_key(on.alice, on.key.record.id, 0, {"with a space", {}})); }},
      {"licence.terms", issue_with(on.alice, [](Licence& l) { l.covers.clear(); })},
      {"customer.unknown", issue_with(on.alice, [](Licence& l) { l.subject.customer = "nobody"; })},
      {"licence.not_issuer", issue_with(on.rival, [](Licence&) {})},
      {"licence.not_issuer", issue_with(on.acme, [](Licence& l) { l.covers.push_back({"acme-labs/x", "*"}); })},
      {"licence.unknown", [&] { return only(on->replace(on.alice, {"lic_no"}, terms())); }},
      {"licence.not_issuer", [&] { return only(on->replace(on.alice, on.licence.id, terms())); }},
      {"licence.unknown", [&] { return only(on->revoke(on.alice, {"lic_no"}, "")); }},
      {"offer.exists", [&] { return only(on->create_offer(on.alice, "basic", "{}", {})); }},
      {"offer.terms", [&] { return only(on->create_offer(on.alice, "No Name", "{}", {})); }},
      {"offer.terms", [&] { return only(on->create_offer(on.alice, "n", "{}", 0)); }},
      {"offer.terms", [&] { return only(on->create_offer(on.alice, "n", std::string(65'537, 'x'), {})); }},
      {"offer.unknown", [&] { return only(on->withdraw_offer(on.alice, "no")); }},
  };
  for (const Row& row : rows) EXPECT_EQ(on.refusal(row.run), row.reason);
}

TEST(BookLicences, AreKeptWithAllTheirTerms) {
  ReadyBook on;
  Licence terms = TestBook::terms_for(on.northwind.id, 5);
  terms.subject.name = "Northwind, build farm";
  terms.subject.keys = {on.key.record.hash, on.plain_key.record.hash};
  terms.entitlements = {{"context.long", 128'000}, {"tools", -1}};
  terms.rate = Rate{1'000'000'000, 86'400'000};
  terms.quotas = {{"call", (1ull << 53) - 1, Period::month}, {"token.out", 0, Period::none}};
  terms.calls_at_once = 7;
  terms.node = "node-1";
  terms.is_trial = true;
  terms.not_before_ms = on.now_ms + 5;
  terms.expires_ms = on.now_ms + 1'000'000;
  terms.grace_ms = 86'400'000;
  terms.offline_ms = 60'000;
  terms.on_expiry = Policy::grace;
  terms.on_quota = Policy::advisory;
  terms.on_clock = Policy::grace;
  terms.content_keys = {{"00112233", "host-1", "AAAA=="}};
  const Licence issued = TestBook::good(on->issue(on.alice, terms)).licence;
  on.open();
  const HeldLicence read = TestBook::good(on->licence(issued.id));
  EXPECT_EQ(read.licence.subject, issued.subject);
  EXPECT_EQ(read.licence.covers, issued.covers);
  EXPECT_EQ(read.licence.entitlements, terms.entitlements);
  EXPECT_EQ(read.licence.rate, terms.rate);
  EXPECT_EQ(read.licence.quotas, terms.quotas);
  EXPECT_EQ(read.licence.calls_at_once, 7u);
  EXPECT_EQ(read.licence.floating, terms.floating);
  EXPECT_EQ(read.licence.node, terms.node);
  EXPECT_TRUE(read.licence.is_trial);
  EXPECT_EQ(read.licence.issued_ms, on.now_ms);
  EXPECT_EQ(read.licence.not_before_ms, terms.not_before_ms);
  EXPECT_EQ(read.licence.expires_ms, terms.expires_ms);
  EXPECT_EQ(read.licence.grace_ms, terms.grace_ms);
  EXPECT_EQ(read.licence.offline_ms, terms.offline_ms);
  EXPECT_EQ(read.licence.on_expiry, Policy::grace);
  EXPECT_EQ(read.licence.on_quota, Policy::advisory);
  EXPECT_EQ(read.licence.on_clock, Policy::grace);
  EXPECT_EQ(read.licence.content_keys, terms.content_keys);
  EXPECT_EQ(read.licence.issuer, "platform");
}

TEST(BookLicences, AreReplacedByAHigherSerialAndNeverComeBack) {
  ReadyBook on;
  const HeldLicence second = TestBook::good(on->replace(on.alice, on.floating.id, TestBook::terms_for({}, 9)));
  EXPECT_EQ(second.licence.serial, 2u);
  EXPECT_EQ(second.licence.subject, on.floating.subject) << "is the subject's it was";
  EXPECT_EQ(TestBook::good(on->serials(on.floating.id)).size(), 2u);
  EXPECT_EQ(TestBook::good(on->licence(on.floating.id)).licence.floating->seats, 9u);
  ASSERT_TRUE(on->revoke(on.alice, on.floating.id, "so"));
  EXPECT_EQ(on.refusal([&] { return on->replace(on.alice, on.floating.id, TestBook::terms_for({}, 1)); }),
            "licence.state");
  EXPECT_EQ(on.refusal([&] { return on->revoke(on.alice, on.floating.id, "again"); }), "licence.state");
  EXPECT_TRUE(on->examine());
}

TEST(BookLicences, AreListedForWhomeverTheyConcern) {
  ReadyBook on;
  const auto count = [&](const LicenceFilter& filter) { return TestBook::good(on->licences(filter, {})).size(); };
  Licence foreign = TestBook::terms_for(on.other.id);
  foreign.covers = {{"rival/x", "*"}};
  foreign.expires_ms = on.now_ms + 10;
  ASSERT_TRUE(on->issue(on.rival, foreign));
  EXPECT_EQ(count({}), 3u);
  EXPECT_EQ(count({.customer = on.northwind.id, .publisher = {}}), 2u);
  EXPECT_EQ(count({.customer = {}, .publisher = "acme"}), 2u);
  EXPECT_EQ(count({.customer = {}, .publisher = "rival"}), 1u);
  EXPECT_EQ(count({.customer = on.northwind.id, .publisher = "rival"}), 0u);
  on.now_ms += 10;
  EXPECT_EQ(count({.customer = {}, .publisher = "rival"}), 0u) << "is over";
  EXPECT_EQ(count({.customer = {}, .publisher = "rival", .with_what_is_over = true}), 1u);
  std::size_t walked = 0;
  for (Page page{.after = "", .most = 1};; ++walked) {
    const auto some = TestBook::good(on->licences({.customer = {}, .publisher = {}, .with_what_is_over = true}, page));
    if (some.empty()) break;
    page.after = some.back().licence.id.text;
  }
  EXPECT_EQ(walked, 3u);
}

TEST(BookReservations, AreWhatWasWrittenLastAlsoAfterARestart) {
  ReadyBook on;
  EXPECT_EQ(*on->reserved("lic_1", "call", 0), 0u);
  const Reservation amounts[] = {{"lic_1", "call", 0, 100}, {"lic_1", "token.out", 0, 5}, {"lic_1", "call", 60, 7}};
  ASSERT_TRUE(on->reserve(amounts));
  const Reservation lower[] = {{"lic_1", "call", 0, 40}};
  ASSERT_TRUE(on->reserve(lower));
  on.open();
  EXPECT_EQ(*on->reserved("lic_1", "call", 0), 40u);
  EXPECT_EQ(*on->reserved("lic_1", "token.out", 0), 5u);
  EXPECT_EQ(*on->reserved("lic_1", "call", 60), 7u);
}

}  // namespace
}  // namespace stoa::licensing
