// billed_call_test.cpp: calls that cost something, over real HTTP: charged once, exactly, and durable before they are
// answered. SPDX-License-Identifier: Apache-2.0
#include <mutex>
#include <optional>
#include <thread>

#include "tests/integration/billed_world.hpp"

namespace stoa::test {
namespace {

using http::RawClient;
using http::status_of_answer;
using licensing::kNanoPerUnit;
using licensing::Nano;
using licensing::ShutDisk;

constexpr std::size_t kConnections = 64;

TEST(BilledCall, EachAnswerNamesItsEntryAndTheWalletFallsExactly) {
  BilledWorld world;
  world.serve();
  const auto payer = world.add(kNanoPerUnit);
  for (int call = 0; call < 5; ++call) {
    const std::string answer = ask(world, payer);
    EXPECT_EQ(status_of_answer(answer), "200") << answer;
    EXPECT_EQ(field_of(answer, api::kReceiptField), std::to_string(call + 1));
    EXPECT_GT(world.journal->durable(), static_cast<std::uint64_t>(call) + 1) << "before the answer left";
  }
  EXPECT_EQ(world.available(payer), kNanoPerUnit - 5 * kCent);
  const auto calls = world.calls();
  ASSERT_EQ(calls.size(), 5u);
  EXPECT_EQ(calls[0].usage->model, kModel);
  EXPECT_EQ(calls[0].usage->quantities, (std::vector<licensing::Quantity>{{"call", 1}}));
  EXPECT_EQ(calls[0].party->customer, payer.customer);
  EXPECT_EQ(calls[0].party->key, world.world.access.holdings.keys.back().id.text);
  EXPECT_FALSE(calls[0].party->request.empty());
}

TEST(BilledCall, WhoCannotPayIsToldWhyAndIsNotServed) {
  BilledWorld world;
  world.serve();
  struct Row {
    std::optional<Nano> funds;
    std::string target;
    std::string_view body, status, reason;
  };
  const std::string identity = "/v2/models/stoa-demo/identity/", metered = "/v2/models/stoa-test/metered/";
  constexpr std::string_view kText = R"({"text_input":"a"})";
  const Row rows[] = {
      {kCent - 1, identity + "infer", kBody, "402", "billing.no_funds"},
      {0, metered + "generate", kText, "402", "billing.no_funds"},
      {0, metered + "generate_stream", kText, "402", "billing.no_funds"},
      // A token costs a tenth of a cent, and 8,192 of them may come.
      {8 * kNanoPerUnit, metered + "generate", kText, "402", "billing.no_funds"},
      {9 * kNanoPerUnit, metered + "generate", kText, "200", ""},
      {kCent + kCent / 10 * 4, metered + "generate", R"({"text_input":"a","parameters":{"max_tokens":4}})", "200", ""},
      {kCent, metered + "generate", R"({"text_input":"a","parameters":{"max_tokens":4}})", "402", "billing.no_funds"},
      {std::nullopt, identity + "infer", kBody, "403", "billing.no_customer"},
      {kNanoPerUnit, "/v2/models/stoa-test/echo/infer", R"({"inputs":[]})", "403", "billing.no_price"},
  };
  for (const Row& row : rows) {
    const auto payer = world.add(row.funds);
    const std::string answer = ask(world, payer, row.target, row.body);
    EXPECT_EQ(status_of_answer(answer), row.status) << answer;
    EXPECT_EQ(field_of(answer, "x-stoa-reason"), row.reason) << answer;
    EXPECT_EQ(field_of(answer, api::kReceiptField).empty(), row.status != "200") << answer;
  }
  EXPECT_EQ(world.calls().size(), 2u);
}

TEST(BilledCall, WithoutAPriceIsFreeWhereTheOperatorSaysSo) {
  BilledWorld world({.unpriced_are_free = true});
  world.serve();
  const auto payer = world.add(0);
  const std::string answer = ask(world, payer, "/v2/models/stoa-test/echo/infer", R"({"inputs":[]})");
  EXPECT_EQ(status_of_answer(answer), "200") << answer;
  EXPECT_EQ(field_of(answer, api::kReceiptField), "");
  EXPECT_EQ(status_of_answer(ask(world, payer)), "402");
}

// 64 connections against 30.00, at a cent a call and with ten requests each before anybody reads an answer.
TEST(BilledCall, ABudgetIsNeverOverspentAtManyConnections) {
  BilledWorld world;
  world.serve();
  const auto payer = world.add(30 * kNanoPerUnit);
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kConnections; ++i) clients.emplace_back(world.port());
  const std::string request = request_with(bearer(payer.key));
  std::size_t served = 0, refused = 0, others = 0;
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 10; ++i)
      for (RawClient& client : clients) ASSERT_TRUE(client.send(request));
    for (int i = 0; i < 10; ++i)
      for (RawClient& client : clients) {
        const std::string status = status_of_answer(client.answer());
        ++(status == "200" ? served : status == "402" ? refused : others);
      }
  }
  EXPECT_EQ(served, 3'000u);
  EXPECT_EQ(refused, kConnections * 60 - 3'000);
  EXPECT_EQ(others, 0u);
  EXPECT_EQ(world.available(payer), 0);
  EXPECT_EQ(world.calls().size(), 3'000u);
}

TEST(BilledCall, IsAnsweredOnceItsEntryIsDurable) {
  ShutDisk disk;
  BilledWorld world({}, disk);
  world.serve();
  const auto payer = world.add(kNanoPerUnit);
  ASSERT_TRUE(licensing::settle(*world.journal));
  disk.shut(true);
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kConnections; ++i) clients.emplace_back(world.port());
  for (RawClient& client : clients) ASSERT_TRUE(client.send(request_with(bearer(payer.key))));
  const std::uint64_t until_ns = thread::monotonic_ns() + 10'000'000'000;
  while (world.available(payer) != kNanoPerUnit - Nano{kConnections} * kCent && thread::monotonic_ns() < until_ns)
    std::this_thread::yield();
  EXPECT_FALSE(clients.front().receive(50)) << "settled, and not durable";
  disk.shut(false);
  for (RawClient& client : clients) EXPECT_EQ(status_of_answer(client.answer()), "200");
}

TEST(BilledCall, IsAnsweredFirstInTheWindow) {
  ShutDisk disk;
  BilledWorld world({.replies_are_durable = false}, disk);
  world.serve();
  const auto payer = world.add(kNanoPerUnit);
  disk.shut(true);
  const std::string answer = ask(world, payer);
  disk.shut(false);
  EXPECT_EQ(status_of_answer(answer), "200");
  EXPECT_FALSE(field_of(answer, api::kReceiptField).empty());
}

TEST(BilledCall, IsAskedToComeLaterWhileTheDiskStallsAndThoseUnderWayAreCharged) {
  ShutDisk disk;
  BilledWorld world({.replies_are_durable = false}, disk);
  world.serve();
  const auto payer = world.add(100 * kNanoPerUnit);
  ASSERT_TRUE(licensing::settle(*world.journal));
  RawClient stream(world.port());
  ASSERT_TRUE(stream.send(request_with(bearer(payer.key) + "Connection: close\r\n",
                                       "/v2/models/" + std::string(kMetered) + "/generate_stream",
                                       R"({"text_input":"a","times":3,"hang_at":2})")));
  while (stream.received().find("text_output") == std::string::npos) ASSERT_TRUE(stream.receive());
  disk.shut(true);
  const std::string other(licensing::kEntryBytesMax, 'x');
  ASSERT_TRUE(world.journal->append(other));
  disk.wait_held_up();
  while (world.journal->append(other)) continue;  // until it is full
  const std::string answer = ask(world, payer);
  EXPECT_EQ(status_of_answer(answer), "503") << answer;
  EXPECT_EQ(field_of(answer, "x-stoa-reason"), "journal.behind");
  EXPECT_NE(field_of(answer, "Retry-After"), "");
  stream.close();
  const std::uint64_t until_ns = thread::monotonic_ns() + 10'000'000'000;
  while (world.teller->counts().holds > 0 && thread::monotonic_ns() < until_ns) std::this_thread::yield();
  EXPECT_EQ(world.gate->uncharged(), 0u);
  EXPECT_LT(world.available(payer), 100 * kNanoPerUnit);
  disk.shut(false);
  ASSERT_TRUE(licensing::settle(*world.journal));
  EXPECT_EQ(status_of_answer(ask(world, payer)), "200");
}

TEST(BilledCall, IsRefusedOnceTheJournalHasFailed) {
  licensing::FailingDisk disk(8);
  BilledWorld world({}, disk);
  world.serve();
  const auto payer = world.add(kNanoPerUnit);
  RawClient client(world.port());
  std::size_t answered = 0;
  std::string answer;
  while (answered < 100) {
    ASSERT_TRUE(client.send(request_with(bearer(payer.key))));
    answer = client.answer();
    if (status_of_answer(answer) != "200") break;
    ++answered;
  }
  EXPECT_LT(answered, 10u);
  for (int again = 0; again < 3; ++again) {
    EXPECT_EQ(status_of_answer(answer), "503") << answer;
    EXPECT_EQ(field_of(answer, "x-stoa-reason"), "journal.failed");
    EXPECT_NE(field_of(answer, "Retry-After"), "");
    EXPECT_EQ(field_of(answer, api::kReceiptField), "");
    ASSERT_TRUE(client.send(request_with(bearer(payer.key))));
    answer = client.answer();
  }
  EXPECT_EQ(answered + 1, world.journal->durable()) << "and the top-up";
  ASSERT_TRUE(client.send("GET /v2/health/ready HTTP/1.1\r\nHost: a\r\n\r\n"));
  answer = client.answer();
  EXPECT_NE(status_of_answer(answer), "200");
  EXPECT_NE(answer.find("billing has stopped"), std::string::npos) << answer;
}

TEST(BilledCall, ThatWasUnderWayWhenTheJournalFailedIsToldAndCounted) {
  ShutDisk disk;
  std::mutex mutex;
  std::string told;  // Lock: mutex
  BilledWorld world({.replies_are_durable = false}, disk, 0, {}, [&](const api::Uncharged& call) {
    const std::lock_guard lock(mutex);
    told += call.party.request + ' ' + call.party.customer + ' ' + std::string(call.model) + ' ' + call.why.reason;
  });
  world.serve();
  const auto payer = world.add(100 * kNanoPerUnit);
  ASSERT_TRUE(licensing::settle(*world.journal));
  RawClient client(world.port());
  const std::string body = R"({"text_input":"a","times":3,"hang_at":2})";
  const std::string target = "/v2/models/" + std::string(kMetered) + "/generate_stream";
  ASSERT_TRUE(client.send(request_with(bearer(payer.key) + "X-Request-Id: req-77\r\n", target, body)));
  while (client.received().find("text_output") == std::string::npos) ASSERT_TRUE(client.receive());
  disk.fail();
  EXPECT_EQ(status_of_answer(ask(world, payer)), "200") << "in the window";
  EXPECT_FALSE(licensing::settle(*world.journal));
  EXPECT_EQ(world.gate->uncharged(), 0u);
  client.close();
  const std::uint64_t until_ns = thread::monotonic_ns() + 10'000'000'000;
  while (world.gate->uncharged() == 0 && thread::monotonic_ns() < until_ns) std::this_thread::yield();
  EXPECT_EQ(world.gate->uncharged(), 1u);
  EXPECT_EQ(world.teller->counts().holds, 0u);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(told, "req-77 " + payer.customer + " " + std::string(kMetered) + " journal.failed");
}

}  // namespace
}  // namespace stoa::test
