// served_worker_test.cpp: the queue in front of a model in a worker process. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>

#include "host/inference/served_model.hpp"
#include "host/runtime/fixture_host.hpp"
#include "host/worker/worker_instance.hpp"

namespace stoa::test {
namespace {

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
