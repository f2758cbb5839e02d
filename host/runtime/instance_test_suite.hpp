// instance_test_suite.hpp: what every implementation of Instance must do, in-process or in a worker: instantiate it
// with a factory. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "host/runtime/fixture_host.hpp"

namespace stoa::runtime {

struct InstanceFactory {
  std::string name;
  std::function<Result<std::vector<std::unique_ptr<Instance>>>(const PluginSource&, const HostServices&)> load;
  std::string lacks = {};  // what this machine does not have for it: its tests are skipped, and say so
};

inline void PrintTo(const InstanceFactory& factory, std::ostream* out) { *out << factory.name; }

class InstanceTest : public ::testing::TestWithParam<InstanceFactory> {
 protected:
  void SetUp() override {
    if (!GetParam().lacks.empty()) GTEST_SKIP() << "this machine has no " << GetParam().lacks;
  }
  // The one model of a fixture, ready; null with a failed test otherwise.
  std::unique_ptr<Instance> ready(const PluginSource& source) {
    auto loaded = GetParam().load(source, host.services());
    EXPECT_TRUE(loaded.has_value()) << loaded.error().message;
    if (!loaded) return nullptr;
    auto instance = std::move(loaded->front());
    const auto made = make_ready(*instance);
    EXPECT_TRUE(made.has_value()) << made.error().message;
    return made ? std::move(instance) : nullptr;
  }
  Error refusal(const PluginSource& source) {
    auto loaded = GetParam().load(source, host.services());
    if (!loaded) return loaded.error();
    const auto made = make_ready(*loaded->front());
    EXPECT_FALSE(made.has_value()) << "it was not refused";
    return made ? Error{} : made.error();
  }
  static void submit(Instance& instance, Asked& asked) { instance.submit(std::span(&asked.call, 1)); }
  static Asked ask(Instance& instance, std::string_view text) {
    Asked asked(text);
    submit(instance, asked);
    EXPECT_TRUE(asked.wait()) << text;
    return asked;
  }

  FixtureHost host;
};

TEST_P(InstanceTest, EchoesEveryKindOfPart) {
  const auto instance = ready(fixture_source("echo"));
  ASSERT_NE(instance, nullptr);
  EXPECT_EQ(instance->state(), InstanceState::ready);
  CallSpec spec = Asked::with_text("grüße");
  spec.inputs.push_back(tensor_input<float>("x", DataType::fp32, {2, 3}, {1, 2, 3, 4, 5, 6}));
  spec.inputs.push_back(tensor_input<std::int64_t>("none", DataType::int64, {0, 7}, {}));
  InputPart words;
  words.name = "words";
  words.kind = PartKind::strings;
  words.shape = {2};
  words.strings = {stoa_str{"a", 1}, stoa_str{nullptr, 0}};
  spec.inputs.push_back(words);
  Asked asked(std::move(spec));
  submit(*instance, asked);
  ASSERT_TRUE(asked.wait());
  ASSERT_EQ(asked.reason(), "");
  ASSERT_EQ(asked.answer.size(), 4u);
  EXPECT_EQ(asked.text(), "grüße");
  EXPECT_EQ(asked.answer[1].name(), "x");
  EXPECT_EQ(asked.answer[1].datatype(), DataType::fp32);
  EXPECT_EQ(asked.answer[1].shape()[1], 3);
  EXPECT_EQ(reinterpret_cast<const float*>(asked.answer[1].data().data())[5], 6.0f);
  EXPECT_EQ(asked.answer[2].data().size(), 0u);
  ASSERT_EQ(asked.answer[3].strings().size(), 2u);
  EXPECT_EQ(std::string_view(asked.answer[3].strings()[0].p, 1), "a");
  EXPECT_EQ(asked.call->misuses(), 0u);
}

TEST_P(InstanceTest, InputsMayLieInMemoryOfItsOwn) {
  const auto instance = ready(fixture_source("echo"));
  ASSERT_NE(instance, nullptr);
  constexpr std::size_t kBytes = 16u << 20, kElsewhere = 100'000;
  const bool has_own = instance->take_input_memory(kBytes) != nullptr;
  EXPECT_EQ(has_own, instance->isolation() != "T0");
  // More than it has at once: whatever is not given back is missing in the end.
  for (int round = 0; has_own && round < 40; ++round) {
    auto memory = instance->take_input_memory(kBytes);
    ASSERT_NE(memory, nullptr) << "after " << round << " rounds";
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.get()) % 64, 0u);
    std::memset(memory.get(), 'a' + round % 26, kElsewhere);
    InputPart part;
    part.name = "text";
    part.kind = PartKind::text;
    part.data = {memory.get() + 1, kElsewhere - 1};
    part.keep = std::move(memory);
    CallSpec spec;
    spec.inputs = {std::move(part), text_input("elsewhere", "other")};
    Asked asked(std::move(spec));
    submit(*instance, asked);
    ASSERT_TRUE(asked.wait());
    ASSERT_EQ(asked.reason(), "");
    EXPECT_EQ(asked.text(), std::string(kElsewhere - 1, static_cast<char>('a' + round % 26)));
    EXPECT_EQ(text_of(asked.answer.at(1)), "elsewhere");
  }
}

