// arena_test.cpp: what the other side cannot do to an arena, and the book of its blocks.
// SPDX-License-Identifier: Apache-2.0
#include "host/worker/arena.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <utility>

namespace stoa::worker {
namespace {

constexpr ArenaSize kSize{1u << 20};

// The errno of a call that should fail; 0 when it did not.
int errno_of(std::int64_t outcome) { return outcome == -1 ? errno : 0; }

int errno_of_writable_map(int descriptor) {
  void* const base = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (base == MAP_FAILED) return errno;
  munmap(base, 4096);
  return 0;
}

// What the other process is given.
struct Given {
  explicit Given(const Arena& arena) : descriptor(dup(arena.descriptor())) {}
  ~Given() { close(descriptor); }
  Given(const Given&) = delete;
  Given& operator=(const Given&) = delete;
  int descriptor;
};

TEST(Arena, TheOtherSideReadsWhatItsOwnerWrites) {
  auto owner = Arena::create("arena_test", kSize, true);
  ASSERT_TRUE(owner.has_value()) << owner.error().message;
  auto other = Arena::map(dup(owner->descriptor()), false);
  ASSERT_TRUE(other.has_value()) << other.error().message;
  ASSERT_EQ(owner->blocks().size(), kSize.block_bytes);
  ASSERT_EQ(other->blocks().size(), kSize.block_bytes);
  owner->blocks().back() = std::byte{7};
  owner->ring()[ArenaSize::kRingBytes - 1] = std::byte{8};
  owner->header().written.store(9);
  EXPECT_EQ(other->blocks().back(), std::byte{7});
  EXPECT_EQ(other->ring()[ArenaSize::kRingBytes - 1], std::byte{8});
  EXPECT_EQ(other->header().written.load(), 9u);
}

TEST(Arena, NobodyChangesItsSize) {
  const auto owner = Arena::create("arena_test", kSize, false);
  ASSERT_TRUE(owner.has_value()) << owner.error().message;
  const Given given(*owner);  // a responses' arena: the other side writes
  for (const std::uint64_t bytes : {std::uint64_t{0}, kSize.total() - 4096, kSize.total() + 4096})
    EXPECT_EQ(errno_of(ftruncate(given.descriptor, static_cast<off_t>(bytes))), EPERM) << bytes;
  EXPECT_EQ(errno_of(fallocate(given.descriptor, 0, 0, static_cast<off_t>(kSize.total() + 4096))), EPERM);
  const char byte = 1;
  EXPECT_NE(errno_of(pwrite(given.descriptor, &byte, 1, static_cast<off_t>(kSize.total()))), 0);
  EXPECT_EQ(lseek(given.descriptor, 0, SEEK_END), static_cast<off_t>(kSize.total()));
  auto writer = Arena::map(dup(given.descriptor), true);
  ASSERT_TRUE(writer.has_value()) << writer.error().message;
  writer->blocks().front() = std::byte{3};
  EXPECT_EQ(owner->blocks().front(), std::byte{3});
}

TEST(Arena, SealedForOthersItIsWrittenByItsOwnerAlone) {
  auto owner = Arena::create("arena_test", kSize, true);
  ASSERT_TRUE(owner.has_value()) << owner.error().message;
  const Given given(*owner);
  const char byte = 1;
  EXPECT_EQ(errno_of_writable_map(given.descriptor), EPERM);
  EXPECT_EQ(errno_of(write(given.descriptor, &byte, 1)), EPERM);
  EXPECT_EQ(errno_of(pwrite(given.descriptor, &byte, 1, 4096)), EPERM);
  EXPECT_EQ(errno_of(fallocate(given.descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096)), EPERM);
  EXPECT_EQ(errno_of(ftruncate(given.descriptor, 0)), EPERM);
  EXPECT_EQ(errno_of(fcntl(given.descriptor, F_ADD_SEALS, F_SEAL_WRITE)), EPERM);
  EXPECT_FALSE(Arena::map(given.descriptor, true).has_value());

  // By its name in /proc, too.
  const int again = open(("/proc/self/fd/" + std::to_string(given.descriptor)).c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(again, 0);
  EXPECT_EQ(errno_of_writable_map(again), EPERM);
  EXPECT_EQ(errno_of(write(again, &byte, 1)), EPERM);
  close(again);

  // A mapping to read stays one.
  void* const base = mmap(nullptr, kSize.total(), PROT_READ, MAP_SHARED, given.descriptor, 0);
  ASSERT_NE(base, MAP_FAILED);
  EXPECT_EQ(errno_of(mprotect(base, kSize.total(), PROT_READ | PROT_WRITE)), EACCES);
  EXPECT_NE(errno_of(madvise(base, 4096, MADV_REMOVE)), 0);
  munmap(base, kSize.total());

  owner->blocks().front() = std::byte{5};
  EXPECT_EQ(owner->blocks().front(), std::byte{5});
}

TEST(Arena, WhatIsTooSmallIsNone) {
  for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{4096}, ArenaSize{}.total()}) {
    const int descriptor = memfd_create("arena_test", MFD_CLOEXEC);
    ASSERT_EQ(ftruncate(descriptor, static_cast<off_t>(bytes)), 0);
    const auto arena = Arena::map(descriptor, true);
    ASSERT_FALSE(arena.has_value()) << bytes;
    EXPECT_EQ(arena.error().reason, "worker.arena");
    close(descriptor);
  }
  EXPECT_FALSE(Arena::map(-1, false).has_value());
}

// ---- the book ----

constexpr std::uint64_t kBookBytes = 1u << 20;

TEST(BlockBook, AgreesWithAModel) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    std::mt19937_64 random(seed);
    BlockBook book(kBookBytes);
    std::map<std::uint64_t, std::uint64_t> model;  // offset -> bytes, as the book rounds them
    std::uint64_t bytes_out = 0;
    for (int step = 0; step < 5000; ++step) {
      const bool is_take = model.empty() || random() % 100 < (step / 500 % 2 == 0 ? 60 : 40);
      if (is_take) {
        const std::uint64_t asked = random() % (random() % 10 == 0 ? kBookBytes / 4 : 3000);
        const std::uint64_t offset = book.take(asked);
        const std::uint64_t bytes = std::max<std::uint64_t>(64, (asked + 63) / 64 * 64);
        if (offset == BlockBook::kNone) {
          // Then no gap between what is out has room for it.
          std::uint64_t end = 0, gap = 0;
          for (const auto& [at, size] : model) gap = std::max(gap, at - std::exchange(end, at + size));
          ASSERT_LT(std::max(gap, kBookBytes - end), bytes);
          continue;
        }
        ASSERT_EQ(offset % BlockBook::kAlignment, 0u);
        ASSERT_LE(offset + bytes, kBookBytes);
        const auto next = model.lower_bound(offset);
        ASSERT_TRUE(next == model.end() || next->first >= offset + bytes);
        ASSERT_TRUE(next == model.begin() || std::prev(next)->first + std::prev(next)->second <= offset);
        model.emplace(offset, bytes);
        bytes_out += bytes;
      } else {
        const auto at = std::next(model.begin(), static_cast<std::ptrdiff_t>(random() % model.size()));
        const auto [offset, bytes] = *at;
        if (bytes > 64) {
          ASSERT_FALSE(book.give(offset + 64));  // inside it
        }
        ASSERT_TRUE(book.give(offset));
        ASSERT_FALSE(book.give(offset));
        model.erase(at);
        bytes_out -= bytes;
      }
      ASSERT_EQ(book.bytes_out(), bytes_out);
    }
    for (const auto& [offset, bytes] : model) ASSERT_TRUE(book.give(offset));
    EXPECT_EQ(book.bytes_out(), 0u);
    EXPECT_EQ(book.take(kBookBytes), 0u) << "what came back is one block again";
  }
}

TEST(BlockBook, WhatIsNotOutCannotBeGiven) {
  BlockBook book(kBookBytes);
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{64}, kBookBytes, BlockBook::kNone})
    EXPECT_FALSE(book.give(offset)) << offset;
  EXPECT_EQ(book.take(0), 0u);  // even nothing has a place of its own
  EXPECT_EQ(book.take(1), 64u);
  EXPECT_FALSE(book.give(1));
  EXPECT_TRUE(book.give(0));
  EXPECT_FALSE(book.give(0));
}

TEST(BlockBook, MoreThanThereIsIsRefused) {
  BlockBook book(kBookBytes);
  for (const std::uint64_t bytes :
       {kBookBytes + 1, std::uint64_t{1} << 63, ~std::uint64_t{0} - 63, ~std::uint64_t{0} - 62, ~std::uint64_t{0}})
    EXPECT_EQ(book.take(bytes), BlockBook::kNone) << bytes;
  EXPECT_EQ(book.bytes_out(), 0u);
  EXPECT_EQ(book.take(kBookBytes), 0u);
  EXPECT_EQ(book.take(1), BlockBook::kNone);
}

}  // namespace
}  // namespace stoa::worker
