// served_model_test.cpp: the queue in front of real plugins, with real threads. SPDX-License-Identifier: Apache-2.0
#include "host/inference/served_model.hpp"

#include <gtest/gtest.h>

#include <pthread.h>

#include <functional>
#include <string>
#include <thread>

#include "host/inference/test_served.hpp"

namespace stoa::inference {
namespace {

using runtime::Asked;
using runtime::fixture_source;
using runtime::kTestPatienceNs;
using thread::monotonic_ns;

TEST_F(Served, AnswersManyThreads) {
  runtime::PluginSource source = fixture_source("echo");
  source.models[0].limits.threads = 2;
  const auto model = serve(source);
  ASSERT_NE(model, nullptr);
  EXPECT_TRUE(model->is_ready());
  ask_from(4, 200, [&](std::size_t t, std::size_t i) {
    Asked asked(std::to_string(t * 1000 + i));
    ASSERT_TRUE(model->enqueue(asked.call).has_value());
    ASSERT_TRUE(asked.wait());
    ASSERT_EQ(asked.text(), std::to_string(t * 1000 + i));
  });
  const ModelStatistics s = model->statistics();
  EXPECT_EQ(s.success_count, 800u);
  EXPECT_EQ(s.request_count, 800u);
  EXPECT_EQ(s.queue_count, 800u);
  EXPECT_EQ(s.compute_count, 800u);
  EXPECT_EQ(s.fail_count, 0u);
  EXPECT_EQ(s.queued + s.inflight, 0u);
  EXPECT_GT(s.success_ns, s.compute_ns);
  EXPECT_FALSE(s.is_inline);
  EXPECT_GT(s.last_inference_unix_ms, 1'600'000'000'000u);
}

TEST_F(Served, EveryModelThreadIsWarmBeforeTheFirstRequest) {
  runtime::PluginSource source = fixture_source("life");
  source.models[0].limits.threads = 5;
  const auto model = serve(source);
  ASSERT_NE(model, nullptr);
  Asked asked("hello");
  ASSERT_TRUE(model->enqueue(asked.call).has_value());
  ASSERT_TRUE(asked.wait());
  EXPECT_EQ(asked.text(), "fixture  warmed=5 threads=5");
}

TEST_F(Served, FailedWarmUpAndGoldenCaseFailTheStart) {
  runtime::PluginSource cold = fixture_source("life", "cold");
  cold.models[0].limits.threads = 3;
  EXPECT_EQ(try_serve(cold).error().reason, "life.cold");
  runtime::PluginSource wrong = fixture_source("echo");
  runtime::GoldenCase golden;
  golden.name = "wrong";
  golden.model = "fixture";
  golden.inputs = {runtime::text_input("this")};
  golden.outputs = {{"text", runtime::text_input("that")}};
  wrong.golden = {golden};
  EXPECT_EQ(try_serve(wrong).error().reason, "plugin.golden");
}

TEST_F(Served, GoldenCaseThatHangsIsATimeOut) {
  runtime::PluginSource source = fixture_source("late");
  source.models[0].limits.load_ns = 100'000'000;
  runtime::GoldenCase golden;
  golden.name = "hangs";
  golden.model = "fixture";
  golden.inputs = {runtime::text_input("never")};
  source.golden = {golden};
  EXPECT_EQ(try_serve(source).error().reason, "plugin.load_timeout");
}

TEST_F(Served, FullQueueRefusesAtOnceAndCancelEmptiesIt) {
  runtime::PluginSource source = fixture_source("holder");
  source.models[0].limits.queue_max = 2;
  source.models[0].limits.inflight_max = 1;
  const auto model = serve(source);
  ASSERT_NE(model, nullptr);
  Asked held("hold");
  ASSERT_TRUE(model->enqueue(held.call).has_value());
  ASSERT_TRUE(held.waiter->wait_news(monotonic_ns() + kTestPatienceNs));  // with the model, out of the queue
  Asked first("pass"), second("pass"), third("pass");
  EXPECT_TRUE(model->enqueue(first.call).has_value());
  EXPECT_TRUE(model->enqueue(second.call).has_value());
  const auto refused = model->enqueue(third.call);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::resource_exhausted);
  EXPECT_EQ(refused.error().reason, "model.queue_full");
  EXPECT_NE(refused.error().message.find("has 1 requests in flight and 2 waiting"), std::string::npos);
  EXPECT_GE(refused.error().retry_after_ms, 1u);
  EXPECT_EQ(model->statistics().queued, 2u);
  EXPECT_EQ(model->statistics().inflight, 1u);

