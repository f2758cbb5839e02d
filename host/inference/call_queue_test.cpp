// call_queue_test.cpp: order, sessions and cost. SPDX-License-Identifier: Apache-2.0
#include "host/inference/call_queue.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stoa::inference {
namespace {

// Calls written as "session:cost", in order; sessions may be empty.
std::vector<std::shared_ptr<runtime::Call>> fill(CallQueue& queue,
                                                 std::vector<std::pair<std::string, std::uint64_t>> rows) {
  std::vector<std::shared_ptr<runtime::Call>> calls;
  for (auto& [session, cost] : rows) {
    runtime::CallSpec spec;
    spec.session = session;
    calls.push_back(runtime::Call::create(std::move(spec), nullptr));
    queue.push({calls.back(), cost});
  }
  return calls;
}

std::vector<std::size_t> positions(const std::vector<QueuedCall>& batch,
                                   const std::vector<std::shared_ptr<runtime::Call>>& calls) {
  std::vector<std::size_t> found;
  for (const auto& queued : batch)
    found.push_back(static_cast<std::size_t>(std::find(calls.begin(), calls.end(), queued.call) - calls.begin()));
  return found;
}

using Positions = std::vector<std::size_t>;

TEST(CallQueue, PacksByCountAndCostInOrder) {
  struct Row {
    std::vector<std::pair<std::string, std::uint64_t>> calls;
    runtime::BatchLimits limits;
    std::size_t room;
    Positions first, second;
  };
  const Row rows[] = {
      {{{"", 1}, {"", 1}, {"", 1}}, {1, 0, 0}, 9, {0}, {1}},
      {{{"", 1}, {"", 1}, {"", 1}}, {2, 0, 0}, 9, {0, 1}, {2}},
      {{{"", 1}, {"", 1}, {"", 1}}, {8, 0, 0}, 2, {0, 1}, {2}},
      {{{"", 40}, {"", 40}, {"", 40}}, {8, 100, 0}, 9, {0, 1}, {2}},
      {{{"", 500}, {"", 1}}, {8, 100, 0}, 9, {0}, {1}},              // too large for any batch: alone
      {{{"", 60}, {"", 50}, {"", 1}}, {8, 100, 0}, 9, {0}, {1, 2}},  // no overtaking
      {{{"", 1}, {"", UINT64_MAX}}, {8, 100, 0}, 9, {0}, {1}},
      {{{"a", 1}, {"a", 1}, {"", 1}}, {8, 0, 0}, 9, {0, 2}, {}},  // one session, one at a time
      {{{"a", 1}, {"b", 1}, {"a", 1}}, {1, 0, 0}, 9, {0}, {1}},
      {{}, {8, 0, 0}, 9, {}, {}},
  };
  for (const auto& row : rows) {
    CallQueue queue;
    const auto calls = fill(queue, row.calls);
    std::vector<QueuedCall> first, second;
    queue.take(row.limits, row.room, first);
    queue.take(row.limits, row.room, second);
    EXPECT_EQ(positions(first, calls), row.first);
    EXPECT_EQ(positions(second, calls), row.second);
  }
}

TEST(CallQueue, SessionsGoOnWhenTheirRequestEnds) {
  CallQueue queue;
  const auto calls = fill(queue, {{"a", 1}, {"a", 2}, {"a", 3}});
  std::vector<QueuedCall> batch;
  queue.take({8, 0, 0}, 8, batch);
  EXPECT_EQ(positions(batch, calls), Positions{0});
  EXPECT_FALSE(queue.has_runnable());
  queue.end_session("a");
  EXPECT_TRUE(queue.has_runnable());
  batch.clear();
  queue.take({8, 0, 0}, 8, batch);
  EXPECT_EQ(positions(batch, calls), Positions{1});
  EXPECT_EQ(queue.cost(), 3u);
}

TEST(CallQueue, PutBackKeepsOrderAndFreesSessions) {
  CallQueue queue;
  const auto calls = fill(queue, {{"a", 1}, {"b", 1}, {"", 1}, {"a", 1}});
  std::vector<QueuedCall> batch;
  queue.take({3, 0, 0}, 8, batch);
  ASSERT_EQ(positions(batch, calls), (Positions{0, 1, 2}));
  std::vector<QueuedCall> left{batch[1], batch[2]};
  queue.put_back(left);
  EXPECT_EQ(queue.size(), 3u);
  batch.clear();
  queue.take({8, 0, 0}, 8, batch);
  EXPECT_EQ(positions(batch, calls), (Positions{1, 2})) << "a is still with the model";
}

TEST(CallQueue, RemoveFindsOnlyWhatWaits) {
  CallQueue queue;
  const auto calls = fill(queue, {{"", 5}, {"", 7}});
  EXPECT_EQ(queue.remove(*calls[1]), calls[1]);
  EXPECT_EQ(queue.remove(*calls[1]), nullptr);
  EXPECT_EQ(queue.cost(), 5u);
  EXPECT_EQ(queue.take_all().size(), 1u);
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(queue.cost(), 0u);
}

}  // namespace
}  // namespace stoa::inference