TEST_P(InstanceTest, StreamWaitsForASlowClientAndLosesNothing) {
  const auto instance = ready(fixture_source("streamer"));
  ASSERT_NE(instance, nullptr);
  CallSpec spec = Asked::with_text("1000");
  spec.pending_parts_max = 3;
  Asked asked(std::move(spec));
  std::thread model([&] { submit(*instance, asked); });
  std::vector<OutputPart> parts;
  std::size_t largest = 0;
  while (!asked.call->finished() && asked.waiter->wait_news(thread::monotonic_ns() + kTestPatienceNs)) {
    auto taken = asked.call->take();
    largest = std::max(largest, taken.size());
    for (auto& part : taken) parts.push_back(std::move(part));
  }
  for (auto& part : asked.call->take()) parts.push_back(std::move(part));
  model.join();
  ASSERT_EQ(parts.size(), 1000u);
  for (std::size_t i = 0; i < parts.size(); ++i) ASSERT_EQ(text_of(parts[i]), std::to_string(i));
  EXPECT_LE(largest, 3u);
  EXPECT_FALSE(asked.call->error().has_value());
}

TEST_P(InstanceTest, UnaryConsumerOfAStreamIsToldWhenItsChannelIsFull) {
  const auto instance = ready(fixture_source("streamer"));
  ASSERT_NE(instance, nullptr);
  CallSpec spec = Asked::with_text("100");
  spec.pending_parts_max = 7;
  spec.wants_progress = false;
  Asked asked(std::move(spec));
  std::thread model([&] { submit(*instance, asked); });
  EXPECT_TRUE(asked.wait());
  model.join();
  EXPECT_EQ(asked.answer.size(), 100u);
}

TEST_P(InstanceTest, CancelWakesAStreamThatWaitsForItsClient) {
  const auto instance = ready(fixture_source("streamer"));
  ASSERT_NE(instance, nullptr);
  CallSpec spec = Asked::with_text("1000000");
  spec.pending_parts_max = 2;
  Asked asked(std::move(spec));
  std::thread model([&] { submit(*instance, asked); });
  ASSERT_TRUE(asked.waiter->wait_news(thread::monotonic_ns() + kTestPatienceNs));
  instance->cancel(*asked.call, Code::cancelled);
  ASSERT_TRUE(asked.wait());
  model.join();
  ASSERT_TRUE(asked.call->error().has_value());
  EXPECT_EQ(asked.call->error()->code, Code::cancelled);
  EXPECT_LE(asked.answer.size(), 2u);
}

TEST_P(InstanceTest, WaitWritableEndsWithTheDeadline) {
  const auto instance = ready(fixture_source("streamer"));
  ASSERT_NE(instance, nullptr);
  CallSpec spec = Asked::with_text("1000000");
  spec.pending_parts_max = 2;
  spec.deadline_ns = thread::monotonic_ns() + 20'000'000;
  Asked asked(std::move(spec));
  submit(*instance, asked);
  ASSERT_TRUE(asked.wait_untaken());
  ASSERT_TRUE(asked.call->error().has_value());
  EXPECT_EQ(asked.call->error()->code, Code::deadline_exceeded);
}