  model->cancel(first.call, Code::cancelled);  // ends at once, though the model thread is busy
  EXPECT_TRUE(first.call->finished());
  EXPECT_EQ(first.reason(), "request.cancelled");
  Asked fourth("pass");
  EXPECT_TRUE(model->enqueue(fourth.call).has_value());
  model->cancel(held.call, Code::cancelled);
  EXPECT_TRUE(held.wait());
  EXPECT_TRUE(second.wait());
  EXPECT_TRUE(fourth.wait());
  EXPECT_EQ(fourth.text(), "passed");
  const ModelStatistics s = model->statistics();
  EXPECT_EQ(s.rejected_count, 1u);
  EXPECT_EQ(s.cancelled_count, 2u);
  EXPECT_EQ(s.fail_count, 2u);
  EXPECT_EQ(s.success_count, 2u);
}

TEST_F(Served, WithoutAQueueWhatTheModelHasRoomForIsTaken) {
  runtime::PluginSource source = fixture_source("late");
  source.models[0].limits.queue_max = 0;
  source.models[0].limits.inflight_max = 2;
  const auto model = serve(source);
  ASSERT_NE(model, nullptr);
  Asked first("never"), second("never"), third("never");
  EXPECT_TRUE(model->enqueue(first.call).has_value());
  EXPECT_TRUE(model->enqueue(second.call).has_value());
  const auto refused = model->enqueue(third.call);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason, "model.queue_full");
  model->cancel(first.call, Code::cancelled);
  model->cancel(second.call, Code::cancelled);
  EXPECT_TRUE(first.wait());
  EXPECT_TRUE(second.wait());
}

TEST_F(Served, DeadlineIsLookedAtBeforeAndAfterTheQueue) {
  const auto model = serve(fixture_source("holder"));
  ASSERT_NE(model, nullptr);
  const auto with_deadline = [](std::uint64_t deadline_ns) {
    runtime::CallSpec spec = Asked::with_text("pass");
    spec.deadline_ns = deadline_ns;
    return Asked(std::move(spec));
  };
  Asked late = with_deadline(monotonic_ns() - 1);
  EXPECT_EQ(model->enqueue(late.call).error().reason, "request.deadline");

  Asked held("hold");
  ASSERT_TRUE(model->enqueue(held.call).has_value());
  ASSERT_TRUE(held.waiter->wait_news(monotonic_ns() + kTestPatienceNs));
  Asked waits = with_deadline(monotonic_ns() + 20'000'000);
  ASSERT_TRUE(model->enqueue(waits.call).has_value());
  while (monotonic_ns() < waits.call->deadline_ns()) std::this_thread::yield();
  model->cancel(held.call, Code::cancelled);
  ASSERT_TRUE(waits.wait());
  EXPECT_EQ(waits.call->error()->code, Code::deadline_exceeded);
  EXPECT_EQ(waits.reason(), "request.deadline");
}

TEST_F(Served, BatchesByCostCountAndRule) {
  const auto model = serve([] {
    runtime::PluginSource source = fixture_source("batcher");
    source.models[0].config_json = "60000";  // ms: only a full batch goes
    return source;
  }());
  ASSERT_NE(model, nullptr);
  const auto ask = [&](std::size_t n, std::size_t bytes) {
    std::vector<Asked> asked;
    for (std::size_t i = 0; i < n; ++i) asked.emplace_back(std::string(bytes, 'x'));
    for (auto& a : asked) EXPECT_TRUE(model->enqueue(a.call).has_value());
    for (auto& a : asked) EXPECT_TRUE(a.wait());
    return asked;
  };
  for (const auto& a : ask(8, 1)) EXPECT_EQ(a.text(), "8/8");
  for (const auto& a : ask(4, 25)) EXPECT_EQ(a.text(), "4/100");
  for (const auto& a : ask(1, 300)) EXPECT_EQ(a.text(), "1/300");
  const ModelStatistics s = model->statistics();
  EXPECT_EQ(s.batch_count, 3u);
  EXPECT_EQ(s.request_count, 13u);
}

