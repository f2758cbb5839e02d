// webhook_post_test.cpp: which addresses are called, and what comes of a call. SPDX-License-Identifier: Apache-2.0
#include "host/client/webhook_post.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>

#include "host/http/test_server.hpp"

namespace stoa::client {
namespace {

bool is_public(const std::string& text) {
  sockaddr_storage storage{};
  sockaddr_in four{};
  sockaddr_in6 six{};
  four.sin_family = AF_INET;
  six.sin6_family = AF_INET6;
  if (inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1)
    std::memcpy(&storage, &four, sizeof four);
  else if (inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1)
    std::memcpy(&storage, &six, sizeof six);
  else
    ADD_FAILURE() << text << " is no address";
  return is_public_address(reinterpret_cast<const sockaddr&>(storage));
}

TEST(WebhookAddress, IsCalledOnlyWhereTheWholeInternetCanReachIt) {
  for (const char* const text :
       {"1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "169.253.1.1", "192.169.0.1",
        "223.255.255.254", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"})
    EXPECT_TRUE(is_public(text)) << text;
  for (const char* const text : {"0.0.0.0",
                                 "127.0.0.1",
                                 "127.255.255.255",
                                 "10.0.0.1",
                                 "172.16.0.1",
                                 "172.31.255.255",
                                 "192.168.1.1",
                                 "169.254.169.254",
                                 "100.64.0.1",
                                 "192.0.0.1",
                                 "192.0.2.1",
                                 "198.18.0.1",
                                 "198.51.100.1",
                                 "203.0.113.1",
                                 "224.0.0.1",
                                 "255.255.255.255",
                                 "::",
                                 "::1",
                                 "fe80::1",
                                 "fc00::1",
                                 "fd12::1",
                                 "ff02::1",
                                 "::ffff:127.0.0.1",
                                 "::ffff:10.0.0.1",
                                 "64:ff9b::7f00:1",
                                 "2002:a00:1::",
                                 "2001:db8::1",
                                 "2001::1"})
    EXPECT_FALSE(is_public(text)) << text;
}

class WebhookPost : public ::testing::Test {
 protected:
  static http::Task<void> take(http::Exchange& exchange) {
    const http::RequestHead& head = exchange.head();
    auto body = co_await exchange.read_body({});
    const bool is_as_sent = body && body->text() == "{}" && head.find("webhook-id") == "ledger/1" &&
                            head.find("content-type") == "application/cloudevents+json";
    co_await exchange.reply({.status = is_as_sent ? 204u : 400u});
  }
  static http::Task<void> lead_away(http::Exchange& exchange) {
    http::Response response{.status = 302};
    response.fields.emplace_back("Location", "/take");
    co_await exchange.reply(std::move(response));
  }
  Result<long> post(const std::string& host, const std::string& path, WebhookRules rules) {
    rules.may_be_plain = true;
    return post_webhook({.url = "http://" + host + ":" + std::to_string(server_.port()) + path,
                         .body = "{}",
                         .content_type = "application/cloudevents+json",
                         .fields = {{"webhook-id", "ledger/1"}}},
                        rules);
  }
  http::TestServer server_{[](http::ServerConfig& config) {
    config.listeners.front().routes = {{http::Method::post, "/take", &take}, {http::Method::post, "/away", &lead_away}};
  }};
};

TEST_F(WebhookPost, SaysWhatItIsGivenAndTellsTheStatus) {
  const auto status = post("127.0.0.1", "/take", {.may_be_private = true});
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(*status, 204);
  EXPECT_EQ(*post("127.0.0.1", "/none", {.may_be_private = true}), 404);
  EXPECT_EQ(*post("127.0.0.1", "/away", {.may_be_private = true}), 302);  // and not where it leads
}

TEST_F(WebhookPost, NoSpellingOfAPrivateAddressIsCalled) {
  for (const char* const host : {"127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]",
                                 "[::1]", "0.0.0.0", "169.254.169.254"}) {
    const auto status = post(host, "/take", {});
    ASSERT_FALSE(status) << host;
    EXPECT_EQ(status.error().reason, "webhook.private") << host << ": " << status.error().message;
  }
}

TEST_F(WebhookPost, EndsWhereItsRulesSaySo) {
  const WebhookMessage secure{.url = "http://127.0.0.1/", .body = "{}", .content_type = "text/plain", .fields = {}};
  EXPECT_EQ(post_webhook(secure, {.may_be_private = true}).error().reason, "client.url");
  const auto stopped = post("127.0.0.1", "/take", {.may_be_private = true, .is_stopped = [] { return true; }});
  EXPECT_FALSE(stopped);
}

}  // namespace
}  // namespace stoa::client
