// shadow_test.cpp: copies, comparisons, and bounds that never reach a customer. SPDX-License-Identifier: Apache-2.0
#include "host/rollout/shadow.hpp"

#include <thread>

#include "host/rollout/test_rollout.hpp"
#include "host/thread/monotonic.hpp"

namespace stoa::rollout {
namespace {

class ShadowTest : public ::testing::Test, protected Bench {
 protected:
  void serve(
      const std::string& stable_words, const std::string& shadow_words,
      const std::function<void(ShadowPlan&)>& change = [](ShadowPlan&) {}) {
    release("1.0.0", stable_words, 'a');
    release("2.0.0", shadow_words, 'b');
    TrafficPlan made = plan("1.0.0");
    made.shadow.emplace().version = "2.0.0";
    change(*made.shadow);
    apply(made);
    ASSERT_EQ(state_of("2.0.0"), ReleaseState::shadowing) << status_of("2.0.0").reason;
  }
  // Until nothing is under way any more.
  ShadowStatistics settled() {
    const std::uint64_t until_ns = thread::monotonic_ns() + runtime::kTestPatienceNs;
    while (status().shadow->held > 0 && thread::monotonic_ns() < until_ns) std::this_thread::yield();
    const ShadowStatistics s = *status().shadow;
    EXPECT_EQ(s.held, 0u);
    EXPECT_EQ(s.held_bytes, 0u);
    return s;
  }
};

TEST_F(ShadowTest, EqualAnswersAreCounted) {
  serve("alike", "alike");
  for (int i = 0; i < 50; ++i) ASSERT_EQ(ask("c", "", "text " + std::to_string(i)).text, "text " + std::to_string(i));
  const ShadowStatistics s = settled();
  EXPECT_EQ(s.equal, 50u);
  EXPECT_EQ(s.different + s.failed + s.dropped + s.skipped, 0u);
  EXPECT_EQ(status_of("2.0.0").statistics->success_count, 50u);
  EXPECT_EQ(ask("c", "2.0.0").error, "model.version_unknown") << "a shadow answers nobody";
  for (const auto& model : catalog.list()) EXPECT_NE(model->spec().version, "2.0.0");
}

TEST_F(ShadowTest, DifferencesAreCountedAndTold) {
  serve("", "");
  for (int i = 0; i < 20; ++i) ASSERT_EQ(ask().library, "A");
  const ShadowStatistics s = settled();
  EXPECT_EQ(s.different, 20u);
  EXPECT_NE(s.last_difference.find("output \"library\""), std::string::npos) << s.last_difference;
}

TEST_F(ShadowTest, AShadowThatFailsHarmsNobody) {
  serve("", "fails");
  for (int i = 0; i < 20; ++i) ASSERT_EQ(ask().error, "");
  const ShadowStatistics s = settled();
  EXPECT_EQ(s.failed, 20u);
  EXPECT_EQ(status().stable, "1.0.0");
}

TEST_F(ShadowTest, WhatFailedItselfIsNotCompared) {
  serve("fails", "");
  for (int i = 0; i < 20; ++i) ASSERT_EQ(ask().error, "versioned.fails");
  EXPECT_EQ(settled().skipped, 20u);
  EXPECT_EQ(status_of("2.0.0").statistics->success_count, 0u);
}

TEST_F(ShadowTest, TheShareIsExact) {
  serve("alike", "alike", [](ShadowPlan& shadow) { shadow.share_ppm = 250'000; });
  for (int i = 0; i < 40; ++i) ask();
  EXPECT_EQ(settled().equal, 10u);
}

// A shadow slower than its model: the customers are answered all the same, what has no room is dropped.
TEST_F(ShadowTest, BoundsDropCopiesNotAnswers) {
  serve("alike", "alike slow", [](ShadowPlan& shadow) { shadow.waiting_max = 3; });
  for (int i = 0; i < 60; ++i) ASSERT_EQ(ask().error, "");
  const ShadowStatistics s = settled();
  EXPECT_GT(s.dropped, 0u);
  EXPECT_EQ(s.dropped + s.equal, 60u);
}

TEST_F(ShadowTest, BytesAreBounded) {
  serve("alike", "alike", [](ShadowPlan& shadow) { shadow.waiting_bytes_max = 1000; });
  ASSERT_EQ(ask("", "", std::string(600, 'x')).text.size(), 600u);    // its answer finds no room
  ASSERT_EQ(ask("", "", std::string(2000, 'x')).text.size(), 2000u);  // nor does this question
  ASSERT_EQ(ask("", "", "fits").text, "fits");
  const ShadowStatistics s = settled();
  EXPECT_EQ(s.dropped, 2u);
  EXPECT_EQ(s.equal, 1u);
}

TEST_F(ShadowTest, AnEndedShadowIsDeaf) {
  serve("alike", "alike");
  const auto routed = catalog.route(kModel, "", {}).value();
  TrafficPlan without = plan("1.0.0");
  apply(without);
  EXPECT_EQ(Bench::ask(routed, "hello").text, "hello");
  EXPECT_FALSE(status().shadow.has_value());
  EXPECT_EQ(state_of("2.0.0"), ReleaseState::ended);
}

TEST_F(ShadowTest, ARevokedShadowIsSilent) {
  serve("alike", "alike");
  rollout.revoke({kModel, "2.0.0"});
  EXPECT_EQ(ask().text, "hello");
  settle();
  EXPECT_FALSE(status().shadow.has_value());
  EXPECT_FALSE(status_of("2.0.0").statistics.has_value());
}

TEST(AnswerDifference, IsFoundPartByPart) {
  using runtime::InputPart;
  const auto text = [](std::string_view words, std::string name = "t") { return runtime::text_input(words, name); };
  const auto floats = [](std::vector<float> values) {
    const auto n = static_cast<std::int64_t>(values.size());
    return runtime::tensor_input("f", DataType::fp32, {n}, std::move(values));
  };
  struct Row {
    std::vector<InputPart> expected, got;
    std::string difference;  // in its words; empty: none
  };
  const Row rows[] = {
      {{text("ab")}, {text("ab")}, ""},
      {{text("a"), text("b")}, {text("ab")}, ""},  // a stream cut elsewhere says the same
      {{text("ab")}, {text("ac")}, "byte 1"},
      {{text("ab")}, {}, "was not emitted"},
      {{text("ab")}, {text("ab"), text("c", "u")}, "output \"u\" was not expected"},
      {{floats({1, 2})}, {floats({1, 2.00001f})}, ""},
      {{floats({1, 2})}, {floats({1, 2.1f})}, "index 1"},
      {{floats({1}), floats({2})}, {floats({1}), floats({2})}, ""},
      {{floats({1}), floats({2})}, {floats({1}), floats({3})}, "index 0"},
      {{floats({1})}, {floats({1}), floats({2})}, "more than 1"},
      {{floats({1}), floats({2})}, {floats({1})}, "expected 2 parts, got 1"},
      {{}, {}, ""},
  };
  runtime::FixtureHost host;
  auto loaded = runtime::load_plugin(runtime::fixture_source("echo"), host.services());
  ASSERT_TRUE(loaded.has_value());
  const auto model = inference::ServedModel::start(std::move(loaded->front())).value();
  const auto said = [&](const std::vector<InputPart>& parts) {  // by a real plugin
    runtime::CallSpec spec;
    spec.inputs = parts;
    runtime::Asked asked(std::move(spec));
    EXPECT_TRUE(model->enqueue(asked.call).has_value());
    EXPECT_TRUE(asked.wait());
    return std::move(asked.answer);
  };
  for (const Row& row : rows) {
    std::vector<InputPart> expected;
    for (const auto& part : said(row.expected)) expected.push_back(copy_of(part));
    const std::string found = difference(expected, said(row.got), ShadowPlan());
    EXPECT_EQ(found.empty(), row.difference.empty()) << found << " / " << row.difference;
    EXPECT_NE(found.find(row.difference), std::string::npos) << found;
  }
}

}  // namespace
}  // namespace stoa::rollout
