// desk.cpp: a bounded queue in front of a few threads. SPDX-License-Identifier: Apache-2.0
#include "host/api/desk.hpp"

#include <atomic>
#include <memory>
#include <utility>

#include "host/api/problem.hpp"

namespace stoa::api {

Desk::Desk(unsigned threads, std::size_t waiting_max) : waiting_max_(waiting_max) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Desk::~Desk() { close(); }

bool Desk::post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_ || waiting_.size() >= waiting_max_) return false;
    waiting_.push_back(std::move(job));
  }
  moved_.notify_one();
  return true;
}

void Desk::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    moved_.wait(lock, [this] { return is_closed_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const auto job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

void Desk::close(Waiting waiting) {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    if (waiting == Waiting::dropped) waiting_.clear();
  }
  moved_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

http::Task<Desk::Ran> Desk::run(http::Exchange& exchange, std::function<void()> job) {
  struct Run {
    std::shared_ptr<http::Signal> signal;
    std::atomic<bool> is_done{false};
  };
  auto run = std::make_shared<Run>();
  run->signal = exchange.make_signal();
  const bool is_taken = post([run, job = std::move(job)] {
    job();
    run->is_done.store(true, std::memory_order_release);
    run->signal->notify();
  });
  if (!is_taken) co_return Ran::full;
  while (!run->is_done.load(std::memory_order_acquire))
    if (co_await exchange.wait(*run->signal, 0) == http::Waited::client_gone) co_return Ran::client_gone;
  co_return Ran::done;
}

http::Task<http::Response> Desk::answer(http::Exchange& exchange, std::function<http::Response()> make) {
  auto made = std::make_shared<http::Response>();
  const Ran ran = co_await run(exchange, [made, make = std::move(make)] {
    try {
      *made = make();
    } catch (const std::exception& bad) {  // of a library: out of memory, JSON
      *made = problem({Code::internal, "registry.failed", bad.what(), 0}, 500, {});
    }
  });
  if (ran == Ran::done) co_return std::move(*made);
  if (ran == Ran::client_gone) co_return http::Response{};
  const Error busy{Code::unavailable, "registry.busy", "the registry has more to do than it takes on; try again", 1000};
  co_return problem(busy, 503, exchange.head().request_id);
}

}  // namespace stoa::api
