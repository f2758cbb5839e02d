// settlement_disk_test.cpp: acts with the disk failing at each of their writes and syncs: what was acknowledged is
// there, and the next start ends what was begun, once. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "licensing/settlement/test_settlement.hpp"
#include "registry/document/test_child.hpp"
#include "registry/document/test_failing_calls.hpp"

namespace stoa::licensing {
namespace {

namespace fs = std::filesystem;
using registry::DiskFault;
using registry::FailingCalls;

constexpr std::int64_t kOneDayMs = 86'400'000;
constexpr int kCallsMost = 1'000;
enum Outcome : int { kNoFault, kFault, kUnclear };

// A disk that fails says so, whichever file it was.
bool is_clear(const Error& error) {
  return error.reason == "database.io" || error.reason == "database.full" || error.reason == "journal.failed" ||
         error.reason.starts_with("file.");
}

class SettlementDisk : public SettlementTest, public testing::WithParamInterface<DiskFault> {
 protected:
  // Reasons tell them from each other; tokens make each of them one act, however often it is asked for.
  static constexpr const char* kSteps[] = {"transfer", "slow", "welcome", "the credit has expired"};

  Result<void> step(std::size_t number) {
    const auto order = by_fred(kSteps[number], "t-" + std::to_string(number));
    const auto done = [](const auto& act) { return act ? Result<void>() : std::unexpected(act.error()); };
    if (number == 0) return done(settlement_->top_up(order, euros(20'000'000)));
    if (number == 1) return done(settlement_->refund(order, {.call = call_, .bearer = Bearer::platform}));
    if (number == 2)
      return done(settlement_->give_credit(order, {"cus_ahead", {kEuro, 5'000'000}, kNowMs + kOneDayMs}));
    now_ms_ = kNowMs + kOneDayMs;
    return settlement_->tick();
  }
  void run_all() {
    for (std::size_t number = 0; number < std::size(kSteps); ++number) {
      const auto done = step(number);
      ASSERT_TRUE(done) << kSteps[number] << ": " << done.error().message;
    }
  }

  // In a child. It says which steps were acknowledged; one that failed is tried once more.
  int run_with_fault(int calls, const DiskFault& fault, bool is_from_nothing, int out) {
    if (!is_from_nothing && !try_open()) return kUnclear;
    FailingCalls::fail_after(calls, fault);
    if (is_from_nothing)
      if (const auto opened = try_open(); !opened) return is_clear(opened.error()) ? kFault : kUnclear;
    for (std::size_t number = 0; number < (is_from_nothing ? 0 : std::size(kSteps)); ++number) {
      auto done = step(number);
      for (int again = 0; again < 2 && !done; ++again) {
        if (!is_clear(done.error())) {
          std::fprintf(stderr, "%s: %s: %s\n", kSteps[number], done.error().reason.c_str(),
                       done.error().message.c_str());
          return kUnclear;
        }
        done = step(number);
      }
      if (!done) return kFault;
      const auto said = static_cast<char>(number);
      if (::write(out, &said, 1) != 1) return kUnclear;
    }
    return FailingCalls::failed() > 0 ? kFault : kNoFault;
  }

  void put_back(const fs::path& from) {
    close();
    for (const auto& entry : fs::directory_iterator(folder_.path())) fs::remove_all(entry);
    fs::copy(from, folder_.path(), fs::copy_options::recursive);
    now_ms_ = kNowMs;
  }

  std::map<std::string, int> booked() {
    std::map<std::string, int> by_reason;
    const auto acts = settlement_->acts({}, {.after = "", .most = 1'000});
    EXPECT_TRUE(acts);
    for (const MoneyAct& act : *acts) by_reason[act.reason] += act.state == ActState::booked ? 1 : 1'000;
    return by_reason;
  }

  std::uint64_t call_ = 0;
};

TEST_P(SettlementDisk, AtAnyCallLosesAndDoublesNothing) {
  open();
  ASSERT_TRUE(settlement_->top_up(by_fred("begin"), euros(kNanoPerUnit)));
  call_ = call("cus_ahead", 500);
  const registry::TestFolder kept;
  close();
  fs::copy(folder_.path(), kept.path(), fs::copy_options::recursive);
  open();
  run_all();
  const auto wanted = accounts();
  const auto wanted_acts = booked();
  int calls = 0;
  for (;; ++calls) {
    SCOPED_TRACE("call " + std::to_string(calls));
    ASSERT_LT(calls, kCallsMost) << "never without a fault";
    put_back(kept.path());
    std::string acknowledged;
    int outcome = kUnclear;
    {
      registry::TestChild child([&](int out) -> int { return run_with_fault(calls, GetParam(), false, out); });
      acknowledged = child.said_within(std::chrono::seconds(60));
      outcome = child.wait();
    }
    ASSERT_NE(outcome, kUnclear);
    ASSERT_NO_FATAL_FAILURE(open());
    auto there = booked();
    for (const char number : acknowledged) ASSERT_EQ(there[kSteps[static_cast<std::size_t>(number)]], 1);
    ASSERT_NO_FATAL_FAILURE(run_all());
    ASSERT_EQ(accounts(), wanted);
    ASSERT_EQ(booked(), wanted_acts);
    ASSERT_TRUE(settlement_->examine());
    if (outcome == kNoFault) break;
  }
  std::printf("%s: at each of %d calls\n", GetParam().name, calls);
  EXPECT_GE(calls, 20);
}

TEST_P(SettlementDisk, AFirstStartThatFailsIsMadeAgain) {
  const registry::TestFolder nothing;
  int calls = 0;
  for (;; ++calls) {
    SCOPED_TRACE("call " + std::to_string(calls));
    ASSERT_LT(calls, kCallsMost) << "never without a fault";
    put_back(nothing.path());
    const int outcome =
        registry::TestChild([&](int out) -> int { return run_with_fault(calls, GetParam(), true, out); }).wait();
    ASSERT_NE(outcome, kUnclear);
    ASSERT_NO_FATAL_FAILURE(open());
    ASSERT_TRUE(settlement_->top_up(by_fred("begin"), euros(kNanoPerUnit)));
    if (outcome == kNoFault) break;
  }
  std::printf("%s: at each of %d calls\n", GetParam().name, calls);
  EXPECT_GE(calls, 5);
}

INSTANTIATE_TEST_SUITE_P(Faults, SettlementDisk, testing::ValuesIn(registry::kDiskFaults),
                         &registry::name_of_row<testing::TestParamInfo<registry::DiskFault>>);

}  // namespace
}  // namespace stoa::licensing