TEST_F(Served, BatchLeavesAfterTheDelayAndJoinsOnlyItsKind) {
  const auto model = serve([] {
    runtime::PluginSource source = fixture_source("batcher");
    source.models[0].config_json = "20";
    return source;
  }());
  ASSERT_NE(model, nullptr);
  std::vector<Asked> asked;
  for (int i = 0; i < 6; ++i) {
    runtime::CallSpec spec = Asked::with_text("x");
    spec.task = i % 3 == 0 ? "odd" : "even";
    asked.emplace_back(std::move(spec));
  }
  const std::uint64_t start_ns = monotonic_ns();
  for (auto& a : asked) ASSERT_TRUE(model->enqueue(a.call).has_value());
  for (auto& a : asked) ASSERT_TRUE(a.wait());
  EXPECT_GE(monotonic_ns() - start_ns, 15'000'000u);
  for (std::size_t i = 0; i < asked.size(); ++i) EXPECT_EQ(asked[i].text(), i % 3 == 0 ? "2/2" : "4/4") << i;
}

TEST_F(Served, OneSessionsRequestsNeverOverlapAndKeepTheirOrder) {
  runtime::PluginSource source = fixture_source("sessions");
  source.models[0].limits.threads = 4;
  const auto model = serve(source);
  ASSERT_NE(model, nullptr);
  constexpr std::size_t kSessions = 4, kEach = 60;
  std::vector<std::vector<Asked>> asked(kSessions);
  for (std::size_t i = 0; i < kSessions * kEach; ++i) {
    runtime::CallSpec spec;
    spec.session = std::to_string(i % kSessions);
    asked[i % kSessions].emplace_back(std::move(spec));
  }
  ask_from(kSessions, kEach, [&](std::size_t session, std::size_t i) {
    ASSERT_TRUE(model->enqueue(asked[session][i].call).has_value());  // without waiting for the last
  });
  for (auto& session : asked)
    for (std::size_t i = 0; i < session.size(); ++i) {
      ASSERT_TRUE(session[i].wait());
      ASSERT_EQ(session[i].reason(), "");
      ASSERT_EQ(session[i].text(), std::to_string(i));
    }
}

TEST_F(Served, InflightIsBoundedForModelsThatAnswerLater) {
  runtime::PluginSource source = fixture_source("late");
  source.models[0].limits.inflight_max = 3;
  const auto model = serve(source);
  ASSERT_NE(model, nullptr);
  std::vector<Asked> held;
  for (int i = 0; i < 3; ++i) held.emplace_back("never");
  for (auto& h : held) ASSERT_TRUE(model->enqueue(h.call).has_value());
  std::vector<Asked> waiting;
  for (int i = 0; i < 50; ++i) waiting.emplace_back("hello");
  for (auto& w : waiting) ASSERT_TRUE(model->enqueue(w.call).has_value());
  EXPECT_LE(model->statistics().inflight, 3u);
  for (auto& h : held) model->cancel(h.call, Code::cancelled);
  for (auto& h : held) ASSERT_TRUE(h.wait());
  for (auto& w : waiting) {
    ASSERT_TRUE(w.wait());
    EXPECT_EQ(w.text(), "late");
  }
}

TEST_F(Served, DeadlinesAreCountedApartFromClientsThatLeft) {
  const auto model = serve(fixture_source("holder"));
  ASSERT_NE(model, nullptr);
  for (const Code why : {Code::cancelled, Code::deadline_exceeded, Code::deadline_exceeded}) {
    Asked held("hold");
    ASSERT_TRUE(model->enqueue(held.call).has_value());
    model->cancel(held.call, why);
    ASSERT_TRUE(held.wait());
  }
  EXPECT_EQ(model->statistics().cancelled_count, 3u);
  EXPECT_EQ(model->statistics().deadline_count, 2u);
}

TEST_F(Served, SickModelsAreNotReady) {
  const auto model = serve(fixture_source("life"));
  ASSERT_NE(model, nullptr);
  EXPECT_TRUE(model->check_health(1, 0).has_value());
  Asked sicken("sicken");
  ASSERT_TRUE(model->enqueue(sicken.call).has_value());
  ASSERT_TRUE(sicken.wait());
  EXPECT_EQ(model->check_health(1, 0).error().reason, "life.sick");
  EXPECT_FALSE(model->is_ready());
  Asked next("hello");
  EXPECT_EQ(model->enqueue(next.call).error().reason, "model.not_ready");
  EXPECT_TRUE(host.log->has("unhealthy: the model has a cold"));
}

std::string this_thread() { return std::to_string(static_cast<unsigned long>(pthread_self())); }

