// lent_loop.hpp: the I/O threads, lent to others who wait for a descriptor. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "host/thread/ready_loop.hpp"

namespace stoa::http {

class WatchedDescriptor;

// One I/O thread's end of it.
// Lifetime: shared with those who watch, who may outlive the server; close() makes what they post fall on the floor.
class LoopLink final : public std::enable_shared_from_this<LoopLink> {
 public:
  explicit LoopLink(boost::asio::io_context& context) : context_(&context) {}

  void post(std::function<void()> work);  // any thread
  bool is_running() const noexcept { return is_running_.load(std::memory_order_acquire); }

  // The I/O thread only.
  void start() { is_running_.store(true, std::memory_order_release); }
  void watch(int descriptor, std::function<bool()> on_ready);  // until the thread ends; the descriptor is duplicated
  void begin(std::shared_ptr<WatchedDescriptor> watched);
  void stop();  // ends all watches: others must wait from now on
  void close();

 private:
  std::atomic<bool> is_running_{false};
  std::vector<std::weak_ptr<WatchedDescriptor>> watched_;  // the I/O thread's
  std::mutex mutex_;                                       // Lock: context_, against close()
  boost::asio::io_context* context_;
};

class LentLoop final : public thread::ReadyLoop {
 public:
  explicit LentLoop(std::vector<std::shared_ptr<LoopLink>> threads) : threads_(std::move(threads)) {}
  std::unique_ptr<Watch> watch(int descriptor, std::function<bool()> on_ready) override;

 private:
  const std::vector<std::shared_ptr<LoopLink>> threads_;
  std::atomic<std::size_t> next_{0};  // in turn
};

}  // namespace stoa::http
