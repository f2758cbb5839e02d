// desk.cpp: a bounded queue in front of a few threads. SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/desk.hpp"

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

http::Task<http::Response> Desk::answer(http::Exchange& exchange, std::function<http::Response()> make) {
  // Shared: the handler may be gone when the job ends.
  struct Outcome {
    std::shared_ptr<http::Signal> signal;
    http::Response response;
    std::atomic<bool> is_made{false};
  };
  auto outcome = std::make_shared<Outcome>();
  outcome->signal = exchange.make_signal();
  const bool is_taken = post([outcome, make = std::move(make)] {
    try {
      outcome->response = make();
    } catch (const std::exception& bad) {  // of a library: out of memory, JSON
      outcome->response = problem({Code::internal, "registry.failed", bad.what(), 0}, 500, {});
    }
    outcome->is_made.store(true, std::memory_order_release);
    outcome->signal->notify();
  });
  if (!is_taken) {
    const Error busy{Code::unavailable, "registry.busy", "the registry has more to do than it takes on; try again",
                     1000};
    co_return problem(busy, 503, exchange.head().request_id);
  }
  while (!outcome->is_made.load(std::memory_order_acquire))
    if (co_await exchange.wait(*outcome->signal, 0) == http::Waited::client_gone) co_return http::Response{};
  co_return std::move(outcome->response);
}

}  // namespace stoa::api