TEST_P(InstanceTest, EmitNoticesADeadlineThatHasPassed) {
  const auto instance = ready(fixture_source("streamer"));
  ASSERT_NE(instance, nullptr);
  CallSpec spec = Asked::with_text("1000000");
  spec.pending_parts_max = 2'000'000;  // it never waits, and nobody but emit looks at the clock
  spec.pending_bytes_max = std::uint64_t{1} << 40;
  spec.deadline_ns = thread::monotonic_ns() + 1'000'000;
  Asked asked(std::move(spec));
  EXPECT_EQ(asked.call->cancel_reason(), Code::ok);
  submit(*instance, asked);
  ASSERT_TRUE(asked.wait());
  EXPECT_EQ(asked.call->cancel_reason(), Code::deadline_exceeded);
  ASSERT_TRUE(asked.call->error().has_value());
  EXPECT_EQ(asked.call->error()->code, Code::deadline_exceeded) << "the fixture passes on emit's STOA_CANCELLED";
  EXPECT_LT(asked.answer.size(), 1'000'000u);
}

TEST_P(InstanceTest, DeadlineDoesNotReplaceAnEarlierReason) {
  const auto instance = ready(fixture_source("streamer"));
  ASSERT_NE(instance, nullptr);
  CallSpec spec = Asked::with_text("1000");
  spec.deadline_ns = 1;
  Asked asked(std::move(spec));
  asked.call->cancel(Code::cancelled);
  submit(*instance, asked);
  ASSERT_TRUE(asked.wait());
  EXPECT_EQ(asked.call->error()->code, Code::cancelled);
}

TEST_P(InstanceTest, WaitWritableNoticesTheRequestsDeadlineBeforeItsOwn) {
  const auto instance = ready(fixture_source("waiter"));
  ASSERT_NE(instance, nullptr);
  CallSpec spec = Asked::with_text("wait an hour");
  spec.pending_parts_max = 1;
  spec.deadline_ns = thread::monotonic_ns() + 20'000'000;
  Asked asked(std::move(spec));
  submit(*instance, asked);
  ASSERT_TRUE(asked.wait_untaken());
  ASSERT_TRUE(asked.call->error().has_value());
  EXPECT_EQ(asked.call->cancel_reason(), Code::deadline_exceeded);
  EXPECT_EQ(asked.call->error()->code, Code::deadline_exceeded);
}

TEST_P(InstanceTest, WaitWritablesOwnDeadlineCancelsNothing) {
  const auto instance = ready(fixture_source("waiter"));
  ASSERT_NE(instance, nullptr);
  CallSpec spec = Asked::with_text("wait a moment");
  spec.pending_parts_max = 1;
  spec.deadline_ns = thread::monotonic_ns() + kTestPatienceNs;
  Asked asked(std::move(spec));
  submit(*instance, asked);
  ASSERT_TRUE(asked.wait_untaken());
  ASSERT_TRUE(asked.call->error().has_value());
  EXPECT_EQ(asked.call->cancel_reason(), Code::ok);
  EXPECT_EQ(asked.call->error()->code, Code::deadline_exceeded) << "what wait_writable said";
}

TEST_P(InstanceTest, CancelReachesAModelThatComputes) {
  const auto instance = ready(fixture_source("holder"));
  ASSERT_NE(instance, nullptr);
  Asked asked("hold");
  std::thread model([&] { submit(*instance, asked); });
  ASSERT_TRUE(asked.waiter->wait_news(thread::monotonic_ns() + kTestPatienceNs));
  instance->cancel(*asked.call, Code::deadline_exceeded);
  ASSERT_TRUE(asked.wait());
  model.join();
  EXPECT_EQ(asked.call->error()->code, Code::deadline_exceeded);
}

TEST_P(InstanceTest, CancelReachesACallThatIsBeingSubmitted) {
  const auto instance = ready(fixture_source("holder"));
  ASSERT_NE(instance, nullptr);
  for (int round = 0; round < 200; ++round) {
    Asked asked("hold");
    std::thread model([&] { submit(*instance, asked); });
    while (!asked.call->is_held()) {
    }
    instance->cancel(*asked.call, Code::cancelled);
    ASSERT_TRUE(asked.wait()) << round;
    model.join();
  }
}

TEST_P(InstanceTest, CancelHintReachesAModelThatSleeps) {
  const auto instance = ready(fixture_source("late"));
  ASSERT_NE(instance, nullptr);
  Asked asked("never");
  submit(*instance, asked);
  EXPECT_FALSE(asked.call->finished());
  EXPECT_EQ(instance->drain(thread::monotonic_ns() + 1'000'000).error().code, Code::deadline_exceeded);
  instance->cancel(*asked.call, Code::cancelled);
  ASSERT_TRUE(asked.wait());
  EXPECT_EQ(asked.call->error()->code, Code::cancelled);
  EXPECT_TRUE(instance->drain(thread::monotonic_ns() + kTestPatienceNs).has_value());
  EXPECT_EQ(instance->state(), InstanceState::stopped);
}

