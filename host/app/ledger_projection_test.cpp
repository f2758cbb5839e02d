// ledger_projection_test.cpp: what a host makes of its journal follows it, is saved, checked, and made anew.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/ledger_projection.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "host/app/ledger_folder.hpp"
#include "host/app/ledger_verifier.hpp"
#include "licensing/billing/saved_book.hpp"
#include "licensing/billing/test_busy_ledger.hpp"
#include "licensing/book/book.hpp"
#include "licensing/book/book_copy.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::app {
namespace {

using licensing::BusyLedger;

// Nothing is told when it comes true: it is looked at again and again, for twenty seconds.
bool comes_true(const std::function<bool()>& is_true) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!is_true() && std::chrono::steady_clock::now() < until) never.wait_for(lock, std::chrono::milliseconds(5));
  return is_true();
}

class LedgerProjectionTest : public testing::Test {
 protected:
  std::unique_ptr<LedgerProjection> started() {
    auto follower = LedgerProjection::start(folder_.path(), *ledger_.journal, *ledger_.teller, *log_);
    if (!follower) throw std::runtime_error(follower.error().message);
    return std::move(*follower);
  }

  registry::TestFolder folder_;
  BusyLedger ledger_{folder_ / "journal"};
  std::unique_ptr<Log> log_ =
      *Log::open({.level = "info", .format = LogFormat::text, .file = folder_ / "log", .access = false});
};

TEST_F(LedgerProjectionTest, WhatAStartHadToReadIsSavedAtOnce) {
  ledger_.act(9'000);
  ASSERT_GE(ledger_.journal->durable(), 5'000u);
  const auto follower = started();
  const auto entries_saved = [&] {
    const auto saved = licensing::read_saved_book(folder_ / kSavedBookFile, *ledger_.journal);
    return saved ? saved->entries : 0;
  };
  EXPECT_TRUE(comes_true([&] { return entries_saved() == ledger_.journal->durable(); }));
}

TEST_F(LedgerProjectionTest, FollowsTheJournalAndSavesTheBookAtItsEnd) {
  {
    const auto follower = started();
    ledger_.act(200);
    EXPECT_TRUE(comes_true([&] { return follower->projection().lag() == 0; }));
    EXPECT_EQ(follower->projection().position(), ledger_.journal->durable());
    ledger_.act(50);
    follower->stop();
    EXPECT_EQ(follower->projection().lag(), 0u) << "what is durable by then is taken up";
    EXPECT_EQ(follower->gauges().at(1).value, 0);
  }
  const auto saved = licensing::read_saved_book(folder_ / kSavedBookFile, *ledger_.journal);
  ASSERT_TRUE(saved) << saved.error().message;
  EXPECT_EQ(saved->entries, ledger_.journal->durable());
  EXPECT_EQ(saved->state, ledger_.teller->save()->state);
  // It goes on where it was.
  const auto again = started();
  EXPECT_EQ(again->projection().position(), ledger_.journal->durable());
}

TEST_F(LedgerProjectionTest, IsMadeAnewWhereItIsMissingOrBroken) {
  ledger_.act(100);
  started()->stop();
  std::filesystem::resize_file(folder_ / kProjectionFile, 3'000);
  started()->stop();
  EXPECT_TRUE(comes_true(
      [&] { return registry::file_bytes(folder_ / "log").find("ledger.projection_anew") != std::string::npos; }));
  std::filesystem::remove(folder_ / kProjectionFile);
  const auto follower = started();
  EXPECT_TRUE(comes_true([&] { return follower->projection().lag() == 0; }));
}

TEST_F(LedgerProjectionTest, IsVerifiedBesideTheCalls) {
  const auto follower = started();
  ledger_.act(200);
  LedgerVerifier verifier({.folder = folder_.path(),
                           .journal = *ledger_.journal,
                           .teller = *ledger_.teller,
                           .terms = [this]() -> Result<std::shared_ptr<const licensing::BillingTerms>> {
                             return std::make_shared<const licensing::BillingTerms>(ledger_.terms);
                           },
                           .log = *log_});
  EXPECT_EQ(verifier.state()["state"], "never");
  const auto report = [&] {
    EXPECT_EQ(verifier.begin()["state"], "running");
    ledger_.act(30);  // calls go on
    EXPECT_TRUE(comes_true([&] { return verifier.state()["state"] != "running"; }));
    EXPECT_EQ(verifier.state()["state"], "ended") << verifier.state().dump();
    return verifier.state()["report"];
  };
  const auto sound = report();
  EXPECT_TRUE(sound["sound"].get<bool>()) << sound.dump(1);
  EXPECT_GT(sound["entries"], 100);
  licensing::Entry entry{.currency = licensing::kEuro};
  entry.booked_ms = entry.happened_ms = ledger_.now_ms;
  entry.postings = {{"cash:bank", 5}, {"income:breakage", -4}};
  ASSERT_TRUE(ledger_.journal->append(licensing::encode(entry, {})));
  ASSERT_TRUE(licensing::settle(*ledger_.journal));
  const auto broken = report();
  EXPECT_FALSE(broken["sound"].get<bool>());
  EXPECT_EQ(broken["rules"][0]["flaw"]["reason"], "ledger.sum");
}

TEST_F(LedgerProjectionTest, AFolderThatNoHostHasOpenIsVerifiedAndItsTablesAreMadeAnew) {
  ledger_.act(150);
  const std::uint64_t entries = ledger_.journal->durable();
  const auto told = [](std::uint64_t, std::uint64_t) { return true; };
  EXPECT_EQ(rebuild_ledger_projection(folder_.path(), told).error().reason, "journal.in_use");
  ledger_.teller.reset();
  ledger_.journal.reset();
  EXPECT_EQ(rebuild_ledger_projection(folder_.path(), told).value_or(0), entries);
  EXPECT_EQ(rebuild_ledger_projection(folder_ / "elsewhere", told).error().reason, "file.not_found");
  EXPECT_EQ(verify_ledger_folder({folder_.path(), folder_ / "licensing"}, told).error().reason, "file.not_found");
  // A book that knows none of these customers: prices cannot be worked out again, all else can.
  std::filesystem::create_directories(folder_ / "licensing");
  ASSERT_TRUE(licensing::Book::open(
      {.file = folder_ / "licensing" / licensing::kBookFile, .now_ms = [] { return licensing::kNowMs; }}));
  const auto report = verify_ledger_folder({folder_.path(), folder_ / "licensing"}, told);
  ASSERT_TRUE(report) << report.error().message;
  std::string broken;
  for (const auto& rule : (*report)["rules"])
    if (rule.contains("flaw")) broken += rule["rule"].get<std::string>() + ' ';
  EXPECT_EQ(broken, "I7 ");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "verification"));
}

}  // namespace
}  // namespace stoa::app
