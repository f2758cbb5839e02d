// rollout_load_test.cpp: switches while many ask: nothing is lost, nothing is mixed.
// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "host/rollout/control.hpp"
#include "host/rollout/test_rollout.hpp"
#include "host/thread/monotonic.hpp"

namespace stoa::rollout {
namespace {

TEST(RolloutUnderLoad, AHundredSwitchesLoseNothingAndMixNothing) {
  constexpr int kSwitches = 100;
  Bench bench;
  for (int i = 0; i <= kSwitches; ++i) bench.release("1.0." + std::to_string(i), "", i % 2 == 0 ? 'a' : 'b', 2);
  bench.apply(bench.plan("1.0.0"));
  Customers customers(bench, 4);
  for (int i = 1; i <= kSwitches; ++i) {
    TrafficPlan next = bench.plan("1.0." + std::to_string(i));
    // Every second one keeps no way back, so that the old release is unloaded while others still ask.
    next.keeps_previous = i % 2 == 0;
    next.limits.p99_ratio_max = 0;  // this machine's noise is no matter here
    bench.apply(std::move(next));
    const std::uint64_t seen = customers.answered;
    while (customers.answered < seen + 50) std::this_thread::yield();
    // All switches together take less than a minute of the test's clock: so long a release is kept for who found it,
    // and a busy machine may leave a thread waiting through many of them.
    bench.pass(kSecondNs / 2);
    ASSERT_EQ(bench.status().stable, "1.0." + std::to_string(i));
  }
  customers.stop();
  for (int i = 0; i < 11; ++i) bench.pass(kSecondNs);
  bench.settle();
  EXPECT_EQ(customers.lost, 0u) << customers.first_loss;
  EXPECT_EQ(customers.mixed, 0u);
  EXPECT_GE(customers.answered, 5000u);
  // What nobody wants any more is gone, each with its model.
  std::size_t loaded = 0;
  for (const auto& one : bench.status().releases) loaded += one.statistics ? 1 : 0;
  EXPECT_LE(loaded, 2u);
  EXPECT_EQ(bench.state_of("1.0.3"), ReleaseState::ended);
}

TEST(RolloutUnderLoad, ShiftsAndRollbacksByItsOwnThreadsLoseNothing) {
  Bench bench;
  bench.release("1.0.0", "", 'a', 2);
  bench.release("1.0.1", "", 'b', 2);
  TrafficPlan plan = bench.plan("1.0.0");
  plan.limits.p99_ratio_max = 0;
  bench.apply(plan);
  Customers customers(bench, 3);
  {
    RolloutControl control(bench.rollout, std::chrono::milliseconds(1));
    const auto wait_for = [&](const auto& is_so) {
      const std::uint64_t until_ns = thread::monotonic_ns() + runtime::kTestPatienceNs;
      bool is_done = is_so();
      for (; !is_done && thread::monotonic_ns() < until_ns; is_done = is_so()) {
        bench.now_ns += kSecondNs / 1000;
        std::this_thread::yield();
      }
      EXPECT_TRUE(is_done);
    };
    for (int round = 0; round < 5; ++round) {
      plan.candidate = CandidatePlan{"1.0.1", {}, {100'000, 500'000, 1'000'000}, true};
      ASSERT_TRUE(bench.rollout.apply(plan).has_value());
      wait_for([&] { return bench.status().stable == "1.0.1"; });
      ASSERT_EQ(bench.rollout.roll_back(kModel).value_or(""), "1.0.0");
      ASSERT_EQ(bench.status().stable, "1.0.0");
      plan.candidate.reset();
      ASSERT_TRUE(bench.rollout.apply(plan).has_value());
      wait_for([&] { return bench.rollout.forgive({kModel, "1.0.1"}).has_value(); });
    }
  }
  customers.stop();
  EXPECT_EQ(customers.lost, 0u) << customers.first_loss;
  EXPECT_EQ(customers.mixed, 0u);
}

// Whatever had begun ends at once, whether it waits, runs or is just being handed over.
TEST(RolloutUnderLoad, RevokingEndsWhatRuns) {
  Bench bench;
  bench.release("1.0.0", "", 'a');
  bench.release("1.0.1", "", 'b');
  TrafficPlan plan = bench.plan("1.0.0");
  plan.pinned = {"1.0.1"};
  bench.apply(plan);
  const auto routed = bench.catalog.route(kModel, "1.0.1", {}).value();
  std::vector<runtime::Asked> asked;
  for (int i = 0; i < 20; ++i) asked.emplace_back(i == 0 ? "hold" : "hello");
  for (auto& one : asked) ASSERT_TRUE(routed.model->enqueue(one.call).has_value());
  ASSERT_TRUE(asked[0].waiter->wait_news(thread::monotonic_ns() + runtime::kTestPatienceNs));

  bench.rollout.revoke({kModel, "1.0.1"});
  for (auto& one : asked) {
    EXPECT_TRUE(one.call->finished()) << "before revoke returned";
    ASSERT_TRUE(one.wait());
    EXPECT_EQ(one.reason(), "release.revoked");
  }
  EXPECT_EQ(bench.ask("", "1.0.1").error, "release.revoked");
  EXPECT_EQ(Bench::ask(routed, "hello").error, "release.revoked") << "found before, asked after";
  EXPECT_EQ(bench.ask().name, "1.0.0");
  EXPECT_EQ(bench.state_of("1.0.1"), ReleaseState::revoked);
}

}  // namespace
}  // namespace stoa::rollout
