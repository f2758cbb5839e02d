// worker_liar_test.cpp: a worker whose program is the enemy's: what it says is not believed, and the host goes on.
// SPDX-License-Identifier: Apache-2.0
#include "host/runtime/fixture_host.hpp"
#include "host/worker/worker_instance.hpp"

#include <gtest/gtest.h>

namespace stoa::worker {
namespace {

using runtime::Asked;

TEST(LyingWorker, IsEndedAndReplaced) {
  constexpr const char* kLies[] = {
      "more strings than there are",   "a tensor larger than its bytes", "a negative extent",
      "an offset behind the arena",    "an offset that wraps",           "more parts than the window",
      "a message nobody knows",        "a record that is cut",           "a ring that is fuller than it can be",
      "a series that was never opened"};
  const runtime::FixtureHost host;
  WorkerProgram program;
  program.executable = std::filesystem::path(std::getenv("STOA_BINARY_DIR")) / "bin" / "stoa_lying_worker";
  program.tier = Tier::t1;
  program.crashes_max = 1000;
  const runtime::PluginSource source = runtime::fixture_source("echo");
  for (const char* lie : kLies) {
    auto loaded = WorkerInstance::load(program, source, source.models[0], {}, host.services());
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
    ASSERT_TRUE(make_ready(**loaded).has_value());
    const auto ask = [&](const char* text) {
      Asked asked(text);
      (*loaded)->submit(std::span(&asked.call, 1));
      EXPECT_TRUE(asked.wait()) << text;
      return asked;
    };
    EXPECT_EQ(ask("the truth").text(), "well") << lie;
    EXPECT_EQ(ask(lie).reason(), "plugin.crashed") << lie;
    EXPECT_EQ(ask("the truth").text(), "well") << lie;
  }
  EXPECT_TRUE(host.log->has("makes no sense"));
}

}  // namespace
}  // namespace stoa::worker
