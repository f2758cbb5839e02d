// life_test.cpp: what ends a request or a connection: time, clients that leave, other threads, the drain.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "host/http/raw_client.hpp"
#include "host/http/test_server.hpp"
#include "host/http/timer_wheel.hpp"

namespace stoa::http {
namespace {

constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

void add(ServerConfig& config, Method method, std::string pattern, Handler handler) {
  config.listeners[0].routes.push_back({method, std::move(pattern), std::move(handler)});
}

std::uint64_t in_ms(std::uint64_t ms) { return monotonic_ns() + ms * 1'000'000; }

TEST(Time, SlowHeadIsAnswered408) {
  TestServer server([](ServerConfig& config) { config.limits.head_ms = 60; });
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHos");
  const std::string answer = client.rest();
  EXPECT_EQ(status_of_answer(answer), "408");
  EXPECT_NE(answer.find("http.head_slow"), std::string::npos);
  EXPECT_EQ(server.server->statistics().timeouts, 1u);
}

TEST(Time, HeadThatTricklesIsNotForgiven) {
  TestServer server([](ServerConfig& config) { config.limits.head_ms = 100; });
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\n");
  const std::uint64_t begun = monotonic_ns();
  // A byte every few milliseconds: each is progress, and none moves the deadline.
  while (client.send("X") && !client.receive(5) && monotonic_ns() < begun + 5'000'000'000) {
  }
  EXPECT_EQ(status_of_answer(client.received()), "408");
}

TEST(Time, SlowBodyIsAnswered408) {
  TestServer server([](ServerConfig& config) { config.limits.body_grace_ms = 60; });
  for (const char* framing : {"Content-Length: 1000", "Transfer-Encoding: chunked"}) {
    RawClient client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\n" + std::string(framing) + "\r\n\r\n3\r\na");
    const std::string answer = client.rest();
    EXPECT_EQ(status_of_answer(answer), "408");
    EXPECT_NE(answer.find("http.body_slow"), std::string::npos);
  }
}

TEST(Time, BodyAboveTheLeastRateMayTakeLongerThanTheGrace) {
  TestServer server([](ServerConfig& config) {
    config.limits.body_grace_ms = 300;
    config.limits.body_rate_min = 1'000;
  });
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6000\r\n\r\n");
  // Takes at least 480 ms.
  for (int i = 0; i < 60; ++i) {
    ASSERT_FALSE(client.receive(8)) << status_of_answer(client.received());
    ASSERT_TRUE(client.send(std::string(100, 'a')));
  }
  EXPECT_EQ(status_of_answer(client.answer()), "200");
}

TEST(Time, IdleConnectionIsClosedSilently) {
  for (const std::uint32_t idle_ms : {20u, 200u}) {
    TestServer server([&](ServerConfig& config) { config.limits.idle_ms = idle_ms; });
    RawClient fresh(server.port());
    EXPECT_EQ(fresh.rest(), "");
    EXPECT_FALSE(fresh.is_reset());
    RawClient used(server.port());
    used.send(kGet);
    EXPECT_EQ(status_of_answer(used.answer()), "200");
    EXPECT_EQ(used.rest(), "");
    EXPECT_EQ(server.server->statistics().timeouts, 0u) << "quiet is not an error";
  }
}

TEST(Time, ConnectionThatWentColdServesAgain) {
  TestServer server;
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send(kGet);
    ASSERT_EQ(status_of_answer(client.answer()), "200");
    EXPECT_FALSE(client.receive(150));  // longer than the connection keeps its buffer
  }
}

TEST(Time, ClientThatReadsNothingIsGivenUp) {
  std::atomic<int> outcome{-1};
  TestServer server([&](ServerConfig& config) {
    config.limits.write_ms = 100;
    add(config, Method::get, "/large", [&](Exchange& exchange) -> Task<void> {
      Response response;
      response.body.assign(32u << 20, 'x');
      outcome = co_await exchange.reply(std::move(response)) ? 1 : 0;
    });
  });
  RawClient client(server.port(), 4096);
  client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto seen = server.seen(1);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].status, 499u);
  EXPECT_EQ(outcome, 0);
  EXPECT_EQ(server.server->statistics().timeouts, 1u);
}