TEST_P(InstanceTest, LateAnswersComeFromOtherThreads) {
  const auto instance = ready(fixture_source("late"));
  ASSERT_NE(instance, nullptr);
  std::vector<Asked> asked;
  for (int i = 0; i < 20; ++i) asked.emplace_back("hello");
  for (auto& a : asked) submit(*instance, a);
  for (auto& a : asked) {
    EXPECT_TRUE(a.wait());
    EXPECT_EQ(a.text(), "late");
  }
}

TEST_P(InstanceTest, MisuseIsCountedAndHarmless) {
  struct Row {
    const char* what;
    const char* reason;  // of the call; "" for success
    std::uint32_t misuses;
  };
  constexpr Row kRows[] = {
      {"double finish", "", 1},
      {"emit after finish", "", 1},
      {"wait after finish", "", 1},
      {"null bytes", "model.error", 1},
      {"bad part, then OK", "plugin.bad_part", 1},
      {"null parts", "model.error", 1},
      {"flags", "model.error", 1},
      {"would block", "model.error", 0},
      {"own status", "misbehaver.own", 0},
      {"bad reason", "model.error", 0},
      {"refuse", "misbehaver.refused", 0},
      {"refuse wordlessly", "model.refused", 0},
  };
  const auto instance = ready(fixture_source("misbehaver"));
  ASSERT_NE(instance, nullptr);
  for (const auto& row : kRows) {
    const Asked asked = ask(*instance, row.what);
    EXPECT_EQ(asked.reason(), row.reason) << row.what;
    EXPECT_TRUE(asked.wait_misuses(row.misuses)) << row.what << ": " << asked.call->first_misuse();
  }
  EXPECT_EQ(ask(*instance, "own status").call->error()->retry_after_ms, 250u);
  EXPECT_EQ(ask(*instance, "own status").call->error()->message, "my own status (plugin status 107)");
  EXPECT_EQ(ask(*instance, "bad reason").call->error()->message, "line one?line two ?");
  EXPECT_EQ(ask(*instance, "would block").call->error()->code, Code::internal);
}

TEST_P(InstanceTest, TraitsAreReadAfterLoad) {
  PluginSource source = fixture_source("batcher");
  source.models[0].config_json = "5";
  const auto batcher = ready(source);
  ASSERT_NE(batcher, nullptr);
  EXPECT_EQ(batcher->traits().batching.requests_max, 8u);
  EXPECT_EQ(batcher->traits().batching.cost_max, 100u);
  EXPECT_EQ(batcher->traits().batching.delay_max_ns, 5'000'000u);
  EXPECT_FALSE(batcher->traits().is_inline);
  const auto life = ready(fixture_source("life"));
  ASSERT_NE(life, nullptr);
  EXPECT_EQ(life->traits().card_json, R"({"parameters": 0})");
  EXPECT_TRUE(life->traits().has_health);
  EXPECT_EQ(life->traits().batching.requests_max, 1u);
}

TEST_P(InstanceTest, LoadIsToldWhatTheModelMayUse) {
  PluginSource source = fixture_source("loaded");
  const auto bare = ready(source);
  ASSERT_NE(bare, nullptr);
  EXPECT_EQ(ask(*bare, "").text(), "model=fixture devices= memory=0 inflight=64 threads=1 config=");
  ASSERT_TRUE(bare->drain(thread::monotonic_ns() + kTestPatienceNs).has_value());
}

TEST_P(InstanceTest, LoadIsToldWhatTheOperatorSays) {
  PluginSource source = fixture_source("loaded");
  ModelSpec& spec = source.models[0];
  spec.devices = {{kDLCUDA, 1}, {kDLCPU, 0}};
  spec.limits.memory_budget_bytes = std::uint64_t{5} << 30;
  spec.limits.inflight_max = 3;
  spec.limits.threads = 2;
  spec.config_json = R"({"beam":4})";
  const auto instance = ready(source);
  ASSERT_NE(instance, nullptr);
  EXPECT_EQ(ask(*instance, "").text(),
            R"(model=fixture devices=2:1,1:0, memory=5368709120 inflight=3 threads=2 config={"beam":4})");
}

