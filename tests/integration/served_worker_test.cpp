// served_worker_test.cpp: the queue in front of a model in a worker process. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

#include "host/inference/served_model.hpp"
#include "host/runtime/fixture_host.hpp"
#include "host/thread/wake_batch.hpp"
#include "host/worker/worker_instance.hpp"

namespace stoa::test {
namespace {

// Whoever enqueues asks nothing of it, and what does not answer hangs like any call.
TEST(ServedWorker, AModelThatNeverSaysACostIsEndedAtTheDeadline) {
  runtime::FixtureHost host;
  worker::WorkerProgram program;
  program.executable = std::filesystem::path(std::getenv("STOA_BINARY_DIR")) / "bin" / "stoa-worker";
  program.tier = worker::Tier::t1;
  program.hang_grace_ns = 50'000'000;
  runtime::PluginSource source = runtime::fixture_source("batcher");
  source.models[0].config_json = "60000";  // ms: only a full batch goes
  auto loaded = worker::load_worker(program, source, source.models[0], host.services());
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  const auto model = inference::ServedModel::start(std::move(*loaded), {false, host.log});
  ASSERT_TRUE(model.has_value()) << model.error().message;
  std::vector<runtime::Asked> asked;
  for (int n = 0; n < 8; ++n) {
    runtime::CallSpec spec = runtime::Asked::with_text("never");
    spec.deadline_ns = thread::monotonic_ns() + 200'000'000;
    ASSERT_TRUE((*model)->enqueue(asked.emplace_back(std::move(spec)).call).has_value()) << n;
  }
  for (auto& one : asked) {
    ASSERT_TRUE(one.wait());
    EXPECT_EQ(one.reason(), "plugin.crashed");
  }
  const std::uint64_t until_ns = thread::monotonic_ns() + runtime::kTestPatienceNs;
  while (!host.log->has("ms after its deadline") && thread::monotonic_ns() < until_ns) std::this_thread::yield();
  EXPECT_TRUE(host.log->has("ms after its deadline"));
}

// A wake that somebody puts off keeps nothing alive: its end would come on a thread that may have to be joined for it.
TEST(ServedWorker, EndsWithItsModelWhoeverHasAWakeLeft) {
  runtime::FixtureHost host;
  worker::WorkerProgram program;
  program.executable = std::filesystem::path(std::getenv("STOA_BINARY_DIR")) / "bin" / "stoa-worker";
  program.tier = worker::Tier::t1;
  const runtime::PluginSource source = runtime::fixture_source("crasher");
  auto loaded = worker::WorkerInstance::load(program, source, source.models[0], {}, host.services());
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  const pid_t pid = (*loaded)->pids().at(0);
  auto model = inference::ServedModel::start(std::move(*loaded), {false, host.log});
  ASSERT_TRUE(model.has_value()) << model.error().message;
  thread::WakeBatch wakes;
  std::vector<runtime::Asked> asked;
  while (wakes.is_empty()) {  // as long as the model thread does not sleep yet
    runtime::CallSpec spec = runtime::Asked::with_text("fine");
    spec.session = std::to_string(asked.size());  // through the queue
    ASSERT_TRUE((*model)->enqueue(asked.emplace_back(std::move(spec)).call).has_value());
    ASSERT_TRUE(!wakes.is_empty() || asked.back().wait());
  }
  model->reset();
  EXPECT_NE(kill(pid, 0), 0) << "its process is still there";
}

// Its process is ended with the model, and the call with the process.
TEST(ServedWorker, WhatHangsIsEndedWithTheModel) {
  runtime::FixtureHost host;
  worker::WorkerProgram program;
  program.executable = std::filesystem::path(std::getenv("STOA_BINARY_DIR")) / "bin" / "stoa-worker";
  program.tier = worker::Tier::t1;
  const runtime::PluginSource source = runtime::fixture_source("crasher");
  auto loaded = worker::load_worker(program, source, source.models[0], host.services());
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  auto model = inference::ServedModel::start(std::move(*loaded), {false, host.log});
  ASSERT_TRUE(model.has_value()) << model.error().message;
  runtime::Asked hangs("hang");
  ASSERT_TRUE((*model)->enqueue(hangs.call).has_value());
  const std::uint64_t until_ns = thread::monotonic_ns() + runtime::kTestPatienceNs;
  while (!hangs.call->is_held() && thread::monotonic_ns() < until_ns) std::this_thread::yield();
  model->reset();
  EXPECT_TRUE(host.log->has("did not end and were left behind"));
  ASSERT_TRUE(hangs.wait());
  EXPECT_EQ(hangs.reason(), "plugin.crashed");
}

}  // namespace
}  // namespace stoa::test