TEST(Time, LargeAnswerReachesASlowClientWhole) {
  TestServer server([&](ServerConfig& config) {
    add(config, Method::get, "/large", [&](Exchange& exchange) -> Task<void> {
      Response response;
      response.body.assign(3u << 20, 'x');
      static const std::string kTail(1u << 20, 'y');
      for (int i = 0; i < 100; ++i) response.chunks.push_back(std::as_bytes(std::span(kTail)).subspan(i, 10'000));
      co_await exchange.reply(std::move(response));
    });
  });
  RawClient client(server.port(), 4096);
  client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = client.answer();
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, (3u << 20) + 1'000'000u);
  EXPECT_EQ(answer.back(), 'y');
}

TEST(Streams, SlowClientIsFeltAfterFewBytes) {
  std::atomic<std::uint64_t> taken{0};
  TestServer server([&](ServerConfig& config) {
    add(config, Method::get, "/endless", [&](Exchange& exchange) -> Task<void> {
      const std::string piece(1'000, 'x');
      co_await exchange.begin_stream(200, "text/plain");
      while (co_await exchange.write(piece)) taken += piece.size();
    });
  });
  RawClient client(server.port(), 4096);
  client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(client.receive());
  // Until nothing moves for a while: what the server believes to have sent is then bounded by the kernel's buffers.
  std::uint64_t before;
  do {
    before = taken;
    pollfd nothing{-1, 0, 0};
    ::poll(&nothing, 1, 100);
  } while (taken != before);
  EXPECT_LT(taken, 200'000u);
  client.close();
  EXPECT_TRUE(
      server.eventually([](const ServerStatistics& s) { return s.client_gone == 1 && s.connections_open == 0; }));
}

// A handler that hands its signal out and reports how its wait ended.
struct Waiting {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::shared_ptr<Signal>> signals;
  std::atomic<std::uint64_t> gone_ns{0};

  Handler handler(std::uint64_t timeout_ms) {
    return [this, timeout_ms](Exchange& exchange) -> Task<void> {
      auto signal = exchange.make_signal();
      {
        const std::lock_guard lock(mutex);
        signals.push_back(signal);
        changed.notify_all();
      }
      const Waited waited = co_await exchange.wait(*signal, timeout_ms == 0 ? 0 : in_ms(timeout_ms));
      if (waited == Waited::client_gone) gone_ns = monotonic_ns();
      Response response;
      response.body = waited == Waited::signalled ? "signalled" : waited == Waited::deadline ? "deadline" : "gone";
      co_await exchange.reply(std::move(response));
    };
  }

  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10), [&] { return signals.size() >= count; });
  }
};

TEST(Wait, SignalFromAnotherThreadDeadlineAndHangup) {
  Waiting waiting, hasty;
  TestServer server([&](ServerConfig& config) {
    add(config, Method::get, "/wait", waiting.handler(0));
    add(config, Method::get, "/hasty", hasty.handler(50));
  });
  RawClient client(server.port());
  client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(waiting.wait_for(1));
  waiting.signals[0]->notify();
  EXPECT_TRUE(client.answer().ends_with("signalled"));

  const std::uint64_t begun = monotonic_ns();
  client.send("GET /hasty HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.answer().ends_with("deadline"));
  EXPECT_GE(monotonic_ns() - begun, 50'000'000u);
  hasty.signals[0]->notify();  // too late, and harmless

  // The client leaves with a pipelined request unread in the socket.
  client.send(std::string("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n") + kGet);
  ASSERT_TRUE(waiting.wait_for(2));
  const std::uint64_t left = monotonic_ns();
  client.close();
  const auto seen = server.seen(3);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[2].status, 499u);
  EXPECT_GE(waiting.gone_ns, left);
  std::printf("hang-up noticed after %.1f ms\n", static_cast<double>(waiting.gone_ns - left) * 1e-6);
  EXPECT_EQ(server.server->statistics().client_gone, 1u);
}

