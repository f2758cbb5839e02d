// projection_test.cpp: tables are what the entries come to, whatever stops and starts.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/projection/projection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <tuple>

#include "licensing/billing/test_busy_ledger.hpp"
#include "licensing/ledger/entry_codec.hpp"
#include "registry/database/test_contents.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

constexpr TimeSpan kAlways{kNowMs - 30 * kDayMs, kNowMs + 300 * kDayMs};
const Currency kDollar = *Currency::parse("USD");

class ProjectionTest : public testing::Test {
 protected:
  std::unique_ptr<Projection> opened(const std::string& name = "projection.db") {
    why_anew_.clear();
    auto projection =
        Projection::open(folder_ / name, *ledger_.journal, [this](const Error& error) { why_anew_ = error.message; });
    if (!projection) throw std::runtime_error(projection.error().message);
    return std::move(*projection);
  }
  static void take_up_all(Projection& projection, std::size_t batch = 50'000) {
    while (*projection.advance(batch) > 0) {
    }
    EXPECT_EQ(projection.lag(), 0u);
  }
  std::vector<Entry> entries() const {
    std::vector<Entry> all;
    for (const std::string& record : entries_from(*ledger_.journal, 0)) all.push_back(*decode(record));
    return all;
  }

  registry::TestFolder folder_;
  BusyLedger ledger_{folder_ / "journal"};
  std::string why_anew_;
};

