// served_end_test.cpp: a model that is drained, ended or gone under its calls. SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "host/inference/test_served.hpp"

namespace stoa::inference {
namespace {

using runtime::Asked;
using runtime::kTestPatienceNs;
using thread::monotonic_ns;

TEST_F(Served, DrainLosesNothing) {
  runtime::PluginSource source = fixture_source("echo");
  source.models[0].limits.threads = 2;
  const auto model = serve(source);
  ASSERT_NE(model, nullptr);
  std::atomic<std::size_t> accepted{0}, refused{0}, answered{0};
  std::thread drainer([&] {
    while (accepted.load() < 500) std::this_thread::yield();
    EXPECT_TRUE(model->drain(monotonic_ns() + kTestPatienceNs).has_value());
    EXPECT_FALSE(model->is_ready());
  });
  ask_from(3, 1000, [&](std::size_t, std::size_t) {
    Asked asked("hello");
    if (const auto queued = model->enqueue(asked.call); !queued) {
      EXPECT_EQ(queued.error().reason, "model.draining");
      ++refused;
      return;
    }
    ++accepted;
    ASSERT_TRUE(asked.wait());
    ASSERT_EQ(asked.text(), "hello");
    ++answered;
  });
  drainer.join();
  EXPECT_EQ(answered.load(), accepted.load());
  EXPECT_EQ(accepted.load() + refused.load(), 3000u);
  EXPECT_EQ(model->instance().state(), runtime::InstanceState::stopped);
  EXPECT_TRUE(model->drain(0).has_value()) << "again";
}

TEST_F(Served, DrainGivesUpAtItsDeadlineAndMayGoOn) {
  const auto model = serve(fixture_source("holder"));
  ASSERT_NE(model, nullptr);
  Asked held("hold"), queued("pass");
  ASSERT_TRUE(model->enqueue(held.call).has_value());
  ASSERT_TRUE(model->enqueue(queued.call).has_value());
  const auto drained = model->drain(monotonic_ns() + 10'000'000);
  ASSERT_FALSE(drained.has_value());
  EXPECT_EQ(drained.error().reason, "model.still_running");
  model->cancel(held.call, Code::cancelled);
  EXPECT_TRUE(model->drain(monotonic_ns() + kTestPatienceNs).has_value());
  ASSERT_TRUE(queued.wait());
  EXPECT_EQ(queued.text(), "passed") << "it was accepted, so it is answered";
}

TEST_F(Served, DestructionRefusesWhatIsQueued) {
  auto model = serve(fixture_source("holder"));
  ASSERT_NE(model, nullptr);
  Asked held("hold"), queued("pass");
  ASSERT_TRUE(model->enqueue(held.call).has_value());
  ASSERT_TRUE(held.waiter->wait_news(monotonic_ns() + kTestPatienceNs));
  ASSERT_TRUE(model->enqueue(queued.call).has_value());
  std::thread stop([&] {
    EXPECT_TRUE(queued.wait());
    held.call->cancel(Code::cancelled);
  });
  model.reset();
  stop.join();
  EXPECT_EQ(queued.reason(), "model.draining");
  EXPECT_TRUE(held.call->finished());
}

// A plugin's own thread may come back when nobody thinks of its model any more.
TEST_F(Served, WhatDidNotEndMayEndWhenTheModelIsGone) {
  Asked watch("watch");
  {
    runtime::PluginSource source = fixture_source("late");
    const auto copy = source.library.parent_path() / "late_behind.so";  // this program never unloads it
    std::filesystem::copy_file(source.library, copy, std::filesystem::copy_options::overwrite_existing);
    source.library = copy;
    const auto model = serve(source);
    ASSERT_NE(model, nullptr);
    ASSERT_TRUE(model->enqueue(watch.call).has_value());
    const std::uint64_t until_ns = monotonic_ns() + kTestPatienceNs;
    while (!watch.call->is_held() && monotonic_ns() < until_ns) std::this_thread::yield();
  }
  EXPECT_TRUE(host.log->has("did not end and were left behind"));
  EXPECT_FALSE(watch.call->finished());
  watch.call->cancel(Code::cancelled);
  ASSERT_TRUE(watch.wait());
  EXPECT_FALSE(watch.call->is_held());
}

TEST_F(Served, EndAllEndsWhatWaitsAndWhatRunsWithItsReason) {
  const auto model = serve(fixture_source("holder"));
  ASSERT_NE(model, nullptr);
  Asked held("hold"), queued("pass"), late("pass");
  ASSERT_TRUE(model->enqueue(held.call).has_value());
  ASSERT_TRUE(held.waiter->wait_news(monotonic_ns() + kTestPatienceNs));
  ASSERT_TRUE(model->enqueue(queued.call).has_value());
  model->end_all({Code::failed_precondition, "release.revoked", "revoked", 0});
  model->end_all({Code::unavailable, "second", "the first reason stays", 0});
  EXPECT_TRUE(held.call->finished() && queued.call->finished()) << "when it returns";
  EXPECT_EQ(held.reason(), "release.revoked");
  EXPECT_EQ(queued.reason(), "release.revoked");
  EXPECT_EQ(model->enqueue(late.call).error().reason, "release.revoked");
  EXPECT_FALSE(model->is_ready());
  EXPECT_TRUE(model->drain(monotonic_ns() + kTestPatienceNs).has_value()) << "the plugin was told, too";
  EXPECT_EQ(model->statistics().cancelled_count, 2u);
  EXPECT_EQ(model->statistics().deadline_count, 0u);
}

TEST_F(Served, EndAllRacesWithEverything) {
  for (int round = 0; round < 20; ++round) {
    runtime::PluginSource source = fixture_source(round % 2 == 0 ? "echo" : "late");
    source.models[0].limits.threads = 2;
    const auto model = serve(source);
    ASSERT_NE(model, nullptr);
    std::atomic<std::size_t> accepted{0};
    std::thread ender([&] {
      while (accepted.load() < 50) std::this_thread::yield();
      model->end_all({Code::failed_precondition, "release.revoked", "revoked", 0});
    });
    ask_from(3, 100, [&](std::size_t, std::size_t) {
      Asked asked("hello");
      if (const auto taken = model->enqueue(asked.call); !taken) {
        ASSERT_EQ(taken.error().reason, "release.revoked");
        return;
      }
      ++accepted;
      ASSERT_TRUE(asked.wait());
      ASSERT_TRUE(asked.reason().empty() || asked.reason() == "release.revoked") << asked.reason();
    });
    ender.join();
    ASSERT_TRUE(model->drain(monotonic_ns() + kTestPatienceNs).has_value());
  }
}

}  // namespace
}  // namespace stoa::inference
