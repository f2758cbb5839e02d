// access_limit_test.cpp: rates, budgets and places over real HTTP, to one call at 64 connections.
// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include "tests/integration/access_world.hpp"

namespace stoa::test {
namespace {

using http::RawClient;
using http::status_of_answer;
using licensing::Licence;
using licensing::Period;
using licensing::Quota;
using licensing::Rate;

constexpr std::size_t kConnections = 64;

struct Counted {
  std::size_t admitted = 0, refused = 0, others = 0;
};

// All connections at once, one request each, round after round.
Counted storm(const std::string& request, int rounds) {
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kConnections; ++i) clients.emplace_back(the_world().host.port());
  Counted counted;
  for (int round = 0; round < rounds; ++round) {
    for (RawClient& client : clients) EXPECT_TRUE(client.send(request));
    for (RawClient& client : clients) {
      const std::string status = status_of_answer(client.answer());
      ++(status == "200" ? counted.admitted : status == "429" ? counted.refused : counted.others);
    }
  }
  return counted;
}

TEST(Limits, ARateIsExactToOneCallAtManyConnections) {
  AccessWorld& world = the_world();
  constexpr std::uint64_t kCalls = 500, kStepNs = 7'200'000'000;  // of an hour
  const std::string key = world.add([](Licence& l) { l.rate = Rate{kCalls, 3'600'000}; });
  world.access.publish();
  const std::uint64_t began_ns = thread::monotonic_ns();
  const Counted counted = storm(request_with(bearer(key)), 20);
  // Time that passed may have let in some more; it is not more than what has passed.
  const std::uint64_t more = (thread::monotonic_ns() - began_ns) / kStepNs;
  EXPECT_GE(counted.admitted, kCalls);
  EXPECT_LE(counted.admitted, kCalls + more);
  EXPECT_EQ(counted.refused, kConnections * 20 - counted.admitted);
  EXPECT_EQ(counted.others, 0u);
}

TEST(Limits, TheFieldsSayWhatTheLimiterKnows) {
  AccessWorld& world = the_world();
  const std::string key = world.add(
      [](Licence& l) {
        l.rate = Rate{3, 3'600'000};
        l.quotas = {{"call", 10, Period::none}};
      },
      [](licensing::ApiKey& k) { k.rate = Rate{2, 60'000}; });
  world.access.publish();
  RawClient client(world.host.port());
  const auto ask = [&] {
    EXPECT_TRUE(client.send(request_with(bearer(key))));
    return client.answer();
  };
  std::string answer = ask();
  EXPECT_EQ(field_of(answer, "RateLimit-Policy"), R"("licence";q=3;w=3600, "key";q=2;w=60, "licence-quota";q=10)");
  EXPECT_EQ(field_of(answer, "RateLimit"), R"("licence";r=2;t=1200, "key";r=1;t=30, "licence-quota";r=9)");
  ask();
  answer = ask();
  EXPECT_EQ(status_of_answer(answer), "429");
  EXPECT_EQ(field_of(answer, "x-stoa-reason"), "key.rate");
  EXPECT_EQ(field_of(answer, "Retry-After"), "30");
  EXPECT_TRUE(field_of(answer, "RateLimit").starts_with(R"("licence";r=1;t=)")) << answer;
  // A customer without limits gets no fields.
  EXPECT_TRUE(client.send(request_with(bearer(world.key))));
  EXPECT_EQ(field_of(client.answer(), "RateLimit"), "");
}

// A real keeper reserves while 64 connections race; calls that find nothing reserved wait for it.
TEST(Limits, ABudgetIsNeverPassedAndNeverRefusedEarly) {
  AccessWorld& world = the_world();
  const std::string key =
      world.add([](Licence&) {}, [](licensing::ApiKey& k) { k.budget = Quota{"call", 700, Period::year}; });
  auto keeper = licensing::AccessKeeper::start(
      world.access.admission, {.look = [] { return false; },
                               .holdings = [&]() -> const licensing::Holdings& { return world.access.holdings; },
                               .host = [&] { return world.access.host; },
                               .unix_ns = [] { return licensing::TestAccess::kNowMs * 1'000'000; },
                               .monotonic_ns = &thread::monotonic_ns});
  ASSERT_TRUE(keeper);
  const Counted counted = storm(request_with(bearer(key)), 15);
  EXPECT_EQ(counted.admitted, 700u);
  EXPECT_EQ(counted.refused, kConnections * 15 - 700);
  EXPECT_EQ(counted.others, 0u);
}

TEST(Limits, ACallThatFailsCountsForNoQuota) {
  AccessWorld& world = the_world();
  const std::string key = world.add([](Licence& l) {
    l.covers = {{"stoa-test/*", "*"}, {std::string(kModel), "*"}};
    l.quotas = {{"call", 2, Period::none}};
  });
  world.access.publish();
  RawClient client(world.host.port());
  const auto ask = [&](std::string_view target, std::string_view body) {
    EXPECT_TRUE(client.send(request_with(bearer(key), target, body)));
    return status_of_answer(client.answer());
  };
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ask("/v2/models/stoa-demo/identity/infer", "{"), "400");
    EXPECT_EQ(ask("/v2/models/stoa-test/fail/infer",
                  R"({"inputs":[{"name":"how","shape":[1],"datatype":"INT32","data":[1]}]})"),
              "400");
  }
  EXPECT_EQ(ask("/v2/models/stoa-demo/identity/infer", kBody), "200");
  EXPECT_EQ(ask("/v2/models/stoa-demo/identity/infer", kBody), "200");
  EXPECT_EQ(ask("/v2/models/stoa-demo/identity/infer", kBody), "429");
}

TEST(Limits, APlaceIsHeldAsLongAsTheCall) {
  AccessWorld& world = the_world();
  const std::string key = world.add([](Licence& l) {
    l.covers = {{"stoa-test/sleep", "*"}};
    l.calls_at_once = 1;
  });
  world.access.publish();
  const std::string request = request_with(bearer(key), "/v2/models/stoa-test/sleep/infer",
                                           R"({"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]})");
  const auto under_way = world.access.admission.current()->licences.back().under_way;
  const auto wait_for = [&](std::uint32_t calls) {
    const std::uint64_t until_ns = thread::monotonic_ns() + 10'000'000'000;
    while (under_way->calls != calls && thread::monotonic_ns() < until_ns) std::this_thread::yield();
    return under_way->calls == calls;
  };
  RawClient first(world.host.port()), second(world.host.port());
  ASSERT_TRUE(first.send(request));
  ASSERT_TRUE(wait_for(1));
  ASSERT_TRUE(second.send(request));
  const std::string answer = second.answer();
  EXPECT_EQ(status_of_answer(answer), "429");
  EXPECT_EQ(field_of(answer, "x-stoa-reason"), "licence.busy");
  first.close();
  EXPECT_TRUE(wait_for(0)) << "the client hung up, and its place is free";
}

