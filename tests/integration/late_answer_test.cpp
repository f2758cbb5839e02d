// late_answer_test.cpp: calls with an Idempotency-Key while the disk is slow: what is kept is their answer, and not
// that the disk was slow. SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>

#include "host/thread/monotonic.hpp"
#include "tests/integration/billed_world.hpp"
#include "tests/integration/http_client.hpp"

namespace stoa::test {
namespace {

constexpr licensing::Nano kFundsOfOne = 100 * kCent;
constexpr std::uint64_t kTellAfterNs = 20'000'000;

// A host one of whose journals has a disk that can be held.
struct SlowHost {
  explicit SlowHost(bool is_ledger) : world({}, is_ledger ? disk : licensing::real_disk()) {
    payer = world.add(kFundsOfOne);
    EXPECT_TRUE(settle(*world.journal));
    BilledWorld::Serving serving;
    serving.keeping.durable_wait_ns = kTellAfterNs;
    if (!is_ledger) serving.keeping.disk = &disk;
    world.serve(serving);
  }
  Answer ask(const std::string& key) {
    HttpClient client(world.port());
    return client.post("/v2/models/stoa-demo/identity/infer", kBody,
                       {"Authorization: Bearer " + payer.key, "Idempotency-Key: " + key});
  }
  // A disk that is slow for once is waited for.
  Answer answered(const std::string& key) {
    for (const std::uint64_t until_ns = thread::monotonic_ns() + 20'000'000'000;;) {
      Answer answer = ask(key);
      if ((answer.status != 409 && answer.status != 503) || thread::monotonic_ns() > until_ns) return answer;
    }
  }

  licensing::StuckDisk disk;
  BilledWorld world;
  BilledWorld::Payer payer;
};

class LateAnswer : public testing::TestWithParam<bool> {};

TEST_P(LateAnswer, IsKeptThoughItsClientWasToldToAskAgain) {
  SlowHost host(GetParam());
  host.disk.hold(true);
  const Answer late = host.ask("late");
  EXPECT_EQ(late.status, 503) << late.body;
  EXPECT_EQ(late.fields.at("x-stoa-reason"), "journal.behind");
  EXPECT_EQ(late.fields.at("retry-after"), "1");
  EXPECT_EQ(late.fields.at("connection"), "close");
  EXPECT_EQ(host.ask("late").fields.at("x-stoa-reason"), "idempotency.running");
  host.disk.hold(false);
  const Answer answer = host.answered("late");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.fields.at("idempotent-replayed"), "true");
  EXPECT_EQ(host.answered("on-time").body, answer.body);
  EXPECT_EQ(host.ask("late").fields.at("x-stoa-receipt"), answer.fields.at("x-stoa-receipt"));
  EXPECT_EQ(host.world.available(host.payer), kFundsOfOne - 2 * kCent);
}

INSTANTIATE_TEST_SUITE_P(OfEachJournal, LateAnswer, testing::Bool(),
                         [](const auto& row) { return row.param ? "ledger" : "answers"; });

}  // namespace
}  // namespace stoa::test