TEST_P(InstanceTest, LoadSaysWhatIsWrong) {
  struct Row {
    const char *model, *reason, *words;
  };
  constexpr Row kRows[] = {
      {"absent", "life.absent", "no such model in this plugin"},
      {"wordless", "plugin.load", "status 14 without a message"},
      {"null", "plugin.entry", "gave NULL"},
      {"holey", "plugin.entry", "lacks submit()"},
      {"cold", "life.cold", "will not get warm"},
  };
  for (const auto& row : kRows) {
    const Error error = refusal(fixture_source("life", row.model));
    EXPECT_EQ(error.reason, row.reason) << row.model;
    EXPECT_NE(error.message.find(row.words), std::string::npos) << error.message;
  }
}

TEST_P(InstanceTest, HealthOfAModelThatIsBusyIsNoIllness) {
  const auto instance = ready(fixture_source("life"));
  ASSERT_NE(instance, nullptr);
  Asked holds("hold");
  std::thread model([&] { submit(*instance, holds); });
  EXPECT_TRUE(holds.waiter->wait_news(thread::monotonic_ns() + kTestPatienceNs));
  const auto health = instance->check_health(1, thread::monotonic_ns() + 50'000'000);
  EXPECT_TRUE(health.has_value()) << health.error().message;
  instance->cancel(*holds.call, Code::cancelled);
  EXPECT_TRUE(holds.wait());
  model.join();
}

TEST_P(InstanceTest, ParametersHaveNoBoundOfTheirOwn) {
  const auto instance = ready(fixture_source("echo"));
  ASSERT_NE(instance, nullptr);
  CallSpec spec = Asked::with_text("parameters");
  spec.params_json = "{\"text\":\"" + std::string(300'000, 'x') + "\"}";
  const std::string sent = spec.params_json;
  Asked asked(std::move(spec));
  submit(*instance, asked);
  ASSERT_TRUE(asked.wait());
  EXPECT_EQ(asked.reason(), "");
  EXPECT_TRUE(asked.text() == sent) << asked.text().size() << " bytes";
}

TEST_P(InstanceTest, HealthIsAsked) {
  const auto instance = ready(fixture_source("life"));
  ASSERT_NE(instance, nullptr);
  EXPECT_TRUE(instance->check_health(1, thread::monotonic_ns() + kTestPatienceNs).has_value());
  ask(*instance, "sicken");
  const auto health = instance->check_health(1, thread::monotonic_ns() + kTestPatienceNs);
  ASSERT_FALSE(health.has_value());
  EXPECT_EQ(health.error().reason, "life.sick");
}

TEST_P(InstanceTest, GoldenCasesDecide) {
  PluginSource source = fixture_source("echo");
  GoldenCase golden;
  golden.name = "identity";
  golden.model = "fixture";
  golden.inputs = {tensor_input<float>("x", DataType::fp32, {3}, {1, 2, 3})};
  golden.outputs = {{"x", tensor_input<float>("x", DataType::fp32, {3}, {1, 2.0001f, 3}), 1e-5, 1e-4}};
  source.golden = {golden};
  EXPECT_NE(ready(source), nullptr);
  source.golden[0].outputs[0].expected = tensor_input<float>("x", DataType::fp32, {3}, {1, 2.5f, 3});
  const Error error = refusal(source);
  EXPECT_EQ(error.reason, "plugin.golden");
  EXPECT_EQ(error.message, "golden case \"identity\", output \"x\": index 1: expected 2.5 within 0.00026, got 2");
  source.golden[0].model = "another";
  EXPECT_NE(ready(source), nullptr);
}

TEST_P(InstanceTest, GoldenCaseMustNotMisuseTheSink) {
  PluginSource source = fixture_source("misbehaver");
  GoldenCase golden;
  golden.name = "polite";
  golden.model = "fixture";
  golden.inputs = {text_input("double finish")};
  source.golden = {golden};
  EXPECT_NE(refusal(source).message.find("finish was called twice"), std::string::npos);
}

TEST_P(InstanceTest, OneAfterTheOther) {
  for (int i = 0; i < 3; ++i) {
    const auto instance = ready(fixture_source("life"));
    ASSERT_NE(instance, nullptr) << "load " << i;
    EXPECT_EQ(ask(*instance, "hello").text(), "fixture  warmed=1 threads=1");
    EXPECT_TRUE(instance->drain(thread::monotonic_ns() + kTestPatienceNs).has_value());
    Asked late("too late");
    submit(*instance, late);
    EXPECT_EQ(late.reason(), "model.not_ready");
  }
}

}  // namespace stoa::runtime
