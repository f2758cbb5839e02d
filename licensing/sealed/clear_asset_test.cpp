// clear_asset_test.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/clear_asset.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "licensing/sealed/test_sealed.hpp"

namespace stoa::licensing {
namespace {

TEST(ClearAsset, IsTheContentAndNobodyChangesIt) {
  const ContentKey key = ContentKey::generate();
  const std::string plain(100'000, 'w');
  const registry::File sealed = test::file_of(test::sealed_bytes(plain, key));
  const auto clear = ClearAsset::open(sealed, key, test::kBinding);
  ASSERT_TRUE(clear) << clear.error().message;
  EXPECT_EQ(clear->size(), plain.size());
  std::string read(plain.size() + 1, '\0');
  EXPECT_EQ(pread(clear->descriptor(), read.data(), read.size(), 0), static_cast<ssize_t>(plain.size()));
  EXPECT_EQ(read.substr(0, plain.size()), plain);

  EXPECT_EQ(pwrite(clear->descriptor(), "x", 1, 0), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(ftruncate(clear->descriptor(), 1), -1);
  EXPECT_EQ(ftruncate(clear->descriptor(), 1 << 20), -1);
  EXPECT_EQ(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, clear->descriptor(), 0), MAP_FAILED);
  EXPECT_EQ(fcntl(clear->descriptor(), F_ADD_SEALS, F_SEAL_SEAL), -1);
  void* mapped = mmap(nullptr, plain.size(), PROT_READ, MAP_PRIVATE, clear->descriptor(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  EXPECT_EQ(std::string_view(static_cast<char*>(mapped), plain.size()), plain);
  munmap(mapped, plain.size());
}

TEST(ClearAsset, ALargeOneComesInParts) {
  const ContentKey key = ContentKey::generate();
  std::string plain((33u << 20) + 5, '\0');
  for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<char>(i % 251);
  const registry::File sealed = test::file_of(test::sealed_bytes(plain, key, test::kBinding, kSealedChunkBytes));
  const auto clear = ClearAsset::open(sealed, key, test::kBinding);
  ASSERT_TRUE(clear) << clear.error().message;
  void* mapped = mmap(nullptr, plain.size(), PROT_READ, MAP_PRIVATE, clear->descriptor(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  EXPECT_TRUE(std::string_view(static_cast<char*>(mapped), plain.size()) == plain);
  munmap(mapped, plain.size());
}

TEST(ClearAsset, AnEmptyOneAndABrokenOne) {
  const ContentKey key = ContentKey::generate();
  const registry::File empty = test::file_of(test::sealed_bytes("", key));
  const auto clear = ClearAsset::open(empty, key, test::kBinding);
  ASSERT_TRUE(clear) << clear.error().message;
  EXPECT_EQ(clear->size(), 0u);
  std::string broken = test::sealed_bytes("some weights", key);
  broken[broken.size() - 3] ^= 1;
  const auto refused = ClearAsset::open(test::file_of(broken), key, test::kBinding);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "sealed.chunk");
}

// "dd" in smaps: what the kernel leaves out of core dumps; "lo": locked.
TEST(ClearAsset, ItsMappingIsInNoCoreDump) {
  const ContentKey key = ContentKey::generate();
  const registry::File sealed = test::file_of(test::sealed_bytes(std::string(100'000, 'w'), key));
  const auto clear = ClearAsset::open(sealed, key, test::kBinding);
  ASSERT_TRUE(clear);
  if (!clear->is_locked()) GTEST_SKIP() << "this process may not lock memory, so that nothing is mapped";
  std::ifstream maps("/proc/self/smaps");
  std::string line, flags;
  bool is_ours = false;
  while (std::getline(maps, line)) {
    if (line.find("/memfd:stoa-asset") != std::string::npos) is_ours = true;
    if (is_ours && line.starts_with("VmFlags:")) {
      flags = line + " ";
      break;
    }
  }
  EXPECT_NE(flags.find(" dd "), std::string::npos) << flags;
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)  // which answer mlock(2) themselves
  EXPECT_NE(flags.find(" lo "), std::string::npos) << flags;
#endif
}

}  // namespace
}  // namespace stoa::licensing
