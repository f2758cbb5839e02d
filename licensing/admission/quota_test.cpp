// quota_test.cpp: quotas are never exceeded in calls, whoever asks and whatever dies.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "licensing/admission/quota_keeper.hpp"
#include "licensing/admission/test_access.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

// Durable as a file is: written whole beside, then moved in place.
class FileQuotaStore final : public QuotaStore {
 public:
  explicit FileQuotaStore(std::filesystem::path file) : file_(std::move(file)) {}
  Result<std::uint64_t> reserved(const QuotaName& name) override { return read()[key(name)]; }
  Result<void> reserve(std::span<const QuotaMark> marks) override {
    auto all = read();
    for (const QuotaMark& mark : marks) all[key(mark.name)] = mark.amount;
    const auto next = file_.string() + ".next";
    {
      std::ofstream out(next, std::ios::trunc);
      for (const auto& [name, amount] : all) out << name << ' ' << amount << '\n';
    }
    std::filesystem::rename(next, file_);
    ++writes;
    return {};
  }
  std::uint64_t writes = 0;

 private:
  static std::string key(const QuotaName& name) {
    return name.holder + "/" + name.meter + "/" + std::to_string(name.period_start_ms);
  }
  std::map<std::string, std::uint64_t> read() const {
    std::map<std::string, std::uint64_t> all;
    std::ifstream in(file_);
    std::string name;
    for (std::uint64_t amount = 0; in >> name >> amount;) all[name] = amount;
    return all;
  }
  std::filesystem::path file_;
};

constexpr std::int64_t kLeapDayMs = 1'709'210'096'789;  // 2024-02-29T12:34:56.789Z

std::shared_ptr<const MeterSet> open(QuotaKeeper& keeper, std::uint64_t amount, Period period = Period::none,
                                     std::int64_t at_ms = kLeapDayMs) {
  return *keeper.open("lic_1", {{"call", amount, period}}, at_ms);
}

TEST(Quota, IsTakenOnlyWithinWhatIsReserved) {
  const registry::TestFolder folder;
  FileQuotaStore store(folder.path() / "quotas");
  QuotaKeeper keeper(&store);
  const auto set = open(keeper, 100);
  EXPECT_EQ(set->calls->take_one(), Taken::not_reserved);
  std::uint64_t taken = 0;
  while (set->calls->see_one() != Taken::used_up) {
    ASSERT_TRUE(*keeper.refill());
    while (set->calls->take_one() == Taken::yes) ++taken;
    EXPECT_LE(taken, *store.reserved({"lic_1", "call", 0}));
  }
  EXPECT_EQ(taken, 100u);
  set->calls->give_back_one();
  EXPECT_EQ(set->calls->take_one(), Taken::yes);
}

TEST(Quota, IsExactForManyThreads) {
  QuotaKeeper keeper(nullptr);
  const auto set = open(keeper, 20'000);
  std::atomic<std::uint64_t> taken{0}, running{8};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (;;) {
        const Taken one = set->calls->take_one();
        if (one == Taken::used_up) break;
        if (one == Taken::yes)
          ++taken;
        else
          std::this_thread::yield();
      }
      --running;
    });
  while (running > 0) ASSERT_TRUE(keeper.refill());
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 20'000u);
  EXPECT_EQ(set->calls->used(), 20'000u);
}

