// http_client_test.cpp: the client against a real server: what it sends, and what it makes of every kind of answer.
// SPDX-License-Identifier: Apache-2.0
#include "host/client/http_client.hpp"

#include <gtest/gtest.h>

#include "host/http/test_server.hpp"

namespace stoa::client {
namespace {

using http::Exchange;
using http::Method;
using http::Task;

// What arrived, as JSON.
Task<void> tell(Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  Json said{{"path", std::string(head.path)},
            {"query", std::string(head.query)},
            {"authorization", std::string(head.find("authorization"))},
            {"type", std::string(head.find("content-type"))}};
  auto body = co_await exchange.read_body({.bytes_max = 1 << 20});
  said["body"] = body ? std::string(body->text()) : std::string("refused");
  http::Response response;
  response.body = said.dump();
  co_await exchange.reply(std::move(response));
}

Task<void> answer_with(Exchange& exchange, unsigned status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  co_await exchange.reply(std::move(response));
}

// Nothing that a program may copy or print: each level of it is a call that waits for the next.
std::string deep() { return R"({"reason":)" + std::string(200'000, '[') + std::string(200'000, ']') + "}"; }

std::vector<http::Route> routes() {
  return {
      {Method::get, "/told", tell},
      {Method::post, "/told", tell},
      {Method::put, "/told", tell},
      {Method::del, "/gone", [](Exchange& exchange) { return answer_with(exchange, 204, ""); }},
      {Method::get, "/refused",
       [](Exchange& exchange) { return answer_with(exchange, 412, R"({"reason":"a.b","detail":"c"})"); }},
      {Method::get, "/elsewhere",
       [](Exchange& exchange) -> Task<void> {
         http::Response response;
         response.status = 302;
         response.fields.emplace_back("Location", "/told");
         co_await exchange.reply(std::move(response));
       }},
      {Method::get, "/deep", [](Exchange& exchange) { return answer_with(exchange, 200, deep()); }},
      {Method::get, "/refused-deep", [](Exchange& exchange) { return answer_with(exchange, 400, deep()); }},
      {Method::get, "/words", [](Exchange& exchange) { return answer_with(exchange, 200, "hello"); }},
  };
}

class Client : public ::testing::Test {
 protected:
  http::TestServer server_{[](http::ServerConfig& config) { config.listeners.front().routes = routes(); }};
  HttpClient client_ = *HttpClient::open(
      {.url = "http://127.0.0.1:" + std::to_string(server_.port()) + "/", .token = "secret", .ca_file = {}});
};

TEST_F(Client, SendsMethodTokenAndBody) {
  const auto got = client_.ask({.path = "/told?a=" + escape("b&c d")});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ((*got)["query"], "a=b%26c%20d");
  EXPECT_EQ((*got)["authorization"], "Bearer secret");
  EXPECT_EQ((*got)["body"], "");
  const auto posted = client_.ask({"POST", "/told", Json{{"a", 1}}});
  ASSERT_TRUE(posted) << posted.error().message;
  EXPECT_EQ((*posted)["body"], R"({"a":1})");
  EXPECT_EQ((*posted)["type"], "application/json");
  const auto empty = client_.ask({"POST", "/told", nullptr});
  ASSERT_TRUE(empty) << empty.error().message;
  EXPECT_EQ((*empty)["body"], "");
  const std::string bytes("\0\x01\r\n", 4);
  const auto sent = client_.send_bytes("/told?offset=4", std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ((*sent)["body"], bytes);
  EXPECT_EQ((*sent)["query"], "offset=4");
}

TEST_F(Client, AnswersBecomeJsonOrErrors) {
  const auto gone = client_.ask({"DELETE", "/gone", nullptr});
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_TRUE(gone->is_null());
  struct Row {
    const char* path;
    const char* reason;
  };
  constexpr Row kRows[] = {{"/refused", "a.b"},
                           {"/elsewhere", "client.status"},  // the token follows no redirect
                           {"/deep", "client.answer"},
                           {"/refused-deep", "client.status"},
                           {"/words", "client.answer"}};
  for (const Row& row : kRows) {
    const auto got = client_.ask({.path = row.path});
    ASSERT_FALSE(got) << row.path;
    EXPECT_EQ(got.error().reason, row.reason) << row.path;
  }
}

TEST_F(Client, AServerThatIsGoneIsAConnectionError) {
  server_.server.reset();
  const auto got = client_.ask({.path = "/told"});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().reason, "client.connection");
  EXPECT_EQ(got.error().code, Code::unavailable);
}

TEST(HttpClient, RefusesWhatIsNoUrlOrToken) {
  struct Row {
    const char* url;
    const char* token;
    const char* reason;
  };
  constexpr Row kRows[] = {
      {"", "", "client.url"},
      {"127.0.0.1:80", "", "client.url"},
      {"file:///etc/hosts", "", "client.url"},
      {"ftp://a", "", "client.url"},
      {"http://", "", "client.url"},
      {"http://a", "two words", "client.token"},
      {"http://a", "one\r\nX: y", "client.token"},
      {"http://a", "\xc3\xbc", "client.token"},
  };
  for (const Row& row : kRows) {
    const auto made = HttpClient::open({.url = row.url, .token = row.token, .ca_file = {}});
    ASSERT_FALSE(made) << row.url;
    EXPECT_EQ(made.error().reason, row.reason) << row.url;
  }
}

// Where curl would connect to decides, not what a URL looks like.
TEST(HttpClient, ATokenLeavesThisMachineEncryptedOrNotAtAll) {
  struct Row {
    const char* url;
    bool is_refused;
  };
  constexpr Row kRows[] = {
      {"http://127.0.0.1:8081", false},
      {"http://127.1.2.3", false},
      {"http://127.1", false},        // 127.0.0.1 to curl
      {"http://0x7f000001", false},   // as well
      {"http://2130706433/", false},  // as well
      {"http://localhost:8081/", false},
      {"http://LOCALHOST", false},
      {"http://[::1]:8081", false},
      {"https://registry.example:8081", false},
      {"https://192.0.2.1", false},
      {"http://registry.example:8081", true},
      {"http://192.0.2.1", true},
      {"http://0.0.0.0", true},
      {"http://10.0.0.1", true},
      {"http://128.0.0.1", true},
      {"http://[2001:db8::1]", true},
      {"http://[::]", true},
      {"http://127.0.0.1.registry.example", true},
      {"http://localhost.registry.example", true},
      {"http://127.0.0.1@registry.example", true},
      {"http://localhost:80@registry.example/", true},
      {"http://registry.example/?http://127.0.0.1", true},
      {"http://registry.example#@127.0.0.1", true},
  };
  for (const Row& row : kRows) {
    const auto made = HttpClient::open({.url = row.url, .token = "secret", .ca_file = {}});
    EXPECT_EQ(made ? "" : made.error().reason, row.is_refused ? "client.plain_http" : "") << row.url;
    if (!made) EXPECT_EQ(made.error().message.find("secret"), std::string::npos);
    EXPECT_TRUE(HttpClient::open({.url = row.url, .token = "", .ca_file = {}})) << row.url << " without a token";
    EXPECT_TRUE(HttpClient::open({.url = row.url, .token = "secret", .ca_file = {}, .allow_plain_http = true}))
        << row.url << " although it was allowed";
  }
}

TEST_F(Client, WhatIsForThisMachineGoesThroughNoProxy) {
  ASSERT_EQ(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
  const auto got = client_.ask({.path = "/told"});
  unsetenv("http_proxy");
  EXPECT_TRUE(got) << got.error().message;
}

}  // namespace
}  // namespace stoa::client
