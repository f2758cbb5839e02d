// lent_loop_test.cpp: I/O threads that wait for others' descriptors. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "host/http/server.hpp"

namespace stoa::http {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0); }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  void ring() const { EXPECT_EQ(write(ends[1], "x", 1), 1); }
  int ends[2] = {-1, -1};
};

// False when it does not come true within ten seconds.
template <class F>
bool comes_true(F condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  return condition();
}

std::unique_ptr<Server> make_server() {
  ServerConfig config;
  config.listeners.emplace_back();
  auto server = Server::create(std::move(config));
  EXPECT_TRUE(server.has_value());
  return std::move(*server);
}

TEST(LentLoop, TellsOfEveryRingOnOneThread) {
  const auto server = make_server();
  server->start();
  const Pipe pipe;
  std::atomic<int> calls{0};
  std::atomic<std::thread::id> thread{};
  std::atomic<bool> is_one_thread{true};
  const auto watch = server->loop()->watch(pipe.ends[0], [&] {
    if (calls.fetch_add(1) == 0) thread.store(std::this_thread::get_id());
    if (thread.load() != std::this_thread::get_id()) is_one_thread.store(false);
    return false;
  });
  ASSERT_TRUE(comes_true([&] { return watch->is_active() && calls == 1; })) << "once without a ring";
  for (int rung = 1; rung <= 1000; ++rung) {
    pipe.ring();
    ASSERT_TRUE(comes_true([&] { return calls == 1 + rung; })) << rung;
  }
  EXPECT_TRUE(is_one_thread);
  EXPECT_NE(thread.load(), std::this_thread::get_id());
}

TEST(LentLoop, CallsAgainWhileThereIsMore) {
  const auto server = make_server();
  server->start();
  const Pipe pipe;
  std::atomic<int> calls{0};
  const auto watch = server->loop()->watch(pipe.ends[0], [&] { return ++calls < 50; });
  EXPECT_TRUE(comes_true([&] { return calls == 50; }));
  pipe.ring();
  EXPECT_TRUE(comes_true([&] { return calls == 51; }));
}

TEST(LentLoop, AWatchThatHasEndedIsNotCalled) {
  const auto server = make_server();
  server->start();
  const Pipe pipe;
  std::atomic<int> ended_calls{0}, calls{0};
  auto ended = server->loop()->watch(pipe.ends[0], [&] {
    ++ended_calls;
    return false;
  });
  const Pipe other;
  const auto watch = server->loop()->watch(other.ends[0], [&] {
    ++calls;
    return false;
  });
  ASSERT_TRUE(comes_true([&] { return ended_calls == 1 && calls == 1; }));
  ended.reset();
  other.ring();  // behind the end of the first, on the same thread
  ASSERT_TRUE(comes_true([&] { return calls == 2; }));
  pipe.ring();
  other.ring();
  ASSERT_TRUE(comes_true([&] { return calls == 3; }));
  EXPECT_EQ(ended_calls, 1);
}

TEST(LentLoop, IsInactiveBeforeTheServersStartAndAfterItsEnd) {
  auto server = make_server();
  const Pipe pipe;
  std::atomic<int> calls{0};
  const auto loop = server->loop();
  const auto early = loop->watch(pipe.ends[0], [&] {
    ++calls;
    return false;
  });
  EXPECT_FALSE(early->is_active());
  server->start();
  ASSERT_TRUE(comes_true([&] { return early->is_active(); }));
  EXPECT_TRUE(server->drain(10'000));
  EXPECT_FALSE(early->is_active());
  server.reset();
  EXPECT_FALSE(early->is_active());
  EXPECT_FALSE(loop->watch(pipe.ends[0], [] { return false; })->is_active());
}

}  // namespace
}  // namespace stoa::http
