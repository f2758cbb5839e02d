// rollout_worker_test.cpp: the same over releases in worker processes, where packages run by default.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <deque>

#include "host/rollout/test_rollout.hpp"
#include "host/thread/monotonic.hpp"
#include "host/worker/sandbox.hpp"
#include "host/worker/worker_instance.hpp"

namespace stoa::rollout {
namespace {

class RolloutOfWorkers : public ::testing::Test, protected Bench {
 protected:
  RolloutOfWorkers() {
    program.executable = std::filesystem::path(std::getenv("STOA_BINARY_DIR")) / "bin" / "stoa-worker";
    program.tier = worker::best_tier(worker::probe_sandbox());
    program.hang_grace_ns = 50'000'000;
    program.zygotes = std::make_shared<worker::ZygoteKeeper>(program.executable, host.log);
    instance_of = [this](const runtime::PluginSource& source) {
      return worker::load_worker(program, source, source.models.front(), host.services());
    };
  }
  worker::WorkerProgram program;
};

TEST_F(RolloutOfWorkers, SwitchesLoseNothingAndMixNothing) {
  constexpr int kSwitches = 20;
  for (int i = 0; i <= kSwitches; ++i) release("1.0." + std::to_string(i), "", i % 2 == 0 ? 'a' : 'b', 2);
  apply(plan("1.0.0"));
  Customers customers(*this, 3);
  for (int i = 1; i <= kSwitches; ++i) {
    TrafficPlan next = plan("1.0." + std::to_string(i));
    next.keeps_previous = false;
    next.limits.p99_ratio_max = 0;
    apply(std::move(next));
    const std::uint64_t seen = customers.answered;
    while (customers.answered < seen + 100) std::this_thread::yield();
    pass(2 * kSecondNs);
    ASSERT_EQ(status().stable, "1.0." + std::to_string(i)) << status_of("1.0." + std::to_string(i)).reason;
  }
  customers.stop();
  settle();
  EXPECT_EQ(customers.lost, 0u) << customers.first_loss;
  EXPECT_EQ(customers.mixed, 0u);
  EXPECT_EQ(state_of("1.0.0"), ReleaseState::ended) << "and its process with it";
}

TEST_F(RolloutOfWorkers, RevokingEndsWhatRuns) {
  release("1.0.0");
  apply(plan("1.0.0"));
  const auto model = catalog.find(kModel, "").value();
  std::vector<runtime::Asked> asked;
  for (int i = 0; i < 10; ++i) asked.emplace_back(i == 0 ? "hold" : "hello");
  for (auto& one : asked) ASSERT_TRUE(model->enqueue(one.call).has_value());
  ASSERT_TRUE(asked[0].waiter->wait_news(thread::monotonic_ns() + runtime::kTestPatienceNs));
  rollout.revoke({kModel, "1.0.0"});
  for (auto& one : asked) {
    EXPECT_TRUE(one.call->finished()) << "before revoke returned";
    ASSERT_TRUE(one.wait());
    EXPECT_EQ(one.reason(), "release.revoked");
  }
  EXPECT_EQ(ask().error, "release.revoked");
}

// Each of them holds a request that ends once all of them drain: one after the other, the first would never be done.
TEST_F(RolloutOfWorkers, AtTheEndAllAreDrainedAtOnce) {
  const std::vector<std::string> versions{"1.0.0", "1.1.0", "1.2.0"};
  for (const std::string& version : versions) release(version);
  TrafficPlan made = plan("1.0.0");
  made.pinned = {"1.1.0", "1.2.0"};
  apply(std::move(made));
  const auto models = catalog.list();
  ASSERT_EQ(models.size(), versions.size());
  std::deque<runtime::Asked> held;
  for (const auto& model : models) {
    held.emplace_back("hold");
    ASSERT_TRUE(model->enqueue(held.back().call).has_value());
    ASSERT_TRUE(held.back().waiter->wait_news(thread::monotonic_ns() + runtime::kTestPatienceNs));
  }
  std::atomic<bool> did_all_drain{false};
  std::thread client([&] {
    const std::uint64_t until_ns = thread::monotonic_ns() + runtime::kTestPatienceNs / 4;
    const auto drain = [&] {
      return std::ranges::none_of(models, [](const auto& model) { return model->is_ready(); });
    };
    while (!drain() && thread::monotonic_ns() < until_ns) std::this_thread::yield();
    did_all_drain = drain();
    for (std::size_t i = 0; i < models.size(); ++i) models[i]->cancel(held[i].call, Code::cancelled);
  });
  const auto left = rollout.drain(thread::monotonic_ns() + runtime::kTestPatienceNs);
  client.join();
  EXPECT_TRUE(did_all_drain);
  EXPECT_EQ(left.size(), 0u);
  for (auto& one : held) EXPECT_TRUE(one.wait());
}

TEST_F(RolloutOfWorkers, ACandidateThatCrashesIsTakenBack) {
  release("1.0.0");
  sources["1.1.0"] = runtime::fixture_source("crasher");
  sources["1.1.0"].models[0].version = "1.1.0";
  TrafficPlan made = plan("1.0.0");
  made.candidate = CandidatePlan{"1.1.0", {"unlucky"}, {}, false};
  made.limits.requests_min = 3;
  made.limits.p99_ratio_max = 0;
  apply(std::move(made));
  ASSERT_EQ(status().candidate, "1.1.0") << status_of("1.1.0").reason;
  for (int i = 0; i < 40; ++i) ASSERT_EQ(ask("lucky").name, "1.0.0");
  for (int i = 0; i < 40 && status().candidate == "1.1.0"; ++i) {
    EXPECT_NE(ask("unlucky", "", "segv").error, "");
    settle();
  }
  EXPECT_EQ(state_of("1.1.0"), ReleaseState::rolled_back);
  EXPECT_EQ(ask("unlucky").name, "1.0.0");
}

}  // namespace
}  // namespace stoa::rollout