// A key is revoked while 64 connections call with it.
TEST(Limits, AChangeReachesEveryConnection) {
  AccessWorld& world = the_world();
  const std::string key = world.add([](Licence&) {});
  auto& row = world.access.holdings.keys.back();
  world.access.publish();
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kConnections; ++i) clients.emplace_back(world.host.port());
  const auto all = [&](std::string_view status) {
    for (RawClient& client : clients) ASSERT_TRUE(client.send(request_with(bearer(key))));
    for (RawClient& client : clients) EXPECT_EQ(status_of_answer(client.answer()), status);
  };
  all("200");
  row.revoked_ms = licensing::TestAccess::kNowMs;
  world.access.publish();
  all("401");
}

// The keeper is told as the book tells it, while every connection calls as fast as it can.
TEST(Limits, ARevokedKeyStopsWithinASecondUnderLoad) {
  AccessWorld& world = the_world();
  constexpr std::size_t kThreads = 4;
  const std::string key = world.add([](Licence&) {});
  licensing::ApiKey& row = world.access.holdings.keys.back();
  std::atomic<bool> is_revoked{false};
  auto keeper = licensing::AccessKeeper::start(
      world.access.admission, {.look =
                                   [&] {
                                     if (!is_revoked || row.revoked_ms) return false;
                                     row.revoked_ms = licensing::TestAccess::kNowMs;
                                     return true;
                                   },
                               .holdings = [&]() -> const licensing::Holdings& { return world.access.holdings; },
                               .host = [&] { return world.access.host; },
                               .unix_ns = [] { return licensing::TestAccess::kNowMs * 1'000'000; },
                               .monotonic_ns = &thread::monotonic_ns});
  ASSERT_TRUE(keeper);
  std::atomic<std::uint64_t> admitted{0}, last_asked_ns{0};
  const auto call = [&] {
    std::vector<RawClient> clients;
    for (std::size_t i = 0; i < kConnections / kThreads; ++i) clients.emplace_back(the_world().host.port());
    for (std::size_t refused = 0; refused < clients.size();) {
      refused = 0;
      const std::uint64_t asked_ns = thread::monotonic_ns();
      for (RawClient& client : clients) ASSERT_TRUE(client.send(request_with(bearer(key))));
      for (RawClient& client : clients) {
        const std::string status = status_of_answer(client.answer());
        if (status == "401") ++refused;
        if (status != "200") continue;
        ++admitted;
        for (std::uint64_t seen = last_asked_ns;
             seen < asked_ns && !last_asked_ns.compare_exchange_weak(seen, asked_ns);) {
        }
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) threads.emplace_back(call);
  while (admitted < 100 * kConnections) std::this_thread::yield();
  is_revoked = true;
  const std::uint64_t told_ns = thread::monotonic_ns();
  (*keeper)->wake();
  for (std::thread& thread : threads) thread.join();
  const double late_ms = (static_cast<double>(last_asked_ns) - static_cast<double>(told_ns)) / 1e6;
  std::printf("%zu connections, %llu calls admitted; the last was asked %.1f ms after the key was revoked\n",
              kConnections, static_cast<unsigned long long>(admitted.load()), late_ms);
  EXPECT_LE(late_ms, 1'000);
}

}  // namespace
}  // namespace stoa::test
