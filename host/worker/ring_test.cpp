// ring_test.cpp: records in order between two sides, two processes, and a side that lies.
// SPDX-License-Identifier: Apache-2.0
#include "host/worker/ring.hpp"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <random>
#include <utility>

#include "host/thread/monotonic.hpp"

namespace stoa::worker {
namespace {

constexpr std::uint64_t kRing = ArenaSize::kRingBytes;

Arena new_arena(bool is_ours = true) {
  auto arena = Arena::create("ring_test", ArenaSize{4096}, is_ours);
  if (!arena) std::abort();
  return std::move(*arena);
}

// Both ends in this process: the writer's arena carries the records, the reader's says how far it has read.
struct Ends {
  Arena from = new_arena(), to = new_arena();
  RingWriter writer{from, to};
  RingReader reader{to, from};
};

// The record of a number: its size and every byte follow from it.
std::vector<std::byte> record_of(std::uint64_t number, std::size_t bytes_max) {
  std::mt19937_64 random(number);
  std::vector<std::byte> record(random() % (bytes_max + 1));
  std::uint64_t word = random();
  for (std::size_t i = 0; i < record.size(); ++i, word = word * 0x9e3779b97f4a7c15u + 1)
    record[i] = static_cast<std::byte>(word >> 56);
  return record;
}

TEST(Ring, OrderAndContentsAcrossTheWrap) {
  Ends ends;
  std::mt19937_64 random(1);
  std::vector<std::byte> got;
  std::uint64_t pushed = 0, read = 0;
  EXPECT_EQ(ends.reader.next(got), RingReader::Got::nothing);
  while (ends.to.header().read.load() < 5 * kRing) {
    for (auto n = random() % 20; n > 0; --n) ends.writer.push(record_of(pushed++, 3000), Urgency::work);
    ASSERT_EQ(ends.reader.has_next(), read < pushed);
    for (auto n = random() % 24; n > 0 && read < pushed; --n) {
      ASSERT_EQ(ends.reader.next(got), RingReader::Got::record);
      ASSERT_EQ(got, record_of(read, 3000)) << read;
      ++read;
    }
  }
  while (read < pushed) {
    ends.writer.settle();
    ASSERT_EQ(ends.reader.next(got), RingReader::Got::record);
    ASSERT_EQ(got, record_of(read++, 3000));
  }
  EXPECT_EQ(ends.reader.next(got), RingReader::Got::nothing);
  EXPECT_FALSE(ends.reader.has_next());
  EXPECT_FALSE(ends.writer.is_broken());
}

TEST(Ring, TheLargestRecordPassesFromEveryPlace) {
  Ends ends;
  std::vector<std::byte> got;
  const std::vector<std::byte> largest(kRecordBytesMax, std::byte{0x5a}), small(40, std::byte{0x3c});
  for (int i = 0; i < 40; ++i) {
    ends.writer.push(largest, Urgency::work);
    ends.writer.push(small, Urgency::work);
    ASSERT_EQ(ends.reader.next(got), RingReader::Got::record);
    ASSERT_EQ(got, largest);
    ASSERT_EQ(ends.reader.next(got), RingReader::Got::record);
    ASSERT_EQ(got, small);
  }
}

TEST(Ring, AnEmptyRecordIsOne) {
  Ends ends;
  std::vector<std::byte> got;
  ends.writer.push({}, Urgency::work);
  EXPECT_EQ(ends.reader.next(got), RingReader::Got::record);
  EXPECT_TRUE(got.empty());
  EXPECT_EQ(ends.reader.next(got), RingReader::Got::nothing);
}

TEST(Ring, WhatFindsNoRoomWaitsAndComesInOrder) {
  Ends ends;
  std::vector<std::byte> got;
  std::deque<std::uint64_t> positions;
  std::uint64_t pushed = 0, read = 0;
  for (; pushed < 100; ++pushed)
    positions.push_back(ends.writer.push(record_of(pushed, kRecordBytesMax), Urgency::work));
  ASSERT_TRUE(ends.writer.has_waiting());
  // A slow reader: one record, then as much as there is room for.
  for (; read < pushed; ++read) {
    ASSERT_EQ(ends.reader.next(got), RingReader::Got::record) << read;
    ASSERT_EQ(got, record_of(read, kRecordBytesMax)) << read;
    ASSERT_EQ(ends.to.header().read.load(), positions.front()) << "what push returned is when it is read";
    positions.pop_front();
    if (read % 3 == 0) {
      ends.writer.settle();
    } else if (pushed < 130) {  // one more does not overtake those that wait
      positions.push_back(ends.writer.push(record_of(pushed++, kRecordBytesMax), Urgency::work));
    }
    if (!ends.reader.has_next()) ends.writer.settle();
  }
  EXPECT_FALSE(ends.writer.has_waiting());
  EXPECT_EQ(ends.reader.next(got), RingReader::Got::nothing);
}

// Each push and each settle costs what it moves, not what waits already: a stopped reader slows nobody down.
TEST(Ring, ManySmallRecordsWait) {
  Ends ends;
  std::vector<std::byte> got;
  constexpr std::uint64_t kMany = 200'000;
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    const std::uint64_t at = ends.writer.push(std::as_bytes(std::span(&i, 1)), Urgency::later);
    ASSERT_EQ(at, last + 16);
    last = at;
  }
  for (std::uint64_t i = 0; i < kMany; ++i) {
    if (!ends.reader.has_next()) ends.writer.settle();
    ASSERT_EQ(ends.reader.next(got), RingReader::Got::record);
    ASSERT_EQ(got.size(), sizeof i);
    ASSERT_EQ(std::memcmp(got.data(), &i, sizeof i), 0) << i;
  }
  EXPECT_FALSE(ends.writer.has_waiting());
}

TEST(Ring, AReaderThatNeverReadsIsBroken) {
  for (const std::size_t size : {std::size_t{kRecordBytesMax}, std::size_t{0}}) {
    Ends ends;
    const std::vector<std::byte> record(size);
    std::uint64_t pushed = 0;
    for (; !ends.writer.is_broken() && pushed < 5'000'000; ++pushed) ends.writer.push(record, Urgency::later);
    EXPECT_TRUE(ends.writer.is_broken()) << pushed << " records of " << size << " bytes wait";
    EXPECT_GE(pushed, 1000u);
  }
}

// ---- the other side lies ----

enum class Lie { jumps_ahead, goes_back, half_a_head, beyond_unread, too_large, largest_size };

TEST(Ring, AWriterThatLiesIsBrokenForGood) {
  for (const Lie lie :
       {Lie::jumps_ahead, Lie::goes_back, Lie::half_a_head, Lie::beyond_unread, Lie::too_large, Lie::largest_size}) {
    Ends ends;
    std::vector<std::byte> got;
    // Somewhere in the second round, and everything read.
    for (std::uint64_t i = 0; ends.to.header().read.load() < kRing + 4000; ++i) {
      ends.writer.push(record_of(i, 2000), Urgency::work);
      ASSERT_EQ(ends.reader.next(got), RingReader::Got::record);
    }
    ArenaHeader& header = ends.from.header();
    const std::uint64_t before = header.written.load();
    ends.writer.push(std::vector<std::byte>(100), Urgency::work);
    const std::uint64_t after = header.written.load();
    const auto say_size = [&](std::uint32_t bytes) {
      std::memcpy(ends.from.ring() + (before & (kRing - 1)), &bytes, sizeof bytes);
    };
    switch (lie) {
      case Lie::jumps_ahead:
        header.written.store(before + kRing + 8);
        break;
      case Lie::goes_back:
        header.written.store(before - 8);
        break;
      case Lie::half_a_head:
        header.written.store(before + 4);
        break;
      case Lie::beyond_unread:
        say_size(105);
        break;
      case Lie::too_large:
        say_size(kRecordBytesMax + 1);
        header.written.store(before + kRing);
        break;
      case Lie::largest_size:
        say_size(~0u);
        break;
    }
    EXPECT_EQ(ends.reader.next(got), RingReader::Got::broken) << static_cast<int>(lie);
    say_size(100);
    header.written.store(after);
    EXPECT_EQ(ends.reader.next(got), RingReader::Got::broken) << "what it says later changes nothing";
    EXPECT_EQ(ends.to.header().read.load(), before);
  }
}

TEST(Ring, AnyHeaderAndAnyBytesStayWithinTheRing) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 40; ++round) {
    Ends ends;
    for (std::uint64_t i = 0; i < kRing; i += 8) {
      const std::uint64_t word = random() % 4 == 0 ? random() : random() % 5000;
      std::memcpy(ends.from.ring() + i, &word, sizeof word);
    }
    std::vector<std::byte> got;
    std::uint64_t written = 0;
    auto outcome = RingReader::Got::nothing;
    for (int step = 0; step < 2000 && outcome != RingReader::Got::broken; ++step) {
      if (outcome == RingReader::Got::nothing) {
        written += random() % 50 == 0 ? random() : random() % kRing;
        ends.from.header().written.store(written);
      }
      outcome = ends.reader.next(got);
      ASSERT_LE(got.size(), kRecordBytesMax);
    }
  }
}

