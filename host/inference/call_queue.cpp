// call_queue.cpp: see call_queue.hpp. SPDX-License-Identifier: Apache-2.0
#include "host/inference/call_queue.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace stoa::inference {

void CallQueue::push(QueuedCall queued) {
  cost_ += queued.cost;
  calls_.push_back(std::move(queued));
}

std::shared_ptr<runtime::Call> CallQueue::remove(const runtime::Call& call) {
  const auto at = std::ranges::find_if(calls_, [&](const QueuedCall& q) { return q.call.get() == &call; });
  if (at == calls_.end()) return nullptr;
  std::shared_ptr<runtime::Call> removed = std::move(at->call);
  cost_ -= at->cost;
  calls_.erase(at);
  return removed;
}

void CallQueue::take(const runtime::BatchLimits& limits, std::size_t requests_max, std::vector<QueuedCall>& batch) {
  const std::size_t count_max = std::min<std::size_t>(limits.requests_max, requests_max);
  std::uint64_t cost = 0;
  for (auto at = calls_.begin(); at != calls_.end() && batch.size() < count_max;) {
    const std::string& session = at->call->session();
    if (is_busy(session)) {
      ++at;
      continue;
    }
    const bool is_too_much = limits.cost_max > 0 && at->cost > limits.cost_max - std::min(cost, limits.cost_max);
    if (is_too_much && !batch.empty()) break;
    cost += at->cost;
    cost_ -= at->cost;
    if (!session.empty()) busy_.push_back(session);
    batch.push_back(std::move(*at));
    at = calls_.erase(at);
  }
}

void CallQueue::put_back(std::vector<QueuedCall>& calls) {
  for (auto& queued : std::views::reverse(calls)) {
    end_session(queued.call->session());
    cost_ += queued.cost;
    calls_.push_front(std::move(queued));
  }
  calls.clear();
}

std::deque<QueuedCall> CallQueue::take_all() {
  cost_ = 0;
  return std::exchange(calls_, {});
}

bool CallQueue::has_runnable() const {
  return std::ranges::any_of(calls_, [this](const QueuedCall& q) { return !is_busy(q.call->session()); });
}

bool CallQueue::is_busy(const std::string& session) const {
  return !session.empty() && std::ranges::find(busy_, session) != busy_.end();
}

void CallQueue::end_session(const std::string& session) {
  if (session.empty()) return;
  const auto at = std::ranges::find(busy_, session);
  if (at != busy_.end()) busy_.erase(at);
}

}  // namespace stoa::inference
