// worker_blame_test.cpp: what a worker died of, and which request is not tried again for it.
// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <string>
#include <vector>

#include "host/worker/fixture_crasher.hpp"
#include "host/worker/test_sandbox.hpp"

namespace stoa::runtime {
namespace {

TEST_F(CrasherTest, RefusesARequestThatKilledTwo) {
  EXPECT_EQ(ask("segv").reason(), "plugin.crashed");
  EXPECT_EQ(ask("segv").reason(), "plugin.crashed");
  EXPECT_EQ(ask("segv").reason(), "request.poison");
  EXPECT_EQ(ask("fine").text(), "well");
}

// The one that was begun last, and had nothing to do with it.
TEST_F(CrasherTest, RefusesNoneThatRanBesideOneThatHangs) {
  threads = 2;
  load(1);
  for (int n = 0; n < 2; ++n) {
    CallSpec spec = Asked::with_text("hang");
    spec.deadline_ns = thread::monotonic_ns() + 200'000'000;
    Asked hangs(std::move(spec));
    instance->submit(std::span(&hangs.call, 1));
    Asked innocent = begin("slow");
    EXPECT_TRUE(hangs.wait() && innocent.wait());
    EXPECT_EQ(innocent.reason(), "plugin.crashed");
    EXPECT_TRUE(wait_until([&] { return host.log->has(", last request " + std::to_string(hangs.call->id())); }));
  }
  EXPECT_EQ(ask("hang", 20'000'000).reason(), "request.poison");
  Asked innocent = begin("slow");
  EXPECT_FALSE(innocent.call->finished()) << innocent.reason();
  instance->cancel(*innocent.call, Code::cancelled);
  EXPECT_TRUE(innocent.wait());
}

TEST_F(CrasherTest, RefusesNoneThatRanBesideOneThatCrashes) {
  threads = 2;
  load(1);
  for (int n = 0; n < 2; ++n) {
    Asked crashes = begin("late segv"), innocent = begin("slow");
    instance->cancel(*crashes.call, Code::cancelled);
    EXPECT_TRUE(crashes.wait() && innocent.wait());
    EXPECT_TRUE(wait_until([&] { return host.log->has(", last request " + std::to_string(crashes.call->id())); }));
  }
  EXPECT_EQ(ask("late segv").reason(), "request.poison");
  Asked innocent = begin("slow");
  EXPECT_FALSE(innocent.call->finished()) << innocent.reason();
  instance->cancel(*innocent.call, Code::cancelled);
  EXPECT_TRUE(innocent.wait());
}

// Who waits for its thread behind one that takes its time has not hung.
TEST_F(CrasherTest, RefusesNoneThatWaitedBehindASlowOne) {
  for (int n = 0; n < 2; ++n) {
    Asked slow = begin("slow");
    ask("fine", 20'000'000);
    EXPECT_TRUE(slow.wait());
    EXPECT_EQ(slow.reason(), "plugin.crashed");
  }
  EXPECT_EQ(ask("fine").text(), "well");
  Asked slow = begin("slow");
  EXPECT_FALSE(slow.call->finished()) << slow.reason();
  instance->cancel(*slow.call, Code::cancelled);
  EXPECT_TRUE(slow.wait());
}

TEST_F(CrasherTest, RefusesNoneWhoseWorkerWasKilledFromOutside) {
  for (int n = 0; n < 2; ++n) {
    Asked innocent = begin("slow");
    kill(instance->pids().front(), SIGKILL);
    EXPECT_TRUE(innocent.wait());
    EXPECT_EQ(innocent.reason(), "plugin.crashed");
    const std::string said = "SIGKILL, last request " + std::to_string(innocent.call->id());
    EXPECT_TRUE(wait_until([&] { return host.log->has(said); }));
  }
  Asked innocent = begin("slow");
  EXPECT_FALSE(innocent.call->finished()) << innocent.reason();
  instance->cancel(*innocent.call, Code::cancelled);
  EXPECT_TRUE(innocent.wait());
}

// Wherever it stood in the batch; the others are tried apart from it, and answered.
TEST_F(CrasherTest, FindsTheOneOfABatchThatKills) {
  load(1, "crasher", "batches");
  for (const Asked& asked : ask_together({"fine", "also fine", "segv"})) EXPECT_EQ(asked.reason(), "plugin.crashed");
  const auto again = ask_together({"fine", "also fine", "segv"});
  EXPECT_EQ(again[0].text(), "well");
  EXPECT_EQ(again[1].text(), "well");
  EXPECT_EQ(again[2].reason(), "plugin.crashed");
  const auto at_last = ask_together({"fine", "also fine", "segv"});
  EXPECT_EQ(at_last[0].text(), "well");
  EXPECT_EQ(at_last[1].text(), "well");
  EXPECT_EQ(at_last[2].reason(), "request.poison");
}

// In a namespace of its own it is the first process, and its abort() ends by another signal.
TEST_F(CrasherTest, SaysThatItAbortedInEveryTier) {
  for (const worker::Tier strength : {worker::Tier::t1, worker::Tier::t2, worker::Tier::t2n}) {
    if (strength > worker::best_tier(worker::probe_sandbox())) continue;
    tier = strength;
    load(1);
    const Asked crashed = ask("abort");
    EXPECT_EQ(crashed.reason(), "plugin.crashed");
    EXPECT_EQ(ask("fine").text(), "well");
    EXPECT_TRUE(host.log->has("SIGABRT, last request " + std::to_string(crashed.call->id()))) << name_of(strength);
  }
}

}  // namespace
}  // namespace stoa::runtime
