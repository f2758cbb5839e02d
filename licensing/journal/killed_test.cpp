// killed_test.cpp: kill -9 at any moment loses nothing that was acknowledged. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <random>

#include "licensing/journal/test_journal.hpp"
#include "registry/document/test_child.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

constexpr JournalOptions kOptions{.segment_bytes = 2 * kFrameBodyBytesMax};

// Long enough now and then that segments change within a run.
std::string entry_of(std::uint64_t number) {
  return std::to_string(number) + " " + std::string(number % 7 == 0 ? 50'000 : 40, 'x');
}

// Appends for ever; writes each number that is durable into the pipe.
[[noreturn]] void append_for_ever(const std::filesystem::path& folder, int out) {
  auto journal = Journal::open(folder, kOptions);
  if (!journal) ::_exit(3);
  std::mt19937_64 random(std::random_device{}());
  for (std::uint64_t next = (*journal)->durable();;) {
    for (std::uint64_t burst = 1 + random() % 5; burst > 0; --burst)
      if (!(*journal)->append(entry_of(next++))) ::_exit(4);
    if (!settle(**journal)) ::_exit(5);
    const std::uint64_t told = (*journal)->durable();
    if (::write(out, &told, sizeof told) != sizeof told) ::_exit(6);
  }
}

TEST(JournalKilled, AtAnyMomentLosesNothingThatWasAcknowledged) {
  const char* const given = std::getenv("STOA_KILLS");
  const int kills = given ? std::atoi(given) : 40;
  const registry::TestFolder folder;
  std::mt19937_64 random(5);
  std::uint64_t acknowledged = 0;
  for (int kill = 0; kill < kills; ++kill) {
    std::string said;
    {
      registry::TestChild child([&](int out) -> int { append_for_ever(folder / "journal", out); });
      said = child.said_within(std::chrono::microseconds(random() % 60'000));
      said += child.kill();
    }
    for (std::size_t at = 0; at + sizeof acknowledged <= said.size(); at += sizeof acknowledged)
      std::memcpy(&acknowledged, said.data() + at, sizeof acknowledged);

    const auto journal = Journal::open(folder / "journal", kOptions);
    ASSERT_TRUE(journal) << journal.error().message;
    ASSERT_GE((*journal)->durable(), acknowledged);
    std::uint64_t expected = 0;
    const auto end = (*journal)->read(0, [&](std::uint64_t number, std::string_view entry) {
      EXPECT_EQ(number, expected);
      if (entry != entry_of(number)) ADD_FAILURE() << "entry " << number << " is another one";
      ++expected;
      return !testing::Test::HasFailure();
    });
    ASSERT_EQ(end, (*journal)->durable());
  }
  std::printf("%d kills, %llu entries acknowledged, 0 lost\n", kills, static_cast<unsigned long long>(acknowledged));
  EXPECT_GT(acknowledged, static_cast<std::uint64_t>(kills));
}

}  // namespace
}  // namespace stoa::licensing
