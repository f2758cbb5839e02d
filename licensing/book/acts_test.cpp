// acts_test.cpp: every act by everybody: who may, what a refusal leaves (nothing), what an act leaves (one revision,
// its lines). SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "licensing/book/test_acts.hpp"

namespace stoa::licensing {
namespace {

struct Somebody {
  char letter;
  const Actor* actor;
};

std::vector<Somebody> everybody(const ReadyBook& on) {
  return {{'o', &on.alice}, {'p', &on.acme},     {'c', &on.customer},
          {'i', &on.plain}, {'x', &on.stranger}, {'y', &on.rival}};
}

const Actor& who_may(const ReadyBook& on, const TestAct& act) {
  const auto all = everybody(on);
  return *std::ranges::find(all, act.who.front(), &Somebody::letter)->actor;
}

TEST(BookActs, AreForThoseWhoMayAndLeaveNothingWhenRefused) {
  ReadyBook on;
  for (const TestAct& act : all_acts())
    for (const auto& [letter, actor] : everybody(on)) {
      const std::string outcome = on.refusal([&] { return act.run(on, *actor); });
      if (act.who.contains(letter)) {
        EXPECT_EQ(outcome, "done") << act.name << " by " << actor->text();
        on.put_back();
      } else {
        const char* const allowed[] = {"account.not_allowed",    "account.foreign",      "key.scope",
                                       "licence.not_issuer",     "lease.other_customer", "licence.none",
                                       "agreement.foreign_party"};
        EXPECT_TRUE(std::ranges::count(allowed, outcome) > 0) << act.name << " by " << actor->text() << ": " << outcome;
      }
    }
}

TEST(BookActs, LeaveOneRevisionAndTheirLines) {  // A13
  ReadyBook on;
  for (const TestAct& act : all_acts()) {
    SCOPED_TRACE(act.name);
    const Actor& by = who_may(on, act);
    const auto revision = on->revision();
    const auto head = on->examine();
    ASSERT_TRUE(head) << head.error().message;
    on.told = 0;
    const auto done = act.run(on, by);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(*on->revision(), *revision + (act.changes_holdings ? 1 : 0));
    EXPECT_EQ(on.told, act.changes_holdings ? *revision + 1 : 0);
    const auto after = on->examine(*head);
    ASSERT_TRUE(after) << after.error().message;
    EXPECT_EQ(after->lines, head->lines + act.lines);
    if (!act.action.empty()) {
      const auto line = on->audit(0, 1, "")->front();
      EXPECT_EQ(line.action, act.action);
      EXPECT_EQ(line.actor, by.text());
      EXPECT_EQ(line.at_ms, on.now_ms);
      EXPECT_FALSE(line.subject.empty());
    }
    on.put_back();
  }
}

TEST(BookActs, OfABookThatIsRestartedAreThere) {
  ReadyBook on;
  for (const TestAct& act : all_acts()) {
    ASSERT_TRUE(act.run(on, who_may(on, act))) << act.name;
    const auto before = contents_of(on.file());
    const auto held = on.held;
    on.open();
    EXPECT_EQ(contents_of(on.file()), before) << act.name;
    EXPECT_EQ(on.held.size(), held.size()) << act.name << ": the seats are what they were";
    const auto whole = on->examine();
    EXPECT_TRUE(whole) << act.name << ": " << whole.error().message;
    on.put_back();
  }
}

// What follows the book by the revisions it saw has what a fresh look has.
TEST(BookActs, AreSeenByWhoReadsOnlyWhatIsNew) {
  ReadyBook on;
  for (const TestAct& act : all_acts()) {
    const auto before = on->holdings();
    ASSERT_TRUE(act.run(on, who_may(on, act))) << act.name;
    const auto news = on->holdings(before->revision), whole = on->holdings();
    ASSERT_TRUE(news && whole);
    EXPECT_EQ(news->revision, whole->revision);
    if (!act.changes_holdings) EXPECT_TRUE(news->customers.empty() && news->keys.empty() && news->licences.empty());
    std::map<std::string, std::string> merged;
    const auto take = [&](const Holdings& all) {
      for (const Customer& one : all.customers) merged[one.id.text] = std::string(name_of(one.state));
      for (const ApiKey& one : all.keys)
        merged[one.id.text] = registry::to_hex(one.hash) + (one.revoked_ms ? "r" : "") + one.successor.text;
      for (const HeldLicence& one : all.licences)
        merged[one.licence.id.text] = std::to_string(one.licence.serial) + (one.revoked_ms ? "r" : "");
    };
    take(*before);
    take(*news);
    const auto followed = merged;
    merged.clear();
    take(*whole);
    EXPECT_EQ(followed, merged) << act.name;
    on.put_back();
  }
}

// A request whose answer was lost does nothing twice when it is asked again.
TEST(BookActs, AskedAgainWithTheirTokenAreDoneOnce) {
  ReadyBook on;
  for (const TestAct& act : all_acts()) {
    if (act.name != "create_key" && act.name != "rotate_key" && act.name != "issue" && act.name != "take a lease" &&
        act.name != "create_prices" && act.name != "replace_prices" && act.name != "propose")
      continue;
    const Actor& by = who_may(on, act);
    const auto rows = [&](const char* table) {
      const auto all = contents_of(on.file()).at(table);
      return std::ranges::count(all, '\n');
    };
    ASSERT_TRUE(act.run(on, by)) << act.name;
    const auto keys = rows("api_keys"), licences = rows("licences"), leases = rows("leases");
    const auto prices = rows("price_lists"), agreements = rows("agreements");
    const auto again = act.run(on, by);
    ASSERT_TRUE(again) << act.name << ": " << again.error().message;
    EXPECT_EQ(rows("api_keys"), keys) << act.name;
    EXPECT_EQ(rows("licences"), licences) << act.name;
    EXPECT_EQ(rows("leases"), leases) << act.name;
    EXPECT_EQ(rows("price_lists"), prices) << act.name;
    EXPECT_EQ(rows("agreements"), agreements) << act.name;
    EXPECT_EQ(on.held.size(), static_cast<std::size_t>(leases)) << act.name;
    on.put_back();
  }
}

}  // namespace
}  // namespace stoa::licensing
