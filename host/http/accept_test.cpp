// accept_test.cpp: how many connections are taken, and how long each is kept. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "host/http/raw_client.hpp"
#include "host/http/test_server.hpp"

namespace stoa::http {
namespace {

constexpr const char* kAsk = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Accept, PausesAtTheLimitAndGoesOn) {
  TestServer server([](ServerConfig& config) { config.limits.connections_max = 2; });
  auto first = std::make_unique<RawClient>(server.port());
  RawClient second(server.port()), third(server.port());
  first->send(kAsk);
  second.send(kAsk);
  EXPECT_EQ(status_of_answer(first->answer()), "200");
  EXPECT_EQ(status_of_answer(second.answer()), "200");
  third.send(kAsk);
  EXPECT_FALSE(third.receive(100)) << "two connections are the limit";
  EXPECT_EQ(server.server->statistics().connections_open, 2u);
  first.reset();
  EXPECT_EQ(status_of_answer(third.answer()), "200");
}

// Whoever fills the customers' door does not shut the operator's.
TEST(Accept, PausesOneListenerAlone) {
  TestServer server([](ServerConfig& config) {
    config.limits.connections_max = 1;
    const ListenerConfig customers = config.listeners.front();
    config.listeners.push_back(customers);
  });
  RawClient first(server.port()), waiting(server.port());
  first.send(kAsk);
  EXPECT_EQ(status_of_answer(first.answer()), "200");
  waiting.send(kAsk);
  EXPECT_FALSE(waiting.receive(100));
  for (int i = 0; i < 3; ++i) {
    RawClient other(server.server->ports().back());
    other.send(kAsk);
    EXPECT_EQ(status_of_answer(other.answer()), "200") << i;
  }
}

TEST(Accept, SurvivesRunningOutOfDescriptors) {
  TestServer server;
  RawClient before(server.port());
  before.send(kAsk);
  ASSERT_EQ(status_of_answer(before.answer()), "200");
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  // Descriptors are handed out from the lowest free one: with the limit just above the highest in use and the holes
  // filled, the client's own socket takes the last one and the server's half finds none.
  std::vector<int> fillers;
  for (int filler = ::dup(0); filler >= 0 && filler < 1'000; filler = ::dup(0)) {
    fillers.push_back(filler);
    if (filler > before.descriptor() + 10) break;
  }
  const rlimit tight{static_cast<rlim_t>(fillers.back()) + 2, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  RawClient starving(server.port());
  ASSERT_EQ(starving.descriptor(), fillers.back() + 1);
  starving.send(kAsk);
  EXPECT_FALSE(starving.receive(150));
  before.send(kAsk);
  EXPECT_EQ(status_of_answer(before.answer()), "200") << "others are served meanwhile";
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(status_of_answer(starving.answer()), "200");
  for (const int filler : fillers) ::close(filler);
}

TEST(Connections, AreClosedAfterTheirLastRequest) {
  TestServer server([](ServerConfig& config) { config.limits.requests_per_connection_max = 2; });
  RawClient client(server.port());
  client.send(std::string(kAsk) + kAsk + kAsk);
  EXPECT_EQ(client.answer().find("Connection: close"), std::string::npos);
  EXPECT_NE(client.answer().find("Connection: close"), std::string::npos);
  EXPECT_EQ(client.rest(), "");
}

}  // namespace
}  // namespace stoa::http