TEST(Ring, AReaderThatLiesBreaksTheWriter) {
  const std::vector<std::byte> record(100);  // 112 bytes in the ring
  for (const std::uint64_t lie : {std::uint64_t{8}, kRing, ~std::uint64_t{0} - kRing, std::uint64_t{1} << 63}) {
    Ends ends;
    std::vector<std::byte> got;
    for (int i = 0; i < 3; ++i) {
      ends.writer.push(record, Urgency::work);
      ASSERT_EQ(ends.reader.next(got), RingReader::Got::record);
    }
    const std::uint64_t written = ends.from.header().written.load();
    ends.to.header().read.store(written + lie);
    ends.writer.push(record, Urgency::work);
    EXPECT_TRUE(ends.writer.is_broken()) << lie;
    EXPECT_EQ(ends.from.header().written.load(), written);
    ends.to.header().read.store(written);
    ends.writer.settle();
    ends.writer.push(record, Urgency::work);
    EXPECT_TRUE(ends.writer.is_broken()) << "what it says later changes nothing";
  }
}

// ---- two processes ----

constexpr std::uint64_t kPatienceNs = 30'000'000'000;  // a sleep this long is a lost wake-up
constexpr std::uint64_t kNapNs = 1'000'000;            // while records wait for room, as host and worker do
constexpr std::uint64_t kRecords = 100'000, kWideRecords = 30'000;
constexpr std::size_t kSmall = 300, kWide = 6000;

