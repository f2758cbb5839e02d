// test_server.hpp: a real server with a handful of routes, for the tests. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <zlib.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "host/http/server.hpp"

namespace stoa::http {

// Owned copy of an ExchangeRecord.
struct SeenExchange {
  std::string route, target, request_id, remote_address;
  unsigned status;
  std::uint64_t bytes_in, bytes_out;
};

class TestServer {
 public:
  using Adjust = std::function<void(ServerConfig&)>;

  explicit TestServer(const Adjust& adjust = {}) {
    ServerConfig config;
    ListenerConfig& listener = config.listeners.emplace_back();
    listener.routes = routes();
    config.on_exchange = [this](const ExchangeRecord& record) { see(record); };
    if (adjust) adjust(config);
    auto created = Server::create(std::move(config));
    if (!created) throw std::runtime_error(created.error().message);
    server = std::move(*created);
    server->start();
  }

  ~TestServer() { server.reset(); }  // before what its callbacks refer to

  std::uint16_t port() const { return server->ports().front(); }

  // Waits (bounded) until as many exchanges have been recorded.
  std::vector<SeenExchange> seen(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [&] { return seen_.size() >= count; });
    return seen_;
  }

  // Waits (bounded) until a condition on the statistics holds.
  bool eventually(const std::function<bool(const ServerStatistics&)>& holds) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!holds(server->statistics())) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }

  std::unique_ptr<Server> server;

 private:
  static Task<void> echo(Exchange& exchange) {
    auto body = co_await exchange.read_body({.bytes_max = 1u << 20});
    Response response;
    if (!body) {
      response.status = status_of(body.error());
      response.body = body.error().reason;
      response.fields.emplace_back("X-Message", body.error().message);
    } else {
      response.chunks.emplace_back(body->data());
      response.owner = body->memory();
    }
    co_await exchange.reply(std::move(response));
  }

  static std::vector<Route> routes() {
    return {
        {Method::get, "/", [](Exchange& exchange) -> Task<void> { co_await exchange.reply({.body = "root"}); }},
        {Method::post, "/", echo},
        {Method::post, "/echo", echo},
        {Method::post, "/ignore",
         [](Exchange& exchange) -> Task<void> { co_await exchange.reply({.body = "ignored"}); }},
        {Method::get, "/names/{first}/{second}",
         [](Exchange& exchange) -> Task<void> {
           const RequestHead& head = exchange.head();
           co_await exchange.reply(
               {.body = std::string(head.param("first")) + "+" + std::string(head.param("second"))});
         }},
        {Method::get, "/empty",
         [](Exchange& exchange) -> Task<void> { co_await exchange.reply({.status = 204, .content_type = {}}); }},
        {Method::get, "/throw",
         [](Exchange&) -> Task<void> {
           throw std::runtime_error("defect");
           co_return;
         }},
        {Method::get, "/silent", [](Exchange&) -> Task<void> { co_return; }},
        {Method::get, "/twice",
         [](Exchange& exchange) -> Task<void> {
           co_await exchange.reply({.body = "one"});
           co_await exchange.reply({.body = "two"});
         }},
        {Method::get, "/fields",
         [](Exchange& exchange) -> Task<void> {
           Response response{.body = "x"};
           response.fields.emplace_back("X-Good", "yes");
           response.fields.emplace_back("X-Bad", "a\r\nSet-Cookie: b");
           co_await exchange.reply(std::move(response));
         }},
        {Method::get, "/stream",
         [](Exchange& exchange) -> Task<void> {
           co_await exchange.begin_stream(200, "text/event-stream");
           co_await exchange.write("one");
           co_await exchange.write(std::string(10'000, 'x'));
           co_await exchange.write("two");
           co_await exchange.end_stream();
         }},
        {Method::get, "/broken-stream",
         [](Exchange& exchange) -> Task<void> {
           co_await exchange.begin_stream(200, "text/plain");
           co_await exchange.write("begun");
           throw std::runtime_error("defect");
         }},
    };
  }

  void see(const ExchangeRecord& record) {
    const std::lock_guard lock(mutex_);
    seen_.push_back({std::string(record.route), std::string(record.target), std::string(record.request_id),
                     std::string(record.remote_address), record.status, record.bytes_in, record.bytes_out});
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SeenExchange> seen_;
};

}  // namespace stoa::http
