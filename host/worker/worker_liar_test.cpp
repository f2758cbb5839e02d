// worker_liar_test.cpp: a worker whose program is the enemy's: what it says is not believed, and the host goes on.
// SPDX-License-Identifier: Apache-2.0
#include "host/runtime/fixture_host.hpp"
#include "host/thread/monotonic.hpp"
#include "host/worker/worker_instance.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace stoa::worker {
namespace {

using runtime::Asked;

class LyingWorker : public ::testing::Test {
 protected:
  void load(const std::string& config = "") {
    instance.reset();
    WorkerProgram program;
    program.executable = std::filesystem::path(std::getenv("STOA_BINARY_DIR")) / "bin" / "stoa_lying_worker";
    program.tier = Tier::t1;
    program.crashes_max = 1000;
    runtime::PluginSource source = runtime::fixture_source("echo");
    source.models[0].config_json = config;
    auto loaded = WorkerInstance::load(program, source, source.models[0], {}, services);
    outcome = loaded ? Result<void>() : std::unexpected(loaded.error());
    if (!loaded) return;
    instance = std::move(*loaded);
    outcome = make_ready(*instance);
  }
  Asked ask(const char* text) {
    Asked asked(text);
    instance->submit(std::span(&asked.call, 1));
    EXPECT_TRUE(asked.wait()) << text;
    return asked;
  }

  const runtime::FixtureHost host;
  runtime::HostServices services = host.services();
  std::unique_ptr<WorkerInstance> instance;
  Result<void> outcome;  // of the last load
};

TEST_F(LyingWorker, IsEndedAndReplaced) {
  constexpr const char* kLies[] = {"more strings than there are",
                                   "a tensor larger than its bytes",
                                   "a negative extent",
                                   "an offset behind the arena",
                                   "an offset that wraps",
                                   "more parts than the window",
                                   "a message nobody knows",
                                   "a record that is cut",
                                   "a ring that is fuller than it can be",
                                   "a series that was never opened",
                                   "calls returned that it never had"};
  for (const char* lie : kLies) {
    load();
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
    EXPECT_EQ(ask("the truth").text(), "well") << lie;
    EXPECT_EQ(ask(lie).reason(), "plugin.crashed") << lie;
    EXPECT_EQ(ask("the truth").text(), "well") << lie;
  }
  EXPECT_TRUE(host.log->has("makes no sense"));
}

// Until submit has returned the host keeps a call with its inputs.
TEST_F(LyingWorker, OneWhoseSubmitNeverReturnsIsEnded) {
  load();
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  const auto before = instance->pids();
  for (int n = 0; n < 3; ++n) ask("the truth, but for the end of submit");  // one of them may meet the end
  const std::uint64_t until_ns = thread::monotonic_ns() + runtime::kTestPatienceNs;
  while (!host.log->has("more than its threads can be at") && thread::monotonic_ns() < until_ns)
    std::this_thread::yield();
  EXPECT_EQ(ask("the truth").text(), "well");
  EXPECT_NE(instance->pids(), before);
}

// The host's digests are its threads' time: a plugin's manifest needs one.
TEST_F(LyingWorker, IsDigestedForOnce) {
  std::atomic<int> digests{0};
  services.sha256 = [&](std::string_view text) {
    ++digests;
    return runtime::first_bytes(text);
  };
  load("asks for digests");
  EXPECT_FALSE(outcome.has_value());
  EXPECT_EQ(digests.load(), 1);
}

// Whoever says what concerns no call waits for the next tick, as one does who logs too much: 20'000 are ten ticks'
// worth.
TEST_F(LyingWorker, WhatConcernsNoCallCostsItTime) {
  load();
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  for (const char* how :
       {"the truth, behind much of others", "the truth, behind much of nothing", "the truth, behind much of length"}) {
    const std::uint64_t began_ns = thread::monotonic_ns();
    EXPECT_EQ(ask(how).text(), "well");
    EXPECT_GE(thread::monotonic_ns() - began_ns, 100'000'000u) << how;
  }
}

}  // namespace
}  // namespace stoa::worker
