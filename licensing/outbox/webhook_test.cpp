// webhook_test.cpp: what a webhook may be, what it hears of, how it is signed. SPDX-License-Identifier: Apache-2.0
#include "licensing/outbox/webhook.hpp"

#include <gtest/gtest.h>

#include "licensing/outbox/webhook_signature.hpp"

namespace stoa::licensing {
namespace {

TEST(Webhook, IsRefusedForItsOwnReason) {
  const auto refused = [](std::string url, std::vector<std::string> types, bool may_be_plain = false) {
    const auto good = check_webhook({.id = {}, .url = std::move(url), .types = std::move(types)}, may_be_plain);
    return good ? std::string() : good.error().reason;
  };
  EXPECT_EQ(refused("https://example.com/hook", {"call.billed", "release.*"}), "");
  EXPECT_EQ(refused("http://example.com/hook", {"*"}), "webhook.url");
  EXPECT_EQ(refused("http://example.com/hook", {"*"}, true), "");
  EXPECT_EQ(refused("ftp://example.com/", {"*"}, true), "webhook.url");
  EXPECT_EQ(refused("https://", {"*"}), "webhook.url");
  EXPECT_EQ(refused("https://user:word@example.com/", {"*"}), "webhook.url");
  EXPECT_EQ(refused("https://example.com/a b", {"*"}), "webhook.url");
  EXPECT_EQ(refused("https://example.com/" + std::string(2'000, 'x'), {"*"}), "webhook.url");
  EXPECT_EQ(refused("https://example.com/", {}), "webhook.types");
  EXPECT_EQ(refused("https://example.com/", {"call.unbilled"}), "webhook.types");
  EXPECT_EQ(refused("https://example.com/", {"cal*"}), "webhook.types");
}

TEST(Webhook, HearsOfWhatItAskedForAndAPublisherOfItsOwnAlone) {
  const Webhook all{.id = {}, .types = {"*"}}, entries{.id = {}, .types = {"entry.*"}};
  Webhook acme{.id = {}, .owner = "acme", .types = {"*"}};
  EXPECT_TRUE(wants(all, "call.billed", "acme"));
  EXPECT_TRUE(wants(all, "entry.top_up", ""));
  EXPECT_TRUE(wants(entries, "entry.refund", "acme"));
  EXPECT_FALSE(wants(entries, "call.billed", "acme"));
  EXPECT_TRUE(wants(acme, "call.billed", "acme"));
  EXPECT_FALSE(wants(acme, "call.billed", "rival"));
  EXPECT_FALSE(wants(acme, "call.billed", ""));
  EXPECT_FALSE(wants(acme, "key.changed", "acme"));
  acme.disabled_because = "gone";
  EXPECT_FALSE(wants(acme, "call.billed", "acme"));
}

TEST(RetryRule, WaitsLongerEachTimeAndNoLongerThanItsMost) {
  const RetryRule rule;
  EXPECT_EQ(retry_after_ms(rule, 1, 100), 5'000);
  EXPECT_EQ(retry_after_ms(rule, 2, 100), 15'000);
  EXPECT_EQ(retry_after_ms(rule, 1, 0), 4'500);
  EXPECT_EQ(retry_after_ms(rule, 1, 200), 5'500);
  EXPECT_EQ(retry_after_ms(rule, 50, 100), 3'600'000);
}

// From the specification's own example (standard-webhooks/libraries, tests of each language).
TEST(WebhookSignature, IsTheOneOfTheSpecification) {
  const std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const auto signature =
      sign_webhook({&secret, 1}, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1'614'265'330, R"({"test": 2432232314})");
  ASSERT_TRUE(signature);
  EXPECT_EQ(*signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSignature, HasOneForEachSecretAndNoneForWhatIsNone) {
  const std::string both[] = {new_webhook_secret(), new_webhook_secret()};
  EXPECT_NE(both[0], both[1]);
  EXPECT_EQ(both[0].size(), 6 + 44u);
  const auto signature = sign_webhook(both, "id", 1, "body");
  ASSERT_TRUE(signature);
  EXPECT_EQ(*signature,
            *sign_webhook({&both[0], 1}, "id", 1, "body") + ' ' + *sign_webhook({&both[1], 1}, "id", 1, "body"));
  for (const std::string& bad : {"", "whsec_", "whsec_abc", "whsec_!!!!", "other_AAAA"})
    EXPECT_EQ(sign_webhook({&bad, 1}, "id", 1, "body").error().reason, "webhook.secret") << bad;
}

}  // namespace
}  // namespace stoa::licensing
