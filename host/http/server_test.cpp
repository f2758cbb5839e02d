// server_test.cpp: requests and answers over real sockets. SPDX-License-Identifier: Apache-2.0
#include "host/http/server.hpp"

#include <gtest/gtest.h>

#include "host/http/parser_table.hpp"
#include "host/http/raw_client.hpp"
#include "host/http/test_server.hpp"

namespace stoa::http {
namespace {

std::string post(std::string_view path, std::string_view body, std::string_view fields = {}) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string get(std::string_view path, std::string_view fields = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

TEST(Server, EveryRowOfTheParserTableIsAnsweredAndTheServerLives) {
  TestServer server;
  for (const ParserRow& row : parser_table()) {
    SCOPED_TRACE(row.name);
    RawClient client(server.port());
    ASSERT_TRUE(client.is_connected());
    client.send(row.bytes);
    if (row.name == std::string_view("head without end")) {
      // Not the table's 431: the end never comes, and neither do more bytes than the limit.
      continue;
    }
    const std::string answer = client.answer();
    EXPECT_EQ(status_of_answer(answer), std::to_string(row.status)) << answer;
    if (row.status != 200) {
      EXPECT_NE(answer.find("Connection: close"), std::string::npos) << answer;
    }
  }
  RawClient client(server.port());
  client.send(get("/"));
  EXPECT_EQ(status_of_answer(client.answer()), "200");
  EXPECT_EQ(server.server->statistics().handler_defects, 0u);
}

TEST(Server, EveryAnswerCarriesDateAndRequestId) {
  TestServer server;
  RawClient client(server.port());
  for (const char* path : {"/", "/nowhere", "/throw", "/empty"}) {
    client.send(get(path));
    const std::string answer = client.answer();
    EXPECT_NE(answer.find("\r\nDate: "), std::string::npos) << answer;
    EXPECT_NE(answer.find(" GMT\r\n"), std::string::npos) << answer;
    EXPECT_NE(answer.find("\r\nX-Request-Id: "), std::string::npos) << answer;
    EXPECT_EQ(answer.find("Server:"), std::string::npos) << answer;
  }
  client.send(get("/", "X-Request-Id: order-66.a_b\r\n"));
  EXPECT_NE(client.answer().find("X-Request-Id: order-66.a_b\r\n"), std::string::npos);
  client.send(get("/", "X-Request-Id: not well formed\r\n"));
  EXPECT_EQ(client.answer().find("not well formed"), std::string::npos);
}

TEST(Server, RoutesParametersAndMethods) {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/names/a%2Fb/c%20d/"));
  EXPECT_EQ(body_of(client.answer()), "a/b+c d");
  client.send("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
  std::string answer = client.answer();
  EXPECT_EQ(status_of_answer(answer), "405");
  EXPECT_NE(answer.find("Allow: GET, HEAD, POST, OPTIONS\r\n"), std::string::npos) << answer;
  client.send("OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n");
  answer = client.answer();
  EXPECT_EQ(status_of_answer(answer), "204");
  EXPECT_NE(answer.find("Allow: GET, HEAD, POST, OPTIONS\r\n"), std::string::npos) << answer;
  client.send(get("/nowhere"));
  answer = client.answer();
  EXPECT_EQ(status_of_answer(answer), "404");
  EXPECT_NE(answer.find("application/problem+json"), std::string::npos);
  EXPECT_NE(answer.find("\"status\":404"), std::string::npos);
  client.send(get("/names/%zz/b"));
  EXPECT_EQ(status_of_answer(client.answer()), "400");
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  answer = client.answer(false);
  EXPECT_NE(answer.find("Content-Length: 4\r\n"), std::string::npos) << answer;
  client.send(get("/"));
  EXPECT_EQ(body_of(client.answer()), "root") << "a body after HEAD would stand here";
}

TEST(Server, PipelinedRequestsAreAnsweredInOrder) {
  TestServer server;
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 300; ++i) requests += post("/echo", "body " + std::to_string(i));
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 300; ++i) ASSERT_EQ(body_of(client.answer()), "body " + std::to_string(i));
}

// A repeated head is not read again: what follows it, and what differs from it in one byte, must be.
TEST(Server, ARepeatedHeadIsTheSameRequestAgain) {
  TestServer server;
  RawClient client(server.port());
  const auto expect_body = [&](const std::string& request, std::string_view want) {
    SCOPED_TRACE(request);
    client.send(request);
    const std::string answer = client.answer();
    EXPECT_EQ(status_of_answer(answer), "200");
    EXPECT_EQ(body_of(answer), want);
  };
  for (int i = 0; i < 3; ++i) {
    expect_body(post("/echo", "one"), "one");
    expect_body(post("/echo", "two"), "two");
    expect_body(post("/", "six"), "six");
    expect_body(get("/names/a%2Fb/c"), "a/b+c");
    expect_body(get("/names/a%2Fb/c"), "a/b+c");
    expect_body(get("/names/a%2Fb/d"), "a/b+d");
    expect_body(post("/ignore", "body"), "ignored");
    expect_body(post("/ignore", std::string(20'000, 'b')), "ignored");
    expect_body(post("/echo", "four"), "four");
  }
  const std::string chunked = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_body(chunked + "3\r\none\r\n0\r\n\r\n", "one");
  expect_body(chunked + "5\r\nthree\r\n0\r\n\r\n", "three");
  expect_body("\r\n" + post("/echo", "one"), "one");
  // Split inside the head, and inside the body.
  for (const std::size_t at : {1u, 20u, 40u, 62u}) {
    const std::string request = post("/echo", "split body");
    client.send(request.substr(0, at));
    client.send(request.substr(at));
    EXPECT_EQ(body_of(client.answer()), "split body") << at;
  }
  // Another head, refused or not found, between two that are alike.
  expect_body(get("/"), "root");
  client.send(get("/nowhere"));
  EXPECT_EQ(status_of_answer(client.answer()), "404");
  client.send(get("/nowhere"));
  EXPECT_EQ(status_of_answer(client.answer()), "404");
  expect_body(get("/", "X-Request-Id: mine\r\n"), "root");
  client.send(get("/", "X-Request-Id: mine\r\n"));
  EXPECT_NE(client.answer().find("X-Request-Id: mine\r\n"), std::string::npos);
  client.send(get("/"));
  EXPECT_EQ(client.answer().find("mine"), std::string::npos);
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(status_of_answer(client.answer()), "400");
  RawClient other(server.port());
  other.send(get("/"));
  EXPECT_EQ(body_of(other.answer()), "root");
  other.send(get("/", "Connection: close\r\n"));
  EXPECT_EQ(body_of(other.answer()), "root");
  EXPECT_EQ(other.rest(), "");
}

TEST(Server, BodiesOfEverySizeComeBackAtEverySplit) {
  TestServer server;
  for (const std::size_t size : {0u, 1u, 4'000u, 5'000u, 16'384u, 20'479u, 20'480u, 70'000u, 1u << 20}) {
    SCOPED_TRACE(size);
    std::string body(size, '\0');
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 31 + i / 251);
    RawClient client(server.port());
    client.send(post("/echo", body));
    EXPECT_EQ(body_of(client.answer()), body);
    const std::string chunked = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    std::string chunks;
    for (std::size_t at = 0; at < size;) {
      const std::size_t step = std::min<std::size_t>(size - at, at % 9'000 + 1);
      char digits[24];
      std::snprintf(digits, sizeof digits, "%zx\r\n", step);
      chunks += digits + body.substr(at, step) + "\r\n";
      at += step;
    }
    client.send(chunked + chunks + "0\r\n\r\n");
    EXPECT_EQ(body_of(client.answer()), body);
    if (size > 5'000) continue;
    for (const char byte : post("/echo", body)) ASSERT_TRUE(client.send({&byte, 1}));
    EXPECT_EQ(body_of(client.answer()), body);
  }
}

TEST(Server, BodyLiesWhereItIsWantedWithSlackBehind) {
  std::atomic<int> wrong{0};
  TestServer server([&](ServerConfig& config) {
    config.listeners[0].routes.push_back(
        {Method::post, "/aligned", [&](Exchange& exchange) -> Task<void> {
           const auto align_at = static_cast<std::uint64_t>(std::stoul(std::string(exchange.head().find("x-align"))));
           auto body = co_await exchange.read_body({.bytes_max = 1u << 20, .align_at = align_at});
           const auto address = reinterpret_cast<std::uintptr_t>(body->data().data()) + align_at;
           if (address % 64 != 0) ++wrong;
           volatile std::byte slack = body->data().data()[body->size() + Body::kSlack - 1];
           static_cast<void>(slack);
           co_await exchange.reply({.body = std::to_string(body->size())});
         }});
  });
  RawClient client(server.port());
  for (const std::size_t size : {0u, 200u, 100'000u}) {
    for (const int align_at : {0, 1, 63, 64, 133}) {
      client.send(post("/aligned", std::string(size, 'a'), "X-Align: " + std::to_string(align_at) + "\r\n"));
      EXPECT_EQ(body_of(client.answer()), std::to_string(size));
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST(Server, BodyLimitsAndBudget) {
  TestServer server([](ServerConfig& config) { config.limits.body_bytes_inflight_max = 600'000; });
  {
    RawClient client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n");
    EXPECT_EQ(status_of_answer(client.answer()), "413");
    EXPECT_EQ(client.rest(), "");
  }
  {
    RawClient client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n");
    EXPECT_EQ(status_of_answer(client.answer()), "503");
  }
  RawClient announcers[] = {RawClient(server.port()), RawClient(server.port()), RawClient(server.port())};
  for (RawClient& announcer : announcers)  // a length alone takes nothing from the budget
    announcer.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n");
  RawClient client(server.port());
  for (int i = 0; i < 5; ++i) {
    client.send(post("/echo", std::string(400'000, 'a')));
    EXPECT_EQ(status_of_answer(client.answer()), "200") << "the budget is given back";
  }
}

std::string compressed(std::string_view text, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  std::string in(text);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Server, ContentEncodings) {
  TestServer server;
  std::string text;
  for (int i = 0; i < 60'000; ++i) text += std::to_string(i);
  constexpr int kGzip = 31, kZlib = 15, kBare = -15;
  const std::string gzip = compressed(text, kGzip);
  struct Row {
    const char* name;
    std::string encoding, body;
    const char* status;
    std::string answer;
  };
  const Row rows[] = {
      {"gzip", "gzip", gzip, "200", text},
      {"gzip in capitals", "GZIP", gzip, "200", text},
      {"deflate", "deflate", compressed(text, kZlib), "200", text},
      {"bare deflate", "deflate", compressed(text, kBare), "200", text},
      {"identity", "identity", "abc", "200", "abc"},
      {"two gzip members", "gzip", compressed("abc", kGzip) + compressed("def", kGzip), "200", "abcdef"},
      {"gzip of nothing", "gzip", compressed("", kGzip), "200", ""},
      {"cut short", "gzip", gzip.substr(0, gzip.size() - 9), "400", "http.bad_body"},
      {"not gzip", "gzip", "hello, this is text", "400", "http.bad_body"},
      {"garbage behind", "deflate", compressed("abc", kZlib) + "x", "400", "http.bad_body"},
      {"damaged", "gzip", gzip.substr(0, 5'000) + "zzzz" + gzip.substr(5'004), "400", "http.bad_body"},
      {"too large inside", "gzip", compressed(std::string(1'048'577, 'a'), kGzip), "413", "http.body_too_large"},
      {"bomb", "gzip", compressed(std::string(50u << 20, '\0'), kGzip), "413", "http.body_too_large"},
      {"brotli", "br", "abc", "415", "http.content_encoding"},
      {"two encodings", "gzip, gzip", "abc", "415", "http.content_encoding"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    RawClient client(server.port());
    client.send(post("/echo", row.body, "Content-Encoding: " + row.encoding + "\r\n"));
    const std::string answer = client.answer();
    EXPECT_EQ(status_of_answer(answer), row.status);
    EXPECT_TRUE(body_of(answer) == row.answer);
    if (row.status == std::string_view("200")) continue;
    const bool is_encoding = row.status == std::string_view("415");
    EXPECT_NE(answer.find(is_encoding ? "X-Message: Content-Encoding: '" : "X-Message: body: "), std::string::npos);
  }
}

TEST(Server, RefusedBodiesAreNamed) {
  TestServer server;
  struct Row {
    std::string fields, body, says;
  };
  const std::string gzip = compressed("0123456789", 31);
  const Row rows[] = {
      {"Transfer-Encoding: chunked\r\n", "x\r\n", "body: malformed chunk at byte 1, want a size in hex"},
      {"Transfer-Encoding: chunked\r\n", "3\r\nabcd\r\n", "body: malformed chunk at byte 7, want a size in hex"},
      {"Content-Length: 1048577\r\n", "", "body: is larger than the limit of 1048576 bytes"},
      {"Content-Encoding: gzip\r\nContent-Length: 12\r\n", gzip.substr(0, 12),
       "body: the gzip data is cut short after 12 bytes"},
      {"Content-Encoding: deflate\r\nContent-Length: 3\r\n", "\x78zz", "body: the deflate data is malformed after "},
  };
  for (const Row& row : rows) {
    RawClient client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\n" + row.fields + "\r\n" + row.body);
    const std::string answer = client.answer();
    EXPECT_NE(answer.find("X-Message: " + row.says), std::string::npos) << answer;
  }
}

TEST(Server, ContentEncodingGivenTwiceIsRefused) {
  TestServer server;
  for (const char* fields : {"Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n",
                             "Content-Encoding: gzip\r\ncontent-encoding: identity\r\n",
                             "Content-Encoding:\r\nContent-Encoding: gzip\r\n"}) {
    RawClient client(server.port());
    client.send(post("/echo", "abc", fields));
    const std::string answer = client.answer();
    EXPECT_EQ(status_of_answer(answer), "400");
    EXPECT_EQ(body_of(answer), "http.repeated_field");
    EXPECT_NE(answer.find("X-Message: Content-Encoding: is given twice"), std::string::npos);
  }
}

TEST(Server, ContinueIsSentOnlyWhenTheBodyIsAwaited) {
  TestServer server;
  {
    RawClient client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    EXPECT_EQ(client.answer(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc");
    EXPECT_EQ(body_of(client.answer()), "abc");
    client.send(post("/echo", "abc", "Expect: 100-continue\r\n"));
    EXPECT_EQ(status_of_answer(client.answer()), "200") << "the body was here already";
  }
  RawClient client(server.port());
  client.send("POST /ignore HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  const std::string answer = client.answer();
  EXPECT_EQ(status_of_answer(answer), "200");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
}

TEST(Server, UnreadBodyIsDroppedOrEndsTheConnection) {
  TestServer server;
  {
    RawClient client(server.port());
    client.send(post("/ignore", std::string(60'000, 'a')));
    EXPECT_EQ(body_of(client.answer()), "ignored");
    client.send(get("/"));
    EXPECT_EQ(body_of(client.answer()), "root");
  }
  RawClient client(server.port());
  client.send("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + std::string(100'000, 'a'));
  const std::string answer = client.answer();
  EXPECT_EQ(body_of(answer), "ignored");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_EQ(client.rest(), "");
}

TEST(Server, ClientsThatReadOnlyAfterSendingGetTheRefusal) {
  TestServer server;
  RawClient client(server.port());
  const std::string body(8u << 20, 'a');
  ASSERT_TRUE(client.send(post("/echo", body))) << "the connection was reset below the body";
  EXPECT_EQ(status_of_answer(client.answer()), "413");
  EXPECT_EQ(client.rest(), "");
  EXPECT_FALSE(client.is_reset());
}

TEST(Server, DefectiveHandlersAnswer500AndTheServerLives) {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/throw"));
  EXPECT_EQ(status_of_answer(client.answer()), "500");
  client.send(get("/silent"));
  EXPECT_EQ(status_of_answer(client.answer()), "500");
  client.send(get("/twice"));
  EXPECT_EQ(body_of(client.answer()), "one");
  EXPECT_EQ(client.rest(), "");
  RawClient another(server.port());
  another.send(get("/broken-stream"));
  const std::string stream = another.rest();
  EXPECT_NE(stream.find("begun"), std::string::npos);
  EXPECT_FALSE(stream.ends_with("0\r\n\r\n")) << "a broken stream must not look complete";
  EXPECT_EQ(server.server->statistics().handler_defects, 4u);
  EXPECT_EQ(server.seen(4)[0].status, 500u);
}

TEST(Server, FieldsCannotBeInjected) {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/fields"));
  const std::string answer = client.answer();
  EXPECT_NE(answer.find("X-Good: yes\r\n"), std::string::npos);
  EXPECT_EQ(answer.find("Set-Cookie"), std::string::npos);
}

TEST(Server, StreamsAreChunkedOrEndWithTheConnection) {
  TestServer server;
  {
    RawClient client(server.port());
    client.send(get("/stream"));
    ASSERT_TRUE(client.wait_for("\r\n0\r\n\r\n"));
    const std::string& stream = client.received();
    EXPECT_NE(stream.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
    EXPECT_NE(stream.find("\r\n\r\n3\r\none\r\n2710\r\nxxx"), std::string::npos);
    EXPECT_NE(stream.find("xxx\r\n3\r\ntwo\r\n0\r\n\r\n"), std::string::npos);
  }
  {
    RawClient client(server.port());
    client.send("GET /stream HTTP/1.0\r\n\r\n");
    const std::string stream = client.rest();
    EXPECT_EQ(stream.find("Transfer-Encoding"), std::string::npos);
    EXPECT_EQ(body_of(stream).size(), 10'006u);
  }
  RawClient client(server.port());
  client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n" + get("/"));
  EXPECT_NE(client.answer(false).find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_EQ(body_of(client.answer()), "root");
}

TEST(Server, RecordsAndStatisticsCountWhatHappened) {
  TestServer server;
  {
    RawClient client(server.port());
    client.send(post("/echo", "12345", "X-Request-Id: r1\r\n"));
    const std::string answer = client.answer();
    const auto seen = server.seen(1);
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].route, "/echo");
    EXPECT_EQ(seen[0].target, "/echo");
    EXPECT_EQ(seen[0].request_id, "r1");
    EXPECT_EQ(seen[0].remote_address, "127.0.0.1");
    EXPECT_EQ(seen[0].status, 200u);
    EXPECT_EQ(seen[0].bytes_in, post("/echo", "12345", "X-Request-Id: r1\r\n").size());
    EXPECT_EQ(seen[0].bytes_out, answer.size());
    client.send("BAD\r\n\r\n");
    EXPECT_EQ(status_of_answer(client.answer()), "400");
    EXPECT_EQ(server.seen(2)[1].status, 400u);
  }
  EXPECT_TRUE(server.eventually([](const ServerStatistics& s) { return s.connections_open == 0; }));
  const ServerStatistics statistics = server.server->statistics();
  EXPECT_EQ(statistics.connections_accepted, 1u);
  EXPECT_EQ(statistics.requests, 1u);
  EXPECT_EQ(statistics.requests_inflight, 0u);
  EXPECT_EQ(statistics.rejected_heads, 1u);
}

TEST(Server, RendersItsOwnErrorsAsAsked) {
  TestServer server([](ServerConfig& config) {
    config.render_error = [](unsigned status, const Error& error, const RequestHead* head) {
      if (head && head->path == "/throws") throw std::runtime_error("defect");
      return Response{.body = "{\"error\":\"" + std::to_string(status) + " " + error.reason + "\"}"};
    };
  });
  RawClient client(server.port());
  client.send(get("/nowhere"));
  EXPECT_EQ(body_of(client.answer()), R"({"error":"404 http.not_found"})");
  client.send(get("/throws"));
  EXPECT_NE(client.answer().find("application/problem+json"), std::string::npos);
}

TEST(Server, RefusesWhatItCannotListenOn) {
  const auto create = [](const TestServer::Adjust& adjust) {
    ServerConfig config;
    config.listeners.emplace_back();
    adjust(config);
    return Server::create(std::move(config));
  };
  EXPECT_EQ(create([](ServerConfig& c) { c.listeners[0].address = "nowhere"; }).error().code, Code::invalid_argument);
  EXPECT_EQ(create([](ServerConfig& c) { c.listeners[0].tls = {"/missing.crt", "/missing.key"}; }).error().code,
            Code::invalid_argument);
  TestServer server;
  EXPECT_EQ(create([&](ServerConfig& c) { c.listeners[0].port = server.port(); }).error().code, Code::unavailable);
}

TEST(Server, SeveralThreadsAndListeners) {
  TestServer server([](ServerConfig& config) {
    config.io_threads = 2;
    ListenerConfig second;
    second.routes.push_back(
        {Method::get, "/", [](Exchange& exchange) -> Task<void> { co_await exchange.reply({.body = "second"}); }});
    config.listeners.push_back(std::move(second));
  });
  const auto ports = server.server->ports();
  ASSERT_EQ(ports.size(), 2u);
  for (int i = 0; i < 20; ++i) {
    RawClient first(ports[0]), second(ports[1]);
    first.send(get("/"));
    second.send(get("/"));
    EXPECT_EQ(body_of(first.answer()), "root");
    EXPECT_EQ(body_of(second.answer()), "second");
  }
}

}  // namespace
}  // namespace stoa::http
