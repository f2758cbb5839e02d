// content_key_test.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/content_key.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>

#include "licensing/sealed/host_key.hpp"

namespace stoa::licensing {
namespace {

namespace fs = std::filesystem;

class KeyFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = fs::path(::testing::TempDir()) / "stoa-keys-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  static unsigned mode_of(const fs::path& file) {
    struct stat state{};
    return stat(file.c_str(), &state) == 0 ? state.st_mode & 0777 : 0;
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    fs::permissions(folder_ / name, fs::perms::owner_read | fs::perms::owner_write);
  }
  fs::path folder_;
};

TEST_F(KeyFiles, AContentKeyIsMadeOnceForItsOwnerAlone) {
  const fs::path file = folder_ / "weights.key";
  const auto made = read_or_make_content_key(file), again = read_or_make_content_key(file);
  ASSERT_TRUE(made && again);
  EXPECT_TRUE(made->is_new);
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(made->key.id(), again->key.id());
  EXPECT_TRUE(std::ranges::equal(made->key.bytes(), again->key.bytes()));
  EXPECT_TRUE(is_content_key_id(made->key.id().hex));
  EXPECT_EQ(mode_of(file), 0600u);
}

TEST_F(KeyFiles, WhatHoldsNoKeyIsRefusedAndNeverReplaced) {
  write("empty", "");
  write("short", "-----BEGIN STOA CONTENT KEY-----\nAAAA\n-----END STOA CONTENT KEY-----\n");
  write("pem", HostKey::generate().pem());
  write("zeros", "-----BEGIN STOA CONTENT KEY-----\n" + std::string(43, 'A') + "=\n-----END STOA CONTENT KEY-----\n");
  for (const char* name : {"empty", "short", "pem", "zeros"}) {
    const auto refused = read_or_make_content_key(folder_ / name);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().reason, "key.syntax");
  }
}

TEST_F(KeyFiles, ASecretThatOthersMayReadIsRefused) {
  const fs::path file = folder_ / "weights.key";
  ASSERT_TRUE(read_or_make_content_key(file));
  fs::permissions(file, fs::perms::group_read, fs::perm_options::add);
  const auto refused = read_content_key(file);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "key.exposed");
}

TEST_F(KeyFiles, AHostKeyIsMadeAtTheFirstUse) {
  const fs::path folder = folder_ / "licensing";
  EXPECT_EQ(read_host_key(folder).error().reason, "file.not_found");
  EXPECT_FALSE(fs::exists(folder)) << "who only reads makes none";
  const auto made = read_or_make_host_key(folder);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(mode_of(folder), 0700u);
  EXPECT_EQ(mode_of(folder / kHostKeyFile), 0600u);
  EXPECT_EQ(host_key_id(folder), made->id());
  EXPECT_EQ(read_host_key(folder)->id(), made->id());
  const auto shown = read_host_public_key(folder / kHostPublicKeyFile);
  ASSERT_TRUE(shown) << shown.error().message;
  EXPECT_EQ(shown->id(), made->id());
  EXPECT_EQ(made->id().size(), 64u);
}

TEST(HostKey, IsTheKeyThatItsPemSays) {
  const HostKey key = HostKey::generate();
  const auto again = HostKey::from_pem(key.pem());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->id(), key.id());
  const auto shown = HostPublicKey::from_pem(key.public_key().pem());
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->raw(), key.public_key().raw());
  EXPECT_EQ(HostKey::from_pem("nothing").error().reason, "key.syntax");
  EXPECT_EQ(HostPublicKey::from_pem("nothing").error().reason, "key.syntax");
}

#if defined(__x86_64__)
using Vector = std::array<std::uint8_t, 64>;

__attribute__((target("avx512f"), noinline)) void fill_high(const Vector& from) {
  asm volatile("vmovdqu64 %0, %%zmm16\n vmovdqu64 %0, %%zmm31" ::"m"(from));
}
__attribute__((target("avx512f"), noinline)) void read_high(Vector& first, Vector& last) {
  asm volatile("vmovdqu64 %%zmm16, %0\n vmovdqu64 %%zmm31, %1" : "=m"(first), "=m"(last));
}
__attribute__((target("avx"), noinline)) void fill_low(const Vector& from) {
  asm volatile("vmovdqu %0, %%ymm14\n vmovdqu %0, %%ymm15" ::"m"(from));
}
__attribute__((target("avx"), noinline)) void read_low(Vector& first, Vector& last) {
  asm volatile("vmovdqu %%ymm14, %0\n vmovdqu %%ymm15, %1" : "=m"(first), "=m"(last));
}

// A core dump of the host had a content key in the registers of a thread that waited.
TEST(Secret, LeavesNothingInTheRegisters) {
  Vector key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(0xa0 + i);
  const auto has_key = [&](const Vector& one) {
    return std::search(one.begin(), one.end(), key.begin(), key.begin() + 16) != one.end();
  };
  for (const bool is_guard : {false, true}) {
    SCOPED_TRACE(is_guard);
    std::optional<Secret> secret;
    std::optional<NoCoreDump> guard;
    Vector first{}, last{};
    const auto drop = [&] { is_guard ? guard.reset() : secret.reset(); };
    const auto hold = [&] {
      secret.emplace();
      guard.emplace();
    };
    if (__builtin_cpu_supports("avx512f")) {
      hold();
      fill_high(key);
      read_high(first, last);
      EXPECT_TRUE(has_key(first) && has_key(last)) << "the look is blind";
      drop();
      read_high(first, last);
      EXPECT_FALSE(has_key(first) || has_key(last));
    }
    if (__builtin_cpu_supports("avx")) {
      hold();
      fill_low(key);
      read_low(first, last);
      EXPECT_TRUE(has_key(first) && has_key(last)) << "the look is blind";
      drop();
      read_low(first, last);
      EXPECT_FALSE(has_key(first) || has_key(last));
    }
  }
}
#endif

TEST(NoCoreDump, HoldsForAsLongAsOneLives) {
  const auto limit = [] {
    rlimit now{};
    getrlimit(RLIMIT_CORE, &now);
    return now.rlim_cur;
  };
  rlimit before{};
  getrlimit(RLIMIT_CORE, &before);
  if (before.rlim_max < 2) GTEST_SKIP() << "this machine allows no core dumps anyhow";
  const rlimit all{before.rlim_max, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_CORE, &all), 0);
  {
    const NoCoreDump first;
    {
      const NoCoreDump second;
      EXPECT_EQ(limit(), 1u);
    }
    EXPECT_EQ(limit(), 1u);
  }
  EXPECT_EQ(limit(), before.rlim_max);
  setrlimit(RLIMIT_CORE, &before);
}

}  // namespace
}  // namespace stoa::licensing
