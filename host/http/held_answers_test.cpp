// held_answers_test.cpp: answers that leave together, and everything that may come in between.
// SPDX-License-Identifier: Apache-2.0
#include "host/http/held_answers.hpp"

#include <gtest/gtest.h>

#include <semaphore>

#include "host/http/raw_client.hpp"
#include "host/http/test_server.hpp"

namespace stoa::http {
namespace {

struct Held final : HeldAnswers::Entry {
  Held(std::string& log, char mark) : log_(log), mark_(mark) {}
  void release_answer() override { log_ += mark_; }
  std::string& log_;
  char mark_;
};

TEST(HeldAnswers, LeaveInOrderTogether) {
  std::string log;
  HeldAnswers answers;
  std::vector<std::unique_ptr<Held>> held;
  for (std::size_t i = 0; i < 2 * HeldAnswers::kHeldMax + 2; ++i) {
    held.push_back(std::make_unique<Held>(log, static_cast<char>('a' + i)));
    answers.hold(*held.back());
    EXPECT_EQ(log.size(), (i + 1) / HeldAnswers::kHeldMax * HeldAnswers::kHeldMax);
  }
  held.pop_back();  // a connection that ends
  HeldAnswers::remove(*held.back());
  answers.release();
  EXPECT_TRUE(answers.is_empty());
  std::string wanted;
  for (std::size_t i = 0; i < 2 * HeldAnswers::kHeldMax; ++i) wanted += static_cast<char>('a' + i);
  EXPECT_EQ(log, wanted);
}

TEST(HeldAnswers, AreWorthItOnlyAmongSeveralAtOnce) {
  std::string log;
  HeldAnswers answers;
  Held a(log, 'a'), b(log, 'b');
  EXPECT_FALSE(answers.is_worth_holding(a, 1'000));
  EXPECT_FALSE(answers.is_worth_holding(b, 1'100)) << "nobody releases yet";
  answers.open();
  const struct {
    const Held* whose;
    std::uint64_t began_ns;
    bool is_worth;
  } rows[] = {
      {&a, 1'200, true},          {&a, 1'300, false},  // alone
      {&b, 1'000, true},                               // began first, ended later
      {&a, 1'000'000'000, false},                      // much later
      {&b, 1'000'000'000, true},  {&a, 2'000, false},  // much earlier: a slow one
  };
  for (const auto& row : rows) EXPECT_EQ(answers.is_worth_holding(*row.whose, row.began_ns), row.is_worth);
  answers.hold(a);
  answers.close();
  EXPECT_EQ(log, "a");
  EXPECT_FALSE(answers.is_worth_holding(a, 2'100));
}

// A server whose I/O thread stands still until all that is sent meanwhile has arrived: its requests are then served
// in one go.
class Together : public ::testing::Test {
 protected:
  Together()
      : server_([this](ServerConfig& config) {
          config.limits.write_ms = 5'000;
          auto& routes = config.listeners[0].routes;
          routes.push_back({Method::get, "/gate", [this](Exchange& exchange) -> Task<void> {
                              entered_.release();
                              opened_.acquire();
                              co_await exchange.reply({.body = "gate"});
                            }});
          routes.push_back({Method::get, "/look", [this](Exchange& exchange) -> Task<void> {
                              pollfd polled{looked_at_, POLLIN, 0};
                              co_await exchange.reply({.body = ::poll(&polled, 1, 0) == 0 ? "held" : "sent"});
                            }});
          routes.push_back({Method::get, "/large", [](Exchange& exchange) -> Task<void> {
                              co_await exchange.reply({.body = std::string(3'900, 'x') + "end"});
                            }});
        }),
        gate_(server_.port()) {}

  void stop() {
    gate_.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    entered_.acquire();
  }
  void go_on() { opened_.release(); }
  void expect_gate() { EXPECT_EQ(body_of(gate_.answer()), "gate"); }
  static std::string body_of(const std::string& answer) {
    const auto end = answer.find("\r\n\r\n");
    return end == std::string::npos ? "no answer" : answer.substr(end + 4);
  }
  static std::string get(std::string_view path) { return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n"; }

  std::binary_semaphore entered_{0}, opened_{0};
  int looked_at_ = -1;
  TestServer server_;
  RawClient gate_;
};

TEST_F(Together, AnAnswerWaitsForTheOthers) {
  RawClient first(server_.port()), second(server_.port()), third(server_.port());
  looked_at_ = second.descriptor();
  // What is close enough to be held is a matter of time: once among many is proof enough.
  bool was_held = false;
  for (int i = 0; i < 1'000 && !was_held; ++i) {
    stop();
    first.send(get("/"));
    second.send(get("/"));
    third.send(get("/look"));
    go_on();
    expect_gate();
    EXPECT_EQ(body_of(first.answer()), "root");
    EXPECT_EQ(body_of(second.answer()), "root");
    was_held = body_of(third.answer()) == "held";
  }
  EXPECT_TRUE(was_held);
}

TEST_F(Together, PipelinedRequestsAndThoseThatFollowAreAnsweredInOrder) {
  for (int round = 0; round < 20; ++round) {
    std::vector<RawClient> clients;
    for (int i = 0; i < 24; ++i) clients.emplace_back(server_.port());
    stop();
    for (RawClient& client : clients) client.send(get("/names/a/1"));
    // Pipelined behind it, in the same read or in the next one; a body, a stream, a refusal and a 100-continue too.
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (i % 6 == 0) clients[i].send(get("/names/a/2") + get("/names/a/3"));
      if (i % 6 == 1) clients[i].send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
      if (i % 6 == 2) clients[i].send(get("/stream"));
      if (i % 6 == 3) clients[i].send("nonsense\r\n\r\n");
      if (i % 6 == 4)
        clients[i].send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    }
    go_on();
    expect_gate();
    for (std::size_t i = 0; i < clients.size(); ++i) {
      EXPECT_EQ(body_of(clients[i].answer()), "a+1") << i;
      if (i % 6 == 0) {
        EXPECT_EQ(body_of(clients[i].answer()), "a+2");
        EXPECT_EQ(body_of(clients[i].answer()), "a+3");
      }
      if (i % 6 == 1) EXPECT_EQ(body_of(clients[i].answer()), "abc");
      if (i % 6 == 2) EXPECT_TRUE(clients[i].wait_for("two\r\n0\r\n\r\n"));
      if (i % 6 == 3) EXPECT_EQ(status_of_answer(clients[i].rest()), "400");
      if (i % 6 == 4) {
        EXPECT_EQ(status_of_answer(clients[i].answer()), "100");
        clients[i].send("xy");
        EXPECT_EQ(body_of(clients[i].answer()), "xy");
      }
    }
  }
}

TEST_F(Together, AClientThatClosesItsSideOrLeavesHarmsNobody) {
  for (int round = 0; round < 20; ++round) {
    std::vector<RawClient> clients;
    for (int i = 0; i < 12; ++i) clients.emplace_back(server_.port());
    stop();
    for (RawClient& client : clients) client.send(get("/"));
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (i % 3 == 0) ::shutdown(clients[i].descriptor(), SHUT_WR);
      if (i % 3 == 1) clients[i].close();
    }
    go_on();
    expect_gate();
    for (std::size_t i = 0; i < clients.size(); ++i)
      if (i % 3 != 1) EXPECT_EQ(body_of(clients[i].answer()), "root") << i;
  }
  EXPECT_TRUE(server_.eventually([](const ServerStatistics& s) { return s.connections_open == 1; }));
}

// The kernel takes only part of an answer: the connection sends the rest before it goes on.
TEST_F(Together, NothingIsLostWhenAClientReadsLate) {
  constexpr int kRequests = 1'200;  // 4.8 MB: more than the kernel keeps for one connection
  RawClient other(server_.port()), late(server_.port(), 4096);
  for (int i = 0; i < kRequests; ++i) {
    stop();
    other.send(get("/"));
    late.send(get("/large"));
    go_on();
    expect_gate();
    EXPECT_EQ(body_of(other.answer()), "root");
  }
  EXPECT_TRUE(server_.eventually([](const ServerStatistics& s) { return s.requests > 2 * kRequests; }));
  EXPECT_LT(server_.server->statistics().requests, 3 * kRequests) << "it never had to wait";
  for (int i = 0; i < kRequests; ++i) {
    const std::string body = body_of(late.answer());
    ASSERT_EQ(body.size(), 3'903u) << i;
    ASSERT_TRUE(body.ends_with("xend"));
  }
}

TEST_F(Together, DrainLosesNone) {
  std::vector<RawClient> clients;
  for (int i = 0; i < 40; ++i) clients.emplace_back(server_.port());
  for (RawClient& client : clients) {
    client.send(get("/"));
    ASSERT_EQ(body_of(client.answer()), "root");
  }
  stop();
  for (RawClient& client : clients) client.send(get("/"));
  std::atomic<bool> is_clean{false};
  std::thread draining([&] { is_clean = server_.server->drain(5'000); });
  go_on();
  expect_gate();
  for (RawClient& client : clients) {
    EXPECT_EQ(body_of(client.answer()), "root");
    EXPECT_EQ(client.rest(), "");
    EXPECT_FALSE(client.is_reset());
    client.close();
  }
  gate_.close();
  draining.join();
  EXPECT_TRUE(is_clean);
}

}  // namespace
}  // namespace stoa::http
