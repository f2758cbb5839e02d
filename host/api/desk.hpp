// desk.hpp: threads for what blocks on a disk or takes long, so that I/O threads only wait for them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "host/http/exchange.hpp"

namespace stoa::api {

// Threads: any, but close(). Lifetime: ends after the server whose handlers wait for it.
class Desk {
 public:
  Desk(unsigned threads, std::size_t waiting_max);
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  // False: waiting_max jobs wait already, or the desk is closed; the job is not run.
  bool post(std::function<void()> job);
  // Runs a job there while the handler waits. It has to own all it touches: the handler may be gone when it ends. It
  // throws nothing. full: it was not run.
  enum class Ran : std::uint8_t { done, full, client_gone };
  http::Task<Ran> run(http::Exchange& exchange, std::function<void()> job);
  // The handler's answer, made on one of the threads. 503 "registry.busy" where the desk is full. A client that hangs
  // up takes nothing back: what it asked for is done or refused as a whole.
  http::Task<http::Response> answer(http::Exchange& exchange, std::function<http::Response()> make);
  // Runs what waits, or drops it, then ends. Nothing is taken any more.
  enum class Waiting : std::uint8_t { run, dropped };
  void close(Waiting waiting = Waiting::run);

 private:
  void work();

  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable moved_;
  std::deque<std::function<void()>> waiting_;  // Lock: mutex_
  bool is_closed_ = false;                     // Lock: mutex_
  std::vector<std::thread> threads_;
};

}  // namespace stoa::api