enum ExitCode { kGood = 0, kLost = 2, kBroken = 3, kWrong = 4, kNoArena = 5 };

// The next record; sleeps for it. False: it never came, or what came is none.
bool await(RingReader& reader, RingWriter& writer, std::vector<std::byte>& record, ExitCode& why) {
  const std::uint64_t until_ns = thread::monotonic_ns() + kPatienceNs;
  for (;;) {
    const auto got = reader.next(record);
    if (got == RingReader::Got::record) return true;
    why = got == RingReader::Got::broken ? kBroken : kLost;
    const std::uint64_t now_ns = thread::monotonic_ns();
    if (got == RingReader::Got::broken || now_ns > until_ns) return false;
    const std::uint32_t seen = reader.announce();
    if (!reader.has_next()) reader.sleep(seen, writer.has_waiting() ? now_ns + kNapNs : until_ns);
    writer.settle();
    reader.awake();
  }
}

using Side = ExitCode (*)(RingReader&, RingWriter&);

// The child maps the arenas as a worker does.
ExitCode in_the_child(int requests_descriptor, int responses_descriptor, Side run) {
  auto requests = Arena::map(dup(requests_descriptor), false);
  auto responses = Arena::map(dup(responses_descriptor), true);
  if (!requests || !responses) return kNoArena;
  RingReader reader(*responses, *requests);
  RingWriter writer(*responses, *requests);
  return run(reader, writer);
}

void check_between_processes(Side child, Side parent) {
  Arena requests = new_arena();
  const Arena responses = new_arena(false);
  const pid_t pid = fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(in_the_child(requests.descriptor(), responses.descriptor(), child));
  }
  RingReader reader(requests, responses);
  RingWriter writer(requests, responses);
  EXPECT_EQ(parent(reader, writer), kGood);
  if (testing::Test::HasFailure()) kill(pid, SIGKILL);
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status)) << status;
  EXPECT_EQ(WEXITSTATUS(status), kGood);
}

// Sends back what comes, record by record.
ExitCode echo(RingReader& reader, RingWriter& writer) {
  std::vector<std::byte> record;
  ExitCode why = kGood;
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    if (!await(reader, writer, record, why)) return why;
    writer.push(record, i % 2 == 0 ? Urgency::work : Urgency::control);
  }
  return kGood;
}

ExitCode send_in_bursts(RingReader& reader, RingWriter& writer) {
  std::mt19937_64 random(11);
  std::vector<std::byte> record;
  ExitCode why = kGood;
  for (std::uint64_t sent = 0, came = 0; came < kRecords;) {
    const std::uint64_t burst = std::min<std::uint64_t>(kRecords - sent, 1 + random() % 8);
    for (std::uint64_t i = 1; i <= burst; ++i)  // one that may come later is found with the one that wakes
      writer.push(record_of(sent++, kSmall), i < burst && random() % 2 == 0 ? Urgency::later : Urgency::work);
    for (; came < sent; ++came) {
      if (!await(reader, writer, record, why)) return why;
      if (record != record_of(came, kSmall)) return kWrong;
    }
  }
  return kGood;
}

TEST(RingBetweenProcesses, NoWakeUpIsLost) { check_between_processes(&echo, &send_in_bursts); }

// Reads everything, then says so.
ExitCode read_flood(RingReader& reader, RingWriter& writer) {
  std::vector<std::byte> record;
  ExitCode why = kGood;
  for (std::uint64_t i = 0; i < kWideRecords; ++i) {
    if (!await(reader, writer, record, why)) return why;
    if (record != record_of(i, kWide)) return kWrong;
  }
  writer.push(record, Urgency::control);
  return kGood;
}

ExitCode send_flood(RingReader& reader, RingWriter& writer) {
  for (std::uint64_t i = 0; i < kWideRecords; ++i) {
    writer.push(record_of(i, kWide), Urgency::work);
    while (writer.has_waiting()) {
      reader.sleep(reader.announce(), thread::monotonic_ns() + kNapNs);
      writer.settle();
      reader.awake();
    }
  }
  std::vector<std::byte> record;
  ExitCode why = kGood;
  if (!await(reader, writer, record, why)) return why;
  return record == record_of(kWideRecords - 1, kWide) ? kGood : kWrong;
}

TEST(RingBetweenProcesses, AFullRingLosesNothing) { check_between_processes(&read_flood, &send_flood); }

}  // namespace
}  // namespace stoa::worker