TEST_F(Served, InlineModelRunsOnTheCallersThread) {
  inline_threads = 2;
  const auto model = serve(fixture_source("inlined"));
  ASSERT_NE(model, nullptr);
  Asked asked("quick");
  ASSERT_TRUE(model->enqueue(asked.call).has_value());
  EXPECT_TRUE(asked.call->finished()) << "before enqueue returned";
  ASSERT_TRUE(asked.wait());
  EXPECT_EQ(asked.text(), this_thread());
  EXPECT_TRUE(model->statistics().is_inline);
  runtime::CallSpec with_session = Asked::with_text("quick");
  with_session.session = "s";
  Asked in_session(std::move(with_session));
  ASSERT_TRUE(model->enqueue(in_session.call).has_value());
  ASSERT_TRUE(in_session.wait());
  EXPECT_NE(in_session.text(), this_thread()) << "sessions need the queue";
}

TEST_F(Served, InlineModelThatBecomesSlowIsMovedOffForGood) {
  inline_threads = 1;
  const auto model = serve(fixture_source("inlined"));
  ASSERT_NE(model, nullptr);
  std::size_t inline_count = 0;
  for (int i = 0; i < 2'000 && model->statistics().is_inline; ++i) {
    Asked asked("slow");
    ASSERT_TRUE(model->enqueue(asked.call).has_value());
    ASSERT_TRUE(asked.wait());
    if (asked.text() == this_thread()) ++inline_count;
  }
  EXPECT_GE(inline_count, 11u) << "more than 1 % of 1,024, and those in which this thread was preempted";
  EXPECT_FALSE(model->statistics().is_inline);
  EXPECT_TRUE(host.log->has("moved off the I/O threads"));
  Asked quick("quick");
  ASSERT_TRUE(model->enqueue(quick.call).has_value());
  ASSERT_TRUE(quick.wait());
  EXPECT_NE(quick.text(), this_thread());
}

TEST_F(Served, InlineAndQueueTogetherUnderManyThreads) {
  inline_threads = 1;  // one at a time inline, the rest through the queue
  runtime::PluginSource source = fixture_source("inlined");
  source.models[0].limits.inflight_max = 2;
  const auto model = serve(source);
  ASSERT_NE(model, nullptr);
  ask_from(4, 500, [&](std::size_t, std::size_t) {
    Asked asked("quick");
    ASSERT_TRUE(model->enqueue(asked.call).has_value());
    ASSERT_TRUE(asked.wait());
    ASSERT_EQ(asked.reason(), "");
  });
  EXPECT_EQ(model->statistics().success_count, 2000u);
  EXPECT_EQ(model->statistics().inflight, 0u);
}

TEST_F(Served, MisuseAfterTheEndIsCountedToo) {
  const auto model = serve(fixture_source("misbehaver"));
  ASSERT_NE(model, nullptr);
  for (const char* what : {"flags", "double finish", "emit after finish", "wait after finish", "own status"}) {
    Asked asked(what);
    ASSERT_TRUE(model->enqueue(asked.call).has_value());
    ASSERT_TRUE(asked.wait());
  }
  // The one model thread has come back from the fourth when it takes the fifth.
  EXPECT_EQ(model->statistics().misuse_count, 4u);
}

TEST_F(Served, CancelRacesWithEverything) {
  runtime::PluginSource source = fixture_source("echo");
  source.models[0].limits.threads = 2;
  const auto model = serve(source);
  ASSERT_NE(model, nullptr);
  ask_from(4, 300, [&](std::size_t, std::size_t i) {
    Asked asked("hello");
    ASSERT_TRUE(model->enqueue(asked.call).has_value());
    if (i % 2 == 0) model->cancel(asked.call, Code::cancelled);
    ASSERT_TRUE(asked.wait());
  });
  const ModelStatistics s = model->statistics();
  EXPECT_EQ(s.success_count + s.fail_count, 1200u);
  EXPECT_EQ(s.inflight + s.queued, 0u);
}

TEST_F(Served, ClientsThatVanishLeaveNothingBehind) {
  const auto model = serve(fixture_source("streamer"));
  ASSERT_NE(model, nullptr);
  for (int i = 0; i < 20; ++i) {
    Asked asked("100000");
    ASSERT_TRUE(model->enqueue(asked.call).has_value());
    model->cancel(asked.call, Code::cancelled);  // and lets go of the call
  }
  EXPECT_TRUE(model->drain(monotonic_ns() + kTestPatienceNs).has_value());
}

}  // namespace
}  // namespace stoa::inference
