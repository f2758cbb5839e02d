// unpacked_test.cpp: which unpacked packages go, and when. SPDX-License-Identifier: Apache-2.0
#include "registry/package/unpacked.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "registry/package/extraction.hpp"
#include "registry/package/package_reader.hpp"
#include "registry/package/test_package.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

// Of a folder that was last used so many seconds ago.
void age(const fs::path& folder, int seconds) {
  fs::last_write_time(folder, fs::file_time_type::clock::now() - std::chrono::seconds(seconds));
}

TEST(UnpackedPackages, GoWhenNobodyUsedThemForLongAndNobodyElseIsThere) {
  const SamplePackage sample;
  const fs::path state = sample.folder / "state";
  const auto package = open_package(sample.package(), sample.trust).value();
  const fs::path folder = extract_package(package, state).value().folder;
  const fs::path old = state / "acme-vision-0.9.0-0123456789abcdef", scratch = state / "scratch",
                 odd = state / "acme-vision-0123456789ABCDEF";
  for (const fs::path& path : {old, scratch, odd}) fs::create_directories(path / "lib");
  for (const fs::path& path : {folder, old, scratch, odd}) age(path, 100);
  const std::int64_t now_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  ASSERT_TRUE(extract_package(package, state).has_value()) << "used again: young from now on";
  {
    const auto first = hold_unpacked(state, now_ms - 200'000);
    ASSERT_TRUE(first.has_value()) << first.error().message;
    EXPECT_TRUE(first->removed.empty()) << "100 s are not 200";
    const auto beside = hold_unpacked(state, now_ms - 50'000);
    ASSERT_TRUE(beside.has_value()) << beside.error().message;
    EXPECT_TRUE(beside->removed.empty()) << "another is there";
    EXPECT_TRUE(fs::exists(old));
  }
  const auto alone = hold_unpacked(state, now_ms - 50'000);
  ASSERT_TRUE(alone.has_value()) << alone.error().message;
  EXPECT_EQ(alone->removed, std::vector<std::string>{old.filename().string()});
  EXPECT_FALSE(fs::exists(old));
  for (const fs::path& path : {folder, scratch, odd}) EXPECT_TRUE(fs::exists(path)) << path;
}

}  // namespace
}  // namespace stoa::registry
