// billed_outcome_test.cpp: what is charged of a call by how it ended: each row of the table in licensing/README.md,
// over TCP, with the model in the host's process and in a worker's. SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "tests/integration/billed_world.hpp"

namespace stoa::test {
namespace {

using http::RawClient;
using licensing::Nano;
using licensing::Outcome;

enum class Client : std::uint8_t { stays, leaves, outlives_model };  // the last: the host ends the model

struct Row {
  const char* name;
  std::string_view action;  // of the model
  std::string_view body;
  Client client = Client::stays;
  std::size_t events = 0;  // of a stream, that come before the client leaves or the model ends
  std::string_view fields = {};
  std::optional<Outcome> charged_as = {};  // nothing: it is not charged
  bool only_in_workers = false;
  std::string_view status = "200";  // empty: it depends on what came first
};

constexpr std::string_view kSoon = "x-stoa-timeout-ms: 400\r\n";

const Row kRows[] = {
    {"well", "generate", R"({"text_input":"a","times":3})", Client::stays, 3, {}, Outcome::complete},
    {"client_left", "generate", R"({"text_input":"a","times":3,"hang_at":1})", Client::leaves},
    {"plugin_failed",
     "generate",
     R"({"text_input":"a","times":3,"fail_at":2})",
     Client::stays,
     0,
     {},
     {},
     false,
     "500"},
    {"refused", "infer", R"({"inputs":[]})", Client::stays, 0, {}, {}, false, "400"},
    {"crashed", "generate", R"({"text_input":"a","times":3,"crash_at":2})", Client::stays, 0, {}, {}, true, "502"},
    {"deadline", "generate", R"({"text_input":"a","times":3,"hang_at":2})", Client::stays, 0, kSoon, {}, false, "504"},
    {"stream_well", "generate_stream", R"({"text_input":"a","times":3})", Client::stays, 3, {}, Outcome::complete},
    {"stream_failed_first",
     "generate_stream",
     R"({"text_input":"a","fail_at":0})",
     Client::stays,
     0,
     {},
     {},
     false,
     "500"},
    {"stream_crashed_first",
     "generate_stream",
     R"({"text_input":"a","crash_at":0})",
     Client::stays,
     0,
     {},
     {},
     true,
     "502"},
    {"stream_deadline_first",
     "generate_stream",
     R"({"text_input":"a","hang_at":0})",
     Client::stays,
     0,
     kSoon,
     {},
     false,
     "504"},
    {"stream_client_left_first", "generate_stream", R"({"text_input":"a","hang_at":0})", Client::leaves},
    {"stream_ended_first",
     "generate_stream",
     R"({"text_input":"a","hang_at":0})",
     Client::outlives_model,
     0,
     {},
     {},
     false,
     "410"},
    {"stream_deadline", "generate_stream", R"({"text_input":"a","times":5,"hang_at":3})", Client::stays, 3, kSoon,
     Outcome::deadline},
    {"stream_crashed",
     "generate_stream",
     R"({"text_input":"a","times":5,"crash_at":3})",
     Client::stays,
     0,
     {},
     {},
     true,
     ""},
    {"stream_client_left",
     "generate_stream",
     R"({"text_input":"a","times":5,"hang_at":3})",
     Client::leaves,
     3,
     {},
     Outcome::client_gone},
    {"stream_ended",
     "generate_stream",
     R"({"text_input":"a","times":5,"hang_at":3})",
     Client::outlives_model,
     3,
     {},
     Outcome::cancelled},
};

std::size_t events_in(std::string_view text) {
  std::size_t events = 0;
  for (std::size_t at = text.find("\"text_output\""); at != std::string_view::npos;
       at = text.find("\"text_output\"", at + 1))
    ++events;
  return events;
}

bool wait_for_events(RawClient& client, std::size_t events) {
  while (events_in(client.received()) < events)
    if (!client.receive()) return false;
  return true;
}

// Until nothing is held: what becomes of the call is decided.
bool wait_settled(const BilledWorld& world) {
  const std::uint64_t until_ns = thread::monotonic_ns() + 10'000'000'000;
  while (world.teller->counts().holds > 0 && thread::monotonic_ns() < until_ns) std::this_thread::yield();
  return world.teller->counts().holds == 0;
}

class Outcomes : public testing::TestWithParam<std::tuple<Row, bool>> {};

TEST_P(Outcomes, AreChargedAsTheTableSays) {
  const auto& [row, is_in_workers] = GetParam();
  if (row.only_in_workers && !is_in_workers) GTEST_SKIP() << "it would take the host with it";
  BilledWorld world;
  world.serve({.is_in_workers = is_in_workers});
  const auto payer = world.add(100 * licensing::kNanoPerUnit);
  const std::string target = "/v2/models/" + std::string(kMetered) + "/" + std::string(row.action);
  RawClient client(world.port());
  ASSERT_TRUE(client.send(
      request_with(bearer(payer.key) + "Connection: close\r\n" + std::string(row.fields), target, row.body)));
  if (row.client != Client::stays) {
    const std::uint64_t until_ns = thread::monotonic_ns() + 10'000'000'000;
    while (world.teller->counts().holds == 0 && thread::monotonic_ns() < until_ns) std::this_thread::yield();
    ASSERT_TRUE(wait_for_events(client, row.events));
  }
  if (row.client == Client::outlives_model)
    (*world.world.host.catalog().find(std::string(kMetered), ""))
        ->end_all({Code::failed_precondition, "release.revoked", "it was revoked", 0});
  std::string answer;
  if (row.client == Client::leaves)
    client.close();
  else
    answer = client.rest();
  ASSERT_TRUE(wait_settled(world));

  const auto calls = world.calls();
  ASSERT_EQ(calls.size(), row.charged_as ? 1u : 0u) << answer;
  Nano price = 0;
  if (row.charged_as) {
    EXPECT_EQ(name_of(calls[0].usage->outcome), name_of(*row.charged_as));
    EXPECT_EQ(calls[0].usage->quantities, (std::vector<licensing::Quantity>{{"call", 1}, {"token.out", row.events}}));
    price = kCent + static_cast<Nano>(row.events) * (kCent / 10);
  }
  EXPECT_EQ(100 * licensing::kNanoPerUnit - world.available(payer), price);
  if (row.client == Client::leaves) return;
  if (!row.status.empty()) EXPECT_EQ(http::status_of_answer(answer), row.status) << answer;
  const std::string receipt = std::string(api::kReceiptField) + ": 1\r\n";
  EXPECT_EQ(answer.find(receipt) != std::string::npos, row.charged_as.has_value()) << answer;
  if (row.action != "generate_stream" || !row.charged_as) return;
  EXPECT_TRUE(answer.ends_with("0\r\n" + receipt + "\r\n")) << "a trailer";
  EXPECT_NE(answer.find("Trailer: x-stoa-receipt\r\n"), std::string::npos);
  EXPECT_EQ(events_in(answer), row.events);
}

INSTANTIATE_TEST_SUITE_P(Billed, Outcomes, testing::Combine(testing::ValuesIn(kRows), testing::Bool()),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) +
                                  (std::get<1>(info.param) ? "_in_worker" : "_inside");
                         });