TEST(Wait, SignalSetBeforehandDoesNotSuspend) {
  TestServer server([](ServerConfig& config) {
    add(config, Method::get, "/ready", [](Exchange& exchange) -> Task<void> {
      auto signal = exchange.make_signal();
      signal->notify();
      signal->notify();
      const bool first = co_await exchange.wait(*signal, 0) == Waited::signalled;
      const bool second = co_await exchange.wait(*signal, in_ms(30)) == Waited::deadline;
      co_await exchange.reply({.body = first && second ? "yes" : "no"});
    });
  });
  RawClient client(server.port());
  client.send("GET /ready HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.answer().ends_with("yes"));
}

TEST(Wait, ManySignalsFromManyThreads) {
  Waiting waiting;
  TestServer server([&](ServerConfig& config) {
    config.io_threads = 2;
    add(config, Method::get, "/wait", waiting.handler(0));
  });
  constexpr std::size_t kClients = 40;
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kClients; ++i) clients.emplace_back(server.port());
  for (int round = 0; round < 20; ++round) {
    for (RawClient& client : clients) client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(waiting.wait_for(kClients));
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = t; i < kClients; i += 4) {
          waiting.signals[i]->notify();
          waiting.signals[(i + 7) % kClients]->notify();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (RawClient& client : clients) ASSERT_TRUE(client.answer().ends_with("signalled"));
    waiting.signals.clear();
  }
}

TEST(Wait, SignalsMayOutliveTheServer) {
  Waiting waiting;
  std::optional<TestServer> server;
  server.emplace([&](ServerConfig& config) { add(config, Method::get, "/wait", waiting.handler(0)); });
  RawClient client(server->port());
  client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(waiting.wait_for(1));
  server.reset();  // a hard stop: the handler learns that its client is gone
  EXPECT_NE(waiting.gone_ns, 0u);
  waiting.signals[0]->notify();
}

TEST(HardStop, HandlersThatWaitForeverAreDestroyed) {
  std::atomic<bool> is_destroyed{false};
  std::shared_ptr<Signal> held;
  std::mutex mutex;
  std::condition_variable changed;
  {
    TestServer server([&](ServerConfig& config) {
      add(config, Method::get, "/forever", [&](Exchange& exchange) -> Task<void> {
        struct Guard {
          std::atomic<bool>& flag;
          ~Guard() { flag = true; }
        } guard{is_destroyed};
        auto signal = exchange.make_signal();
        {
          const std::lock_guard lock(mutex);
          held = signal;
          changed.notify_all();
        }
        while (co_await exchange.wait(*signal, 0) != Waited::signalled) {
        }
      });
    });
    RawClient client(server.port());
    client.send("GET /forever HTTP/1.1\r\nHost: a\r\n\r\n");
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return held != nullptr; }));
    lock.unlock();
    EXPECT_FALSE(server.server->drain(50));
  }
  EXPECT_TRUE(is_destroyed);
  held->notify();
}