TEST_F(ProjectionTest, AccountsHoldWhatTheBookSays) {
  ledger_.act(800);
  const auto projection = opened();
  take_up_all(*projection);
  for (const Currency currency : {kEuro, kDollar}) {
    std::map<std::string, std::pair<Nano, Nano>> theirs, ours;
    ledger_.teller->look([&](const AccountsBook& book) {
      for (const auto& [name, balance] : book.balances(currency)->all())
        if (balance.debits != 0 || balance.credits != 0) theirs[std::string(name)] = {balance.debits, balance.credits};
      return 0;
    });
    for (const AccountLine& line : *projection->accounts("", "", 1'000))
      if (line.currency == currency) ours[line.account] = {line.debits, line.credits};
    EXPECT_EQ(ours, theirs);
    EXPECT_GE(ours.size(), 5u);
  }
  // In pages, and by kind.
  std::string after;
  std::vector<std::string> seen;
  for (;;) {
    const auto page = *projection->accounts("", after, 3);
    for (const AccountLine& line : page) seen.push_back(line.account + ' ' + std::string(line.currency.code()));
    if (page.size() < 3) break;
    after = seen.back();
  }
  EXPECT_TRUE(std::ranges::is_sorted(seen));
  EXPECT_EQ(seen.size(), projection->accounts("", "", 1'000)->size());
  for (const AccountLine& line : *projection->accounts("wallet:", "", 10))
    EXPECT_TRUE(line.account.starts_with("wallet:"));
  EXPECT_EQ(projection->accounts("wallet:", "", 10)->size(), 2u);
}

TEST_F(ProjectionTest, DaysAddUpToTheEntries) {
  ledger_.act(800);
  const auto projection = opened();
  take_up_all(*projection, 37);
  std::map<std::pair<std::string, std::string>, std::uint64_t> units;  // of cus_ahead by model and meter
  std::map<std::string, Nano> earned;
  Nano gross = 0, tax = 0, paid = 0;
  std::uint64_t calls = 0;
  for (const Entry& entry : entries()) {
    for (const Posting& posting : entry.postings) {
      if (posting.account == "wallet:cus_ahead") paid += posting.amount;
      if (posting.account == "payable:publisher/acme") earned[std::string(entry.currency.code())] -= posting.amount;
    }
    if (!entry.party || entry.party->customer != "cus_ahead") continue;
    ++calls;
    gross += entry.usage->gross;
    tax += entry.usage->tax;
    for (const Quantity& quantity : entry.usage->quantities)
      units[{entry.usage->model, quantity.meter}] += quantity.units;
  }
  std::map<std::pair<std::string, std::string>, std::uint64_t> counted;
  std::int64_t last_day = 0;
  for (const UsageLine& line : *projection->usage_of("cus_ahead", kAlways)) {
    EXPECT_GE(line.day_ms, last_day);
    EXPECT_EQ(line.day_ms % kDayMs, 0);
    last_day = line.day_ms;
    counted[{line.model, line.meter}] += line.units;
  }
  std::erase_if(units, [](const auto& one) { return one.second == 0; });
  EXPECT_EQ(counted, units);
  for (const SpendLine& line : *projection->spend_of("cus_ahead", kAlways)) {
    paid -= line.paid;
    if (line.kind != EntryKind::usage) continue;
    calls -= line.entries;
    gross -= line.gross;
    tax -= line.tax;
  }
  EXPECT_EQ(std::tuple(calls, gross, tax, paid), std::tuple(0u, 0, 0, 0));
  for (const EarningsLine& line : *projection->earnings_of("payable:publisher/acme", kAlways))
    earned[std::string(line.currency.code())] -= line.amount;
  for (const auto& [currency, left] : earned) EXPECT_EQ(left, 0) << currency;
  // A day alone is that day; a customer that is not there used nothing.
  const std::int64_t day = last_day;
  for (const UsageLine& line : *projection->usage_of("cus_ahead", {day + 5, day + 6})) EXPECT_EQ(line.day_ms, day);
  EXPECT_FALSE(projection->usage_of("cus_ahead", {day, day + 1})->empty());
  EXPECT_TRUE(projection->usage_of("cus_nobody", kAlways)->empty());
  EXPECT_EQ(projection->usage_of("cus_ahead", {5, 5}).error().reason, "projection.span");
}

TEST_F(ProjectionTest, EntriesAreReadFromTheNewestOnInPages) {
  ledger_.act(400);
  const auto projection = opened();
  take_up_all(*projection, 61);
  const std::vector<Entry> all = entries();
  const auto numbers = [&](EntryQuery query) {
    std::vector<std::uint64_t> found;
    query.most = 7;
    for (;;) {
      const auto page = projection->entries(query);
      EXPECT_TRUE(page) << page.error().message;
      for (const EntryLine& line : page->entries) found.push_back(line.number);
      if (!page->next) return found;
      query.from = page->next;
    }
  };
  const auto expected = [&](auto&& counts) {
    std::vector<std::uint64_t> found;
    for (std::size_t number = all.size(); number > 0; --number)
      if (counts(all[number - 1])) found.push_back(number - 1);
    return found;
  };
  const auto posts_to = [](const Entry& entry, std::string_view account) {
    return std::ranges::find(entry.postings, account, &Posting::account) != entry.postings.end();
  };
  EXPECT_EQ(numbers({}), expected([](const Entry&) { return true; }));
  EXPECT_EQ(numbers({.kind = EntryKind::refund}),
            expected([](const Entry& entry) { return entry.kind == EntryKind::refund; }));
  EXPECT_EQ(numbers({.account = "payable:publisher/acme"}),
            expected([&](const Entry& entry) { return posts_to(entry, "payable:publisher/acme"); }));
  EXPECT_EQ(numbers({.customer = "cus_after"}), expected([&](const Entry& entry) {
              return posts_to(entry, "recv:cus_after") || (entry.party && entry.party->customer == "cus_after");
            }));
  EXPECT_TRUE(numbers({.customer = "cus_nobody"}).empty());
  EXPECT_TRUE(numbers({.account = "payable:nobody"}).empty());
  for (const std::uint64_t number : numbers({.customer = "cus_dollar"})) {
    const EntryLine line = *projection->entry(number);
    const Entry& entry = all[number];
    EXPECT_EQ(line.postings, entry.postings);
    EXPECT_EQ(line.currency, kDollar);
    EXPECT_EQ(line.happened_ms, entry.happened_ms);
    EXPECT_EQ(line.model, entry.usage ? entry.usage->model : "");
    EXPECT_EQ(line.refers, entry.refers);
  }
  EXPECT_EQ(projection->entry(all.size()).error().reason, "ledger.no_entry");
  // A page cannot be taken for another list's.
  const std::uint64_t others = numbers({.customer = "cus_dollar"})[0];
  EXPECT_EQ(projection->entries({.customer = "cus_after", .from = others}).error().reason, "projection.page");
}

TEST_F(ProjectionTest, StoppedAnywhereAndGoneOnItIsTheSame) {
  ledger_.act(300);
  {
    const auto at_once = opened("at_once.db");
    take_up_all(*at_once);
  }
  for (const std::size_t batch : {1u, 7u, 100u}) {
    const std::string name = "by_" + std::to_string(batch) + ".db";
    while (opened(name)->lag() > 0) {
      const auto projection = opened(name);
      ASSERT_TRUE(projection->advance(batch));
      ASSERT_TRUE(projection->advance(batch));
    }
    EXPECT_EQ(why_anew_, "");
    const auto same = compare_projections(folder_ / name, folder_ / "at_once.db");
    EXPECT_TRUE(same) << same.error().message;
  }
}

TEST_F(ProjectionTest, OneRowThatIsAnotherIsFound) {
  ledger_.act(100);
  take_up_all(*opened("right.db"));
  constexpr std::pair<const char*, const char*> kLies[] = {
      {"UPDATE accounts SET debits = debits + 1 WHERE id = 2", "accounts"},
      {"DELETE FROM entries WHERE number = 40", "entries"},
      {"UPDATE entries SET gross = gross - 1 WHERE number = 41", "entries"},
      {"UPDATE usage SET units = units + 1 WHERE day = (SELECT max(day) FROM usage)", "usage"},
      {"DELETE FROM spend WHERE kind = 2", "spend"},
      {"UPDATE earnings SET amount = 0 WHERE account = 3", "earnings"},
      {"UPDATE place SET position = position - 1", "place"},
      {"UPDATE customers SET last = last - 1", "customers"},
      {"UPDATE names SET name = 'somebody' WHERE name = 'cus_ahead'", "names"},
  };
  for (const auto& [lie, table] : kLies) {
    std::filesystem::remove(folder_ / "wrong.db");
    take_up_all(*opened("wrong.db"));
    registry::run_on(folder_ / "wrong.db", lie);
    const auto found = compare_projections(folder_ / "wrong.db", folder_ / "right.db");
    ASSERT_FALSE(found) << lie;
    EXPECT_EQ(found.error().reason, "projection.differs");
    EXPECT_TRUE(found.error().message.starts_with(table)) << found.error().message;
  }
}

TEST_F(ProjectionTest, AFileThatDoesNotFitIsMadeAnew) {
  ledger_.act(100);
  const auto expect_anew = [&](std::string_view why) {
    const auto projection = opened();
    EXPECT_NE(why_anew_.find(why), std::string::npos) << why_anew_;
    EXPECT_EQ(projection->position(), 0u);
    take_up_all(*projection);
  };
  take_up_all(*opened());
  registry::run_on(folder_ / "projection.db", "UPDATE place SET journal = 1");
  expect_anew("another journal's");
  registry::run_on(folder_ / "projection.db", "UPDATE place SET position = position + 1");
  expect_anew("entries, the journal");
  registry::run_on(folder_ / "projection.db", "UPDATE place SET position = position - 1");
  expect_anew("is another");
  registry::run_on(folder_ / "projection.db", "PRAGMA user_version = 99");
  expect_anew("form 99");
  registry::run_on(folder_ / "projection.db", "DELETE FROM names WHERE id = 1");
  expect_anew("names");
  std::ofstream(folder_ / "projection.db", std::ios::trunc) << std::string(8'192, 'x');
  expect_anew("database");
  EXPECT_EQ(opened()->lag(), 0u);
  EXPECT_EQ(why_anew_, "");
}

TEST_F(ProjectionTest, FollowsWhileItIsRead) {
  const auto projection = opened();
  std::uint64_t seen = 0;
  for (int i = 0; i < 20; ++i) {
    ledger_.act(10);
    EXPECT_GT(projection->lag(), 0u);
    take_up_all(*projection);
    const auto page = projection->entries({.most = 1});
    ASSERT_TRUE(page);
    EXPECT_EQ(page->entries[0].number + 1, ledger_.journal->durable());
    EXPECT_GT(page->entries[0].number, seen);
    seen = page->entries[0].number;
  }
}

}  // namespace
}  // namespace stoa::licensing