TEST(Quota, AnOrderlyStopGivesBackWhatWasNotUsed) {
  const registry::TestFolder folder;
  FileQuotaStore store(folder.path() / "quotas");
  {
    QuotaKeeper keeper(&store);
    const auto set = open(keeper, 1'000);
    ASSERT_TRUE(keeper.refill());
    for (int i = 0; i < 3; ++i) ASSERT_EQ(set->calls->take_one(), Taken::yes);
    ASSERT_GT(*store.reserved({"lic_1", "call", 0}), 3u);
    ASSERT_TRUE(keeper.settle());
  }
  QuotaKeeper after(&store);
  EXPECT_EQ(open(after, 1'000)->calls->used(), 3u);
}

TEST(Quota, APeriodThatIsOverBeginsAtZero) {
  const registry::TestFolder folder;
  FileQuotaStore store(folder.path() / "quotas");
  QuotaKeeper keeper(&store);
  const auto today = open(keeper, 5, Period::day), tomorrow = open(keeper, 5, Period::day, kLeapDayMs + 86'400'000);
  ASSERT_TRUE(keeper.refill());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(today->calls->take_one(), Taken::yes);
  EXPECT_EQ(today->calls->take_one(), Taken::used_up);
  EXPECT_EQ(tomorrow->calls->take_one(), Taken::yes);
  EXPECT_EQ(today->rows[0].end_ms, tomorrow->rows[0].start_ms);
}

TEST(Quota, ASteadyStreamIsNotOneWriteALook) {
  const registry::TestFolder folder;
  FileQuotaStore store(folder.path() / "quotas");
  QuotaKeeper keeper(&store);
  const auto set = open(keeper, 1'000'000);
  for (int look = 0; look < 100; ++look) {
    ASSERT_TRUE(keeper.refill());
    ASSERT_EQ(set->calls->take_one(), Taken::yes);
  }
  EXPECT_LT(store.writes, 20u);
}

// A key, its successor and that one's are one user of a budget and a rate, also after a restart.
TEST(Quota, OfARotatedKeyIsItsSuccessors) {
  const registry::TestFolder folder;
  FileQuotaStore store(folder.path() / "quotas");
  TestAccess world;
  world.first_key().budget = Quota{"call", 5, Period::month};
  world.first_key().rate = Rate{4, 86'400'000};
  const auto rotate = [&] {
    const ApiKey old = world.holdings.keys.back();
    (void)world.add_key("cus_1");
    ApiKey& made = world.holdings.keys.back();
    made.budget = old.budget;
    made.rate = old.rate;
    made.first = old.first.text.empty() ? old.id : old.first;
    (world.holdings.keys.end() - 2)->successor = made.id;
  };
  (void)world.add_key("cus_1");  // another one of the customer's, with a budget of its own
  world.holdings.keys.back().budget = world.first_key().budget;
  std::swap(world.holdings.keys[0], world.holdings.keys[1]);
  for (int restarts = 0; restarts < 2; ++restarts) {
    QuotaKeeper keeper(&store);
    SnapshotBuilder builder(keeper);
    std::uint64_t rated = 0;
    for (int rotations = 0; rotations < 2; ++rotations) {
      const auto snapshot = *builder.build(world.holdings, world.host, TestAccess::kNowMs);
      ASSERT_TRUE(keeper.refill());
      const KeyAccess &own = snapshot->keys[0], &first = snapshot->keys[1], &last = snapshot->keys.back();
      EXPECT_EQ(own.budget.now->calls->used(), 0u);
      const std::uint64_t before = static_cast<std::uint64_t>(restarts * 2 + rotations);
      EXPECT_EQ(first.budget.now->calls->used(), before);
      EXPECT_EQ(last.budget.now->calls->used(), before);
      EXPECT_EQ(last.budget.now->calls->take_one(), Taken::yes);
      EXPECT_EQ(first.budget.now->calls->used(), before + 1);
      RateLimiter::Change unused;
      EXPECT_EQ(last.rate->take(1'000'000'000'000, unused), 0u);
      EXPECT_EQ(first.rate->left(1'000'000'000'000), 4 - ++rated);
      rotate();
    }
    ASSERT_TRUE(keeper.settle());
  }
}

// Keys that a limited key made, and those that they made, are one user of its budget and rate with it; each limit is
// shared with the eldest that has it.
TEST(Quota, OfAKeyIsThatOfTheKeysItMakes) {
  QuotaKeeper keeper(nullptr);
  SnapshotBuilder builder(keeper);
  TestAccess world;
  const auto make = [&](const ApiKeyId& by, bool has_rate, bool has_budget) {
    (void)world.add_key("cus_1");
    ApiKey& made = world.holdings.keys.back();
    made.made_by = by;
    if (has_rate) made.rate = Rate{4, 86'400'000};
    if (has_budget) made.budget = Quota{"call", 5, Period::month};
    return made.id;
  };
  const ApiKeyId rated = make({}, true, false), budgeted = make(rated, true, true);
  const ApiKeyId last = make(budgeted, true, true), other = make({}, true, true);
  const auto snapshot = *builder.build(world.holdings, world.host, TestAccess::kNowMs);
  ASSERT_TRUE(keeper.refill());
  const auto at = [&](const ApiKeyId& id) -> const KeyAccess& {
    return *std::ranges::find(snapshot->keys, id.text, &KeyAccess::id);
  };
  RateLimiter::Change unused;
  EXPECT_EQ(at(last).rate->take(1'000'000'000'000, unused), 0u);
  EXPECT_EQ(at(last).budget.now->calls->take_one(), Taken::yes);
  for (const ApiKeyId& id : {rated, budgeted, last}) EXPECT_EQ(at(id).rate->left(1'000'000'000'000), 3u);
  EXPECT_EQ(at(budgeted).budget.now->calls->used(), 1u);
  EXPECT_EQ(at(other).rate->left(1'000'000'000'000), 4u);
  EXPECT_EQ(at(other).budget.now->calls->used(), 0u);
}

// Each child takes calls as fast as it can, tells of each after it took it, and is killed; all of them together never
// take more than there are, and a crash costs no more than what was reserved ahead.
TEST(Quota, IsNeverExceededAcrossKill) {
  constexpr std::uint64_t kAmount = 3'000, kLives = 200, kOfALife = 97;
  const registry::TestFolder folder;
  auto* const told = static_cast<std::atomic<std::uint64_t>*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(told, MAP_FAILED);
  std::uint64_t lives = 0;
  for (; lives < kLives; ++lives) {
    const std::uint64_t before = told->load();
    const pid_t child = ::fork();
    if (child == 0) {
      FileQuotaStore store(folder.path() / "quotas");
      QuotaKeeper keeper(&store);
      const auto set = open(keeper, kAmount);
      for (std::uint64_t mine = 0; mine < kOfALife;) {
        const Taken taken = set->calls->take_one();
        if (taken == Taken::used_up) ::_exit(0);
        if (taken == Taken::yes) {
          told->fetch_add(1);
          ++mine;
        } else if (!keeper.refill()) {
          ::_exit(1);
        }
      }
      for (;;) ::pause();
    }
    while (told->load() < before + kOfALife - lives % kOfALife && ::waitpid(child, nullptr, WNOHANG) == 0)
      std::this_thread::yield();
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ASSERT_LE(told->load(), kAmount) << "after " << lives << " lives";
    FileQuotaStore store(folder.path() / "quotas");
    if (*store.reserved({"lic_1", "call", 0}) >= kAmount) break;
  }
  EXPECT_GT(lives, 5u) << "a crash costs a bounded part";
  EXPECT_LE(told->load(), kAmount);
  ::munmap(told, 4096);
}

}  // namespace
}  // namespace stoa::licensing