// Amid a stream that failed, what had come is charged, no more and no less, however much of it came.
TEST(BilledStream, ThatFailsIsChargedForWhatHasCome) {
  for (const bool is_in_workers : {false, true}) {
    BilledWorld world;
    world.serve({.is_in_workers = is_in_workers});
    const auto payer = world.add(100 * licensing::kNanoPerUnit);
    RawClient client(world.port());
    ASSERT_TRUE(client.send(request_with(bearer(payer.key) + "Connection: close\r\n",
                                         "/v2/models/" + std::string(kMetered) + "/generate_stream",
                                         R"({"text_input":"a","times":500,"fail_at":400})")));
    const std::string answer = client.rest();
    const std::size_t events = events_in(answer);
    const auto calls = world.calls();
    if (events == 0) {
      EXPECT_TRUE(calls.empty());
      continue;
    }
    ASSERT_EQ(calls.size(), 1u);
    EXPECT_EQ(calls[0].usage->outcome, Outcome::plugin_failed);
    EXPECT_EQ(calls[0].usage->quantities, (std::vector<licensing::Quantity>{{"call", 1}, {"token.out", events}}));
  }
}

struct Claim {
  std::int64_t micro;
  std::vector<licensing::Quantity> quantities;
};

TEST(BilledClaims, OfAPluginAreBelievedUpToWhatWasHeld) {
  BilledWorld world;
  world.serve();
  const auto payer = world.add(100 * licensing::kNanoPerUnit);
  const Claim claims[] = {
      {2'000'001, {{"call", 1}, {"token.out", 3}}},  // a begun one counts
      {4'000'000, {{"call", 1}, {"token.out", 4}}},
      {5'000'000, {{"call", 1}, {"token.out", 4}, {"token.out/reported", 5}}},
      {INT64_MAX, {{"call", 1}, {"token.out", 4}, {"token.out/reported", 9'223'372'036'855}}},
  };
  for (const Claim& claim : claims) {
    const std::string body =
        R"({"text_input":"a","claims":)" + std::to_string(claim.micro) + R"(,"parameters":{"max_tokens":4}})";
    const std::string answer = ask(world, payer, "/v2/models/stoa-test/metered/generate", body);
    ASSERT_EQ(http::status_of_answer(answer), "200") << answer;
    EXPECT_EQ(world.calls().back().usage->quantities, claim.quantities) << claim.micro;
  }
  // Below the last one, and below zero: the runtime refuses the plugin, and the call fails.
  for (const char* const claim : {"1", "-1", "-9223372036854775808"}) {
    const std::string body = std::string(R"({"text_input":"a","claims":)") + claim + "}";
    EXPECT_NE(http::status_of_answer(ask(world, payer, "/v2/models/stoa-test/metered/generate", body)), "200");
  }
  EXPECT_EQ(world.calls().size(), std::size(claims));
}

}  // namespace
}  // namespace stoa::test
