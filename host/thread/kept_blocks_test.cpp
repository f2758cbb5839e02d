// kept_blocks_test.cpp SPDX-License-Identifier: Apache-2.0
#include "host/thread/kept_blocks.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace stoa::thread {
namespace {

struct Thing {
  std::array<int, 100> numbers{};
};

std::shared_ptr<Thing> make_thing() { return std::allocate_shared<Thing>(KeptAllocator<Thing>()); }

TEST(KeptBlocks, NoBlockIsGivenTwice) {
  using Blocks = KeptBlocks<200>;
  for (int round = 0; round < 3; ++round) {
    std::set<void*> taken;
    for (int i = 0; i < 100; ++i) {  // more than a thread keeps
      void* const block = Blocks::take();
      std::memset(block, i, 200);
      EXPECT_TRUE(taken.insert(block).second);
    }
    for (void* const block : taken) Blocks::give_back(block);
  }
}

TEST(KeptBlocks, AnyThreadMayGiveBackAndEnd) {
  std::vector<std::shared_ptr<Thing>> things;
  std::thread([&] {
    for (int i = 0; i < 50; ++i) things.push_back(make_thing());
    things.resize(40);
  }).join();
  for (const auto& thing : things) EXPECT_EQ(thing->numbers, Thing().numbers);
  std::thread([moved = std::move(things)]() mutable { moved.clear(); }).join();
  const auto thing = make_thing();
  EXPECT_EQ(thing->numbers, Thing().numbers);
}

// What a thread lets go of while it ends, when its own blocks may be gone already.
TEST(KeptBlocks, OutlivesItsThreadsOwn) {
  std::thread([] {
    thread_local std::shared_ptr<Thing> early;  // made first, so destroyed last
    early = nullptr;
    early = make_thing();
    EXPECT_EQ(early->numbers[0], 0);
  }).join();
}

}  // namespace
}  // namespace stoa::thread
