// inference_client_test.cpp: the client against a real server: what it sends, and what it makes of every kind of
// answer. SPDX-License-Identifier: Apache-2.0
#include "host/client/inference_client.hpp"

#include <gtest/gtest.h>

#include "host/http/test_server.hpp"

namespace stoa::client {
namespace {

using http::Exchange;
using http::Method;
using http::Task;
using nlohmann::ordered_json;

// What arrived, as JSON.
Task<void> tell_of_call(Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  ordered_json said{{"method", std::string(head.method_text)},
                    {"path", std::string(head.path)},
                    {"type", std::string(head.find("content-type"))},
                    {"expect", std::string(head.find("expect"))},
                    {"agent", std::string(head.find("user-agent"))}};
  auto body = co_await exchange.read_body({.bytes_max = 1 << 20});
  said["body"] = body ? std::string(body->text()) : std::string("refused");
  http::Response response;
  response.body = said.dump();
  co_await exchange.reply(std::move(response));
}

http::Handler answering(unsigned status, std::string body, std::string reason = "", std::string retry = "") {
  return [=](Exchange& exchange) -> Task<void> {
    http::Response response;
    response.status = status;
    response.body = body;
    if (!reason.empty()) response.fields.emplace_back("X-Stoa-Reason", reason);
    if (!retry.empty()) response.fields.emplace_back("Retry-After", retry);
    co_await exchange.reply(std::move(response));
  };
}

// A stream that is longer than any answer may be.
Task<void> flood(Exchange& exchange) {
  const std::string piece(1 << 20, ' ');
  co_await exchange.begin_stream(200, "application/json");
  for (int i = 0; i < 70; ++i)
    if (!co_await exchange.write(piece)) co_return;
  co_await exchange.end_stream();
}

std::vector<http::Route> model_routes() {
  return {
      {Method::get, "/v2/told", tell_of_call},
      {Method::post, "/v2/told", tell_of_call},
      {Method::post, "/v2/refused", answering(400, R"({"error":"inputs[0].shape: is odd"})", "request.shape")},
      {Method::post, "/v2/refused-by-status", answering(503, R"({"error":"full"})")},
      {Method::post, "/v2/refused-in-words", answering(404, "nothing here")},
      {Method::post, "/v2/refused-oddly", answering(400, R"({"error":"a\u0007b"})", "model.odd")},
      {Method::post, "/v2/later", answering(503, R"({"error":"it loads"})", "release.loading", "7")},
      {Method::post, "/v2/much-later", answering(503, R"({"error":"it loads"})", "release.loading", "4000000")},
      {Method::post, "/v2/some-day", answering(503, "{}", "release.loading", "Fri, 31 Dec 2100 23:59:59 GMT")},
      {Method::post, "/v2/words", answering(200, "hello")},
      {Method::post, "/v2/moved", answering(302, "{}")},
      {Method::post, "/v2/flood", flood},
      {Method::post, "/v2/silent",
       [](Exchange& exchange) -> Task<void> {
         const auto signal = exchange.make_signal();
         co_await exchange.wait(*signal, 0);  // until the client is gone
       }},
  };
}

class AskedClient : public ::testing::Test {
 protected:
  InferenceClient open(long timeout_ms = 60'000) {
    return *InferenceClient::open(
        {.url = "http://127.0.0.1:" + std::to_string(server_.port()) + "//", .ca_file = {}, .timeout_ms = timeout_ms});
  }
  http::TestServer server_{[](http::ServerConfig& config) { config.listeners.front().routes = model_routes(); }};
};

TEST_F(AskedClient, SendsTheBodyAsItIsAndTakesTheTime) {
  InferenceClient client = open();
  const auto got = client.get("/v2/told");
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->body["method"], "GET");
  EXPECT_EQ(got->body["path"], "/v2/told");  // however the URL ends
  EXPECT_EQ(got->body["body"], "");
  EXPECT_TRUE(got->body["agent"].get<std::string>().starts_with("stoa/"));
  EXPECT_GT(got->took_us, 0u);
  const std::string bytes("a\r\n{}\x01", 6);
  for (int n = 0; n < 2; ++n) {  // the second time over the same connection, with nothing left of the first
    const auto posted = client.post("/v2/told", bytes, "image/png");
    ASSERT_TRUE(posted) << posted.error().message;
    EXPECT_EQ(posted->body["method"], "POST");
    EXPECT_EQ(posted->body["type"], "image/png");
    EXPECT_EQ(posted->body["expect"], "");
    EXPECT_EQ(posted->body["body"], bytes);
  }
  EXPECT_EQ(client.get("/v2/told")->body["method"], "GET");
  EXPECT_EQ(client.post("/v2/told", "", "application/json")->body["method"], "POST");
  EXPECT_EQ(server_.server->statistics().connections_accepted, 1u);
}

TEST_F(AskedClient, AnswersBecomeJsonOrErrors) {
  struct Row {
    const char* path;
    Code code;
    const char *reason, *message;
    bool is_line;
  };
  constexpr Row kRows[] = {
      {"/v2/refused", Code::invalid_argument, "request.shape", "inputs[0].shape: is odd", false},
      {"/v2/refused-by-status", Code::unavailable, "client.status", "full", false},
      {"/v2/refused-in-words", Code::not_found, "client.status", "status 404", false},
      {"/v2/refused-oddly", Code::invalid_argument, "model.odd", "a?b", false},
      {"/v2/words", Code::internal, "client.answer", "no JSON", false},
      {"/v2/moved", Code::unknown, "client.status", "", false},
      {"/v2/flood", Code::out_of_range, "client.answer", "longer than 64 MiB", false},
  };
  InferenceClient client = open();
  for (const Row& row : kRows) {
    const auto got = client.post(row.path, "{}", "application/json");
    ASSERT_FALSE(got) << row.path;
    EXPECT_EQ(got.error().code, row.code) << row.path << ": " << got.error().message;
    EXPECT_EQ(got.error().reason, row.reason) << row.path;
    EXPECT_NE(got.error().message.find(row.message), std::string::npos) << row.path << ": " << got.error().message;
    for (const char c : got.error().message) EXPECT_TRUE(c >= 0x20 && c != 0x7f) << row.path;
    EXPECT_EQ(is_line_error(got.error()), row.is_line) << row.path;
    EXPECT_TRUE(client.get("/v2/told")) << "after " << row.path;  // it goes on
  }
}

TEST_F(AskedClient, HearsWhenToComeAgain) {
  const std::pair<const char*, std::uint32_t> rows[] = {
      {"/v2/later", 7'000}, {"/v2/much-later", 3'600'000}, {"/v2/some-day", 0}, {"/v2/refused", 0}};
  InferenceClient client = open();
  for (const auto& [path, retry_after_ms] : rows) {
    const auto got = client.post(path, "{}", "application/json");
    ASSERT_FALSE(got) << path;
    EXPECT_EQ(got.error().retry_after_ms, retry_after_ms) << path;
  }
}

TEST_F(AskedClient, NoAnswerInTimeIsSilenceAndNoneAtAllTheLine) {
  const auto silent = open(50).post("/v2/silent", "{}", "application/json");
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().reason, "client.silent");
  EXPECT_EQ(silent.error().code, Code::deadline_exceeded);
  EXPECT_FALSE(is_line_error(silent.error())) << "it was asked, and the model may be to blame";
  InferenceClient client = open();
  server_.server.reset();
  const auto gone = client.get("/v2/told");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().reason, "client.connection");
  EXPECT_TRUE(is_line_error(gone.error()));
}

TEST_F(AskedClient, PlainHttpIsNoTls) {
  auto client = *InferenceClient::open({.url = "https://127.0.0.1:" + std::to_string(server_.port()), .ca_file = {}});
  const auto got = client.get("/v2/told");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().reason, "client.tls") << got.error().message;
  EXPECT_TRUE(is_line_error(got.error()));
}

TEST(InferenceClient, RefusesWhatIsNoUrl) {
  for (const char* const url : {"", "127.0.0.1:80", "file:///etc/hosts", "ftp://a", "HTTP", "http://", "https:///"}) {
    const auto made = InferenceClient::open({.url = url, .ca_file = {}});
    ASSERT_FALSE(made) << url;
    EXPECT_EQ(made.error().reason, "client.url") << url;
  }
}

}  // namespace
}  // namespace stoa::client
