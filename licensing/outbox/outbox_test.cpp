// outbox_test.cpp: acts on webhooks, and what becomes of each attempt. SPDX-License-Identifier: Apache-2.0
#include "licensing/outbox/outbox.hpp"

#include <gtest/gtest.h>

#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

class OutboxTest : public testing::Test {
 protected:
  OutboxTest() { open(); }
  void open() {
    outbox.reset();
    auto opened =
        Outbox::open({.file = folder / "outbox.db", .now_ms = [this] { return now_ms; }, .retry = {.attempts_max = 3}});
    if (!opened) throw std::runtime_error(opened.error().message);
    outbox = std::move(*opened);
  }
  Outbox::Shown create(const WebhookActor& actor) {
    const std::pair<std::string, std::uint64_t> ends[] = {{"ledger", 40}};
    auto shown = outbox->create(actor, "https://example.com/hook", {"*"}, ends);
    EXPECT_TRUE(shown);
    return *shown;
  }

  const registry::TestFolder folder;
  std::int64_t now_ms = 1'700'000'000'000;
  std::unique_ptr<Outbox> outbox;
  const WebhookActor alice{"operator:alice", ""}, acme{"publisher:acme", "acme"}, rival{"publisher:rival", "rival"};
};

TEST_F(OutboxTest, AWebhookIsItsOwnersAlone) {
  const std::string id = create(acme).webhook.id.text;
  EXPECT_EQ(outbox->one(rival, id).error().reason, "webhook.unknown");
  EXPECT_EQ(outbox->remove(rival, id).error().reason, "webhook.unknown");
  EXPECT_EQ(outbox->rotate(rival, id, 0).error().reason, "webhook.unknown");
  EXPECT_EQ(outbox->deliveries(rival, id, 0, 10).error().reason, "webhook.unknown");
  EXPECT_TRUE(outbox->list(rival)->empty());
  EXPECT_EQ(outbox->list(acme)->size(), 1u);
  EXPECT_EQ(outbox->list(alice)->size(), 1u);
  EXPECT_TRUE(outbox->remove(alice, id));
  EXPECT_EQ(outbox->one(acme, id).error().reason, "webhook.unknown");
}

TEST_F(OutboxTest, BothSecretsSignForAWhile) {
  const auto shown = create(alice);
  const auto next = outbox->rotate(alice, shown.webhook.id.text, 60'000);
  ASSERT_TRUE(next);
  EXPECT_EQ(*outbox->secrets(shown.webhook.id.text), (std::vector{next->secret, shown.secret}));
  now_ms += 60'000;
  EXPECT_EQ(*outbox->secrets(shown.webhook.id.text), std::vector{next->secret});
}

TEST_F(OutboxTest, BeginsWhereItsSourcesEndedAndRemembersHowFarItIs) {
  const std::string id = create(alice).webhook.id.text;
  EXPECT_EQ(outbox->position(id, "ledger", 99)->next, 40u);
  EXPECT_EQ(outbox->position(id, "catalogue", 7)->next, 7u);
  ASSERT_TRUE(outbox->move(id, "ledger", {.next = 40, .until = 45}));
  open();
  EXPECT_EQ(*outbox->position(id, "ledger", 99), (OutboxPosition{.next = 40, .until = 45}));
  EXPECT_EQ(*outbox->position(id, "catalogue", 9), (OutboxPosition{.next = 7}));
}

TEST_F(OutboxTest, WhatFailsIsTriedAgainLaterAndGivenUpInTheEnd) {
  const std::string id = create(alice).webhook.id.text;
  Outbox::Attempt attempt{.source = "ledger",
                          .event = "40-44",
                          .type = "call.billed",
                          .next = 45,
                          .status = 500,
                          .why = "HTTP 500",
                          .dice = 100};
  ASSERT_TRUE(outbox->move(id, "ledger", {.next = 40, .until = 45}));
  for (std::uint32_t attempts = 1; attempts < 3; ++attempts) {
    const auto before = outbox->position(id, "ledger", 0);
    EXPECT_FALSE(*outbox->note(id, *before, attempt));
    open();
    const auto after = outbox->position(id, "ledger", 0);
    EXPECT_EQ(after->next, 40u);
    EXPECT_EQ(after->until, 45u);
    EXPECT_EQ(after->attempts, attempts);
    EXPECT_GT(after->due_ms, now_ms);
  }
  EXPECT_TRUE(*outbox->note(id, *outbox->position(id, "ledger", 0), attempt));
  EXPECT_EQ(*outbox->position(id, "ledger", 0), (OutboxPosition{.next = 45}));
  attempt = {.source = "ledger",
             .event = "45-45",
             .type = "call.billed",
             .next = 46,
             .status = 204,
             .is_delivered = true,
             .why = ""};
  EXPECT_FALSE(*outbox->note(id, *outbox->position(id, "ledger", 0), attempt));
  const auto log = outbox->deliveries(alice, id, 0, 10);
  ASSERT_EQ(log->size(), 4u);
  EXPECT_EQ(log->at(0).outcome, "delivered");
  EXPECT_EQ(log->at(1).outcome, "dead");
  EXPECT_EQ(log->at(1).attempt, 3u);
  EXPECT_EQ(log->at(2).outcome, "failed");
  EXPECT_EQ(outbox->deliveries(alice, id, log->at(1).number, 1)->at(0), log->at(2));
}

TEST_F(OutboxTest, DeliveriesAreKeptForAWhileAndDeadLettersForGood) {
  const std::string id = create(alice).webhook.id.text;
  const Outbox::Attempt lost{.source = "s", .event = "lost", .type = "x", .why = "silent"};
  ASSERT_TRUE(*outbox->note(id, {.attempts = 2}, lost));
  const Outbox::Attempt good{.source = "s", .event = "e", .type = "x", .is_delivered = true, .why = ""};
  for (int i = 0; i < 1'010; ++i) ASSERT_TRUE(outbox->note(id, {}, good));
  const auto log = outbox->deliveries(alice, id, 0, 2'000);
  EXPECT_EQ(log->size(), 1'001u);
  EXPECT_EQ(log->back().event, "lost");
}

TEST_F(OutboxTest, ANoticeIsSaidOnce) {
  const std::uint64_t from = *outbox->notices_end();
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(outbox->notice(
        {.key = "budget/key_1/0/80", .at_ms = now_ms, .type = "budget.reached", .subject = "key_1", .data = "{}"}));
  EXPECT_EQ(outbox->notices(from, 10)->size(), 1u);
  const std::string id = create(acme).webhook.id.text;
  ASSERT_TRUE(outbox->test(acme, id));
  const auto test = outbox->notices(from + 1, 10);
  ASSERT_EQ(test->size(), 1u);
  EXPECT_EQ(test->at(0).subject, id);
  EXPECT_EQ(test->at(0).publisher, "acme");
}

}  // namespace
}  // namespace stoa::licensing