TEST(Drain, IdleConnectionsCloseAndHalfReadHeadsAreAnswered) {
  TestServer server;
  RawClient idle(server.port()), used(server.port()), half(server.port());
  used.send(kGet);
  EXPECT_EQ(status_of_answer(used.answer()), "200");
  half.send("GET / HTTP/1.1\r\nHost");
  ASSERT_TRUE(server.eventually([](const ServerStatistics& s) { return s.connections_open == 3; }));
  std::atomic<bool> is_clean{false};
  std::thread draining([&] { is_clean = server.server->drain(5'000); });
  EXPECT_EQ(idle.rest(), "");
  EXPECT_FALSE(idle.is_reset());
  EXPECT_EQ(used.rest(), "");
  idle.close();
  used.close();
  half.send(": a\r\n\r\n");
  const std::string answer = half.rest();
  EXPECT_EQ(status_of_answer(answer), "200");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  half.close();
  draining.join();
  EXPECT_TRUE(is_clean);
  EXPECT_FALSE(RawClient(server.port()).is_connected());
}

TEST(Drain, TimeoutCutsWhatIsLeft) {
  Waiting waiting;
  TestServer server([&](ServerConfig& config) { add(config, Method::get, "/wait", waiting.handler(0)); });
  RawClient client(server.port());
  client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(waiting.wait_for(1));
  EXPECT_FALSE(server.server->drain(100));
  EXPECT_NE(waiting.gone_ns, 0u);
}

TEST(Drain, LosesNoRequestUnderLoad) {
  for (const unsigned io_threads : {1u, 2u}) {
    Waiting waiting;
    TestServer server([&](ServerConfig& config) { config.io_threads = io_threads; });
    std::atomic<std::uint64_t> sent{0}, answered{0}, lost{0};
    std::vector<std::thread> clients;
    for (int c = 0; c < 8; ++c) {
      clients.emplace_back([&, c] {
        RawClient client(server.port());
        if (!client.is_connected()) return;
        const std::string body(static_cast<std::size_t>(c) * 3'000, 'b');
        const std::string request =
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        for (;;) {
          if (!client.send(request)) return;
          ++sent;
          const std::string answer = client.answer();
          if (status_of_answer(answer) != "200") {
            ++lost;
            return;
          }
          ++answered;
          if (answer.find("Connection: close") != std::string::npos) return;
        }
      });
    }
    EXPECT_TRUE(server.eventually([](const ServerStatistics& s) { return s.requests > 500; }));
    EXPECT_TRUE(server.server->drain(10'000));
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(lost, 0u);
    EXPECT_EQ(answered, sent);
    EXPECT_EQ(server.server->statistics().requests, sent);
  }
}

class Tls : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("stoa-tls-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    const std::string make =
        "timeout 30 openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout " + path("key") +
        " -out " + path("crt") +
        " -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null";
    ASSERT_EQ(std::system(make.c_str()), 0);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  TestServer::Adjust with_tls() const {
    return [this](ServerConfig& config) {
      config.listeners[0].tls = TlsFiles{path("crt"), path("key")};
      config.limits.tls_handshake_ms = 100;
    };
  }

  // What curl writes, without the server's head.
  std::string curl(const TestServer& server, const std::string& arguments, const std::string& target) const {
    const std::string command = "timeout 20 curl -s --cacert " + path("crt") + " " + arguments +
                                " https://localhost:" + std::to_string(server.port()) + target + " > " + path("out") +
                                " 2>/dev/null";
    if (std::system(command.c_str()) != 0) return "curl failed";
    std::ifstream file(path("out"), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(Tls, ServesCurlWithBothVersionsAndLargeBodies) {
  TestServer server(with_tls());
  std::string body(900'000, 'a');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  std::ofstream(path("in"), std::ios::binary) << body;
  EXPECT_EQ(curl(server, "", "/"), "root");
  EXPECT_EQ(curl(server, "--tls-max 1.2", "/"), "root");
  EXPECT_EQ(curl(server, "--tlsv1.3 --data-binary @" + path("in"), "/echo"), body);
  EXPECT_EQ(curl(server, "-H 'Transfer-Encoding: chunked' --data-binary @" + path("in"), "/echo"), body);
  EXPECT_EQ(curl(server, "--limit-rate 3M --data-binary @" + path("in"), "/echo"), body) << "a slow reader";
  EXPECT_EQ(curl(server, "", "/stream").size(), 10'006u);
  const std::string again = " https://localhost:" + std::to_string(server.port()) + "/";
  EXPECT_EQ(curl(server, "--rate 300/m", "/" + again + again), "rootrootroot") << "cold in between";
  EXPECT_LT(server.server->statistics().connections_accepted, server.server->statistics().requests);
  EXPECT_EQ(curl(server, "--http2", "/"), "root") << "the protocol offered beside h2 is chosen";
  EXPECT_EQ(curl(server, "--ciphers DEFAULT@SECLEVEL=0 --tlsv1.0 --tls-max 1.1", "/"), "curl failed");
}

TEST_F(Tls, HandshakeHasADeadlineAndGarbageEndsTheConnection) {
  TestServer server(with_tls());
  RawClient silent(server.port());
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(server.server->statistics().timeouts, 1u);
  RawClient plain(server.port());
  plain.send(kGet);
  EXPECT_EQ(plain.rest().find("HTTP/1.1"), std::string::npos);
  EXPECT_EQ(curl(server, "", "/"), "root");
}

TEST_F(Tls, DrainsAndNoticesHangups) {
  TestServer server(with_tls());
  EXPECT_EQ(curl(server, "", "/"), "root");
  EXPECT_TRUE(server.server->drain(5'000));
}

}  // namespace
}  // namespace stoa::http
