// compare_work_test.cpp: whoever guesses keys learns nothing from how long the answer takes.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

#include "licensing/admission/admission.hpp"
#include "licensing/admission/test_instructions.hpp"
#include "licensing/terms/api_key.hpp"

namespace stoa::licensing {
namespace {

class CompareWork : public ::testing::Test {
 protected:
  void SetUp() override {
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    GTEST_SKIP() << "a sanitizer's own work would be counted, too";
#endif
  }
  CompareWork() {
    // One key: whatever hash is asked for, of those below, meets it in the table, and nothing else.
    snapshot_.keys.emplace_back().hash = registry::sha256_of("the key");
    snapshot_.index();
  }
  // One bit that does not say where in the table it is looked for.
  Sha256 differing_in(std::size_t byte) const {
    Sha256 hash = snapshot_.keys[0].hash;
    hash[byte] ^= 0x80;
    return hash;
  }

  AccessSnapshot snapshot_;
};

TEST_F(CompareWork, IsTheSameWhereverAHashDiffers) {
  const auto work_of = [&](std::size_t byte) {
    return instructions_of([&, hash = differing_in(byte)] {
      if (snapshot_.find_key(hash) != nullptr) ::_exit(2);
    });
  };
  if (!work_of(0)) GTEST_SKIP() << "no process may be traced here";
  const auto first = work_of(0);  // not the very first: that one may find something for the first time
  EXPECT_EQ(work_of(0), first) << "counting is not exact here";
  for (std::size_t byte = 1; byte < snapshot_.keys[0].hash.size(); ++byte)
    EXPECT_EQ(work_of(byte), first) << "a difference in byte " << byte;
}

// Reading what is sent is work on what the caller knows; it is the same for all whole keys, too.
TEST_F(CompareWork, IsTheSameForEveryWholeKey) {
  std::optional<long> first;
  for (int i = -1; i < 8; ++i) {  // the very first may find something for the first time
    const std::string key = new_api_key();
    const auto work = instructions_of([&] {
      if (read_shown({.key = key, .lease = {}}).flaw != Refusal::none) ::_exit(2);
    });
    if (!work) GTEST_SKIP() << "no process may be traced here";
    if (i < 0) continue;
    if (!first) first = work;
    EXPECT_EQ(work, first) << key;
  }
}

// That the count would show it: a comparison that ends at the first difference.
TEST_F(CompareWork, WouldBeSeenToDependOnIt) {
  const auto work_of = [&](std::size_t byte) {
    return instructions_of([&, hash = differing_in(byte)] {
      const Sha256& known = snapshot_.keys[0].hash;
      const volatile std::uint8_t *a = known.data(), *b = hash.data();
      std::size_t at = 0;
      while (at < known.size() && a[at] == b[at]) ++at;
      if (at != byte) ::_exit(2);
    });
  };
  const auto first = work_of(0), last = work_of(31);
  if (!first || !last) GTEST_SKIP() << "no process may be traced here";
  EXPECT_GT(*last, *first + 31);
}

}  // namespace
}  // namespace stoa::licensing
