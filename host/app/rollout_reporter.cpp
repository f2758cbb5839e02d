// rollout_reporter.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/rollout_reporter.hpp"

#include "host/app/rollout_plans.hpp"

namespace stoa::app {
namespace {

constexpr std::size_t kWaitingMax = 10'000;  // while a disk is full for hours; the oldest go first

}  // namespace

void RolloutReporter::start() {
  thread_ = std::thread([this] { run(); });
}

void RolloutReporter::note(const std::string& model, const rollout::Step& step) {
  auto news = news_of(model, step);
  if (!news) return;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(*news));
    if (waiting_.size() > kWaitingMax) waiting_.pop_front();
  }
  moved_.notify_one();
}

void RolloutReporter::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  moved_.notify_one();
  if (thread_.joinable()) thread_.join();
}

// What waits when it is stopped is written first, where that works at once.
void RolloutReporter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (is_behind_ && !is_stopped_) moved_.wait_for(lock, parts_.again, [this] { return is_stopped_; });
    moved_.wait(lock, [this] { return is_stopped_ || !waiting_.empty(); });
    if (waiting_.empty() || (is_stopped_ && is_behind_)) return;
    registry::RolloutNews news = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const bool is_written = write(news);
    lock.lock();
    is_behind_ = !is_written;
    if (!is_written) waiting_.push_front(std::move(news));
  }
}

bool RolloutReporter::write(const registry::RolloutNews& news) {
  const auto noted =
      parts_.publishing.with_catalogue([&](registry::Catalogue& catalogue) { return catalogue.note_rollout(news); });
  if (!noted) {
    if (!is_behind_)
      parts_.log.write(Level::error, "rollout.unwritten",
                       {{"model", news.model},
                        {"version", news.version},
                        {"reason", noted.error().reason},
                        {"why", noted.error().message}});
    return false;
  }
  if (*noted) parts_.on_change();
  return true;
}

}  // namespace stoa::app
