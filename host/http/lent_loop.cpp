// lent_loop.cpp SPDX-License-Identifier: Apache-2.0
#include "host/http/lent_loop.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <utility>

namespace stoa::http {

namespace asio = boost::asio;

// Thread: the I/O thread, but for is_active and give_up.
class WatchedDescriptor final : public std::enable_shared_from_this<WatchedDescriptor> {
 public:
  WatchedDescriptor(int descriptor, std::function<bool()> on_ready)
      : descriptor_(descriptor), on_ready_(std::move(on_ready)) {}
  ~WatchedDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  bool is_active() const noexcept { return is_active_.load(std::memory_order_acquire); }
  void give_up() noexcept { is_active_.store(false, std::memory_order_release); }

  void begin(asio::io_context& context) {
    waiting_.emplace(context.get_executor(), std::exchange(descriptor_, -1));
    is_active_.store(true, std::memory_order_release);
    turn();
  }

  // Nothing of the context's is left: who watches may outlive it.
  void end() {
    give_up();
    waiting_.reset();
  }

 private:
  // Waits before it looks: what comes in between is seen by one or the other. It waits by reading, because asio pays a
  // system call for every wait without, and is then told again of what was not read.
  void turn() {
    if (!is_active()) return;
    if (!std::exchange(is_waiting_, true)) {
      waiting_->async_read_some(asio::buffer(read_),
                                [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                                  self->is_waiting_ = false;
                                  if (!error) self->turn();
                                });
    }
    if (on_ready_()) asio::post(waiting_->get_executor(), [self = shared_from_this()] { self->turn(); });
  }

  int descriptor_;  // until the context has it
  const std::function<bool()> on_ready_;
  std::optional<asio::posix::basic_stream_descriptor<asio::io_context::executor_type>> waiting_;
  std::array<char, 64> read_;
  bool is_waiting_ = false;
  std::atomic<bool> is_active_{false};
};

namespace {

int duplicate(int descriptor) { return ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0); }

class WatchHandle final : public thread::ReadyLoop::Watch {
 public:
  WatchHandle(std::shared_ptr<LoopLink> link, std::shared_ptr<WatchedDescriptor> watched)
      : link_(std::move(link)), watched_(std::move(watched)) {}
  ~WatchHandle() override {
    watched_->give_up();
    link_->post([watched = watched_] { watched->end(); });
  }
  bool is_active() const noexcept override { return link_->is_running() && watched_->is_active(); }

 private:
  const std::shared_ptr<LoopLink> link_;
  const std::shared_ptr<WatchedDescriptor> watched_;
};

}  // namespace

void LoopLink::post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (context_ != nullptr) asio::post(*context_, std::move(work));
}

void LoopLink::watch(int descriptor, std::function<bool()> on_ready) {
  begin(std::make_shared<WatchedDescriptor>(duplicate(descriptor), std::move(on_ready)));
}

void LoopLink::begin(std::shared_ptr<WatchedDescriptor> watched) {
  if (!is_running()) return;
  std::erase_if(watched_, [](const auto& one) { return one.expired(); });
  watched_.push_back(watched);
  watched->begin(*context_);
}

void LoopLink::stop() {
  is_running_.store(false, std::memory_order_release);
  for (const auto& one : watched_)
    if (const auto watched = one.lock()) watched->end();
  watched_.clear();
}

void LoopLink::close() {
  const std::lock_guard lock(mutex_);
  context_ = nullptr;
}

std::unique_ptr<thread::ReadyLoop::Watch> LentLoop::watch(int descriptor, std::function<bool()> on_ready) {
  const auto& link = threads_[next_.fetch_add(1, std::memory_order_relaxed) % threads_.size()];
  auto watched = std::make_shared<WatchedDescriptor>(duplicate(descriptor), std::move(on_ready));
  link->post([link, watched] { link->begin(watched); });
  return std::make_unique<WatchHandle>(link, std::move(watched));
}

}  // namespace stoa::http
