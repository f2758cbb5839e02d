// fixture_crasher.hpp: a model that does harm, in a worker, for the tests of what becomes of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "host/runtime/fixture_host.hpp"
#include "host/thread/monotonic.hpp"
#include "host/worker/worker_instance.hpp"

namespace stoa::runtime {

inline worker::WorkerProgram program(worker::Tier tier) {
  worker::WorkerProgram made;
  made.executable = std::filesystem::path(std::getenv("STOA_BINARY_DIR")) / "bin" / "stoa-worker";
  made.tier = tier;
  static const auto kZygotes =
      std::make_shared<worker::ZygoteKeeper>(made.executable, std::make_shared<RememberingLog>());
  made.zygotes = kZygotes;
  return made;
}

// One model of the crasher, in T1, where nothing but the process itself stands between it and us.
class CrasherTest : public ::testing::Test {
 protected:
  void SetUp() override { load(1); }
  void load(std::uint32_t workers, const std::string& fixture = "crasher", const std::string& config = "") {
    instance.reset();
    worker::WorkerProgram made = program(tier);
    made.hang_grace_ns = 50'000'000;
    PluginSource source = fixture_source(fixture);
    source.models[0].limits.memory_budget_bytes = kBudgetBytes;
    source.models[0].limits.workers = workers;
    source.models[0].limits.threads = threads;
    source.models[0].config_json = config;
    auto loaded = worker::WorkerInstance::load(made, source, source.models[0], {}, host.services());
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
    instance = std::move(*loaded);
    ASSERT_TRUE(make_ready(*instance).has_value());
  }
  Asked ask(std::string_view text, std::uint64_t timeout_ns = 0) {
    CallSpec spec = Asked::with_text(text);
    if (timeout_ns != 0) spec.deadline_ns = thread::monotonic_ns() + timeout_ns;
    Asked asked(std::move(spec));
    instance->submit(std::span(&asked.call, 1));
    EXPECT_TRUE(asked.wait()) << text;
    return asked;
  }
  static bool wait_until(const std::function<bool()>& is_so) {
    const std::uint64_t until_ns = thread::monotonic_ns() + kTestPatienceNs / 4;
    while (!is_so() && thread::monotonic_ns() < until_ns) std::this_thread::yield();
    return is_so();
  }
  bool wait_for(InstanceState state) {
    return wait_until([&] { return instance->state() == state; });
  }

  static constexpr std::uint64_t kBudgetBytes = std::uint64_t{256} << 20;
  // One the model works on now, until it is cancelled.
  Asked begin(std::string_view text) {
    Asked asked(text);
    instance->submit(std::span(&asked.call, 1));
    EXPECT_TRUE(asked.waiter->wait_news(thread::monotonic_ns() + kTestPatienceNs)) << text;
    return asked;
  }
  // All of them in one batch.
  std::vector<Asked> ask_together(const std::vector<std::string>& texts) {
    std::vector<Asked> asked(texts.begin(), texts.end());
    std::vector<std::shared_ptr<Call>> calls;
    for (const Asked& one : asked) calls.push_back(one.call);
    instance->submit(calls);
    for (Asked& one : asked) EXPECT_TRUE(one.wait());
    return asked;
  }

  FixtureHost host;
  worker::Tier tier = worker::Tier::t1;
  std::uint32_t threads = 1;
  std::unique_ptr<worker::WorkerInstance> instance;
};

}  // namespace stoa::runtime
