// every_byte_test.cpp: a small package with each byte changed in turn, and cut at each length.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "registry/package/package_reader.hpp"
#include "registry/package/test_package.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

// The least a manifest can say: every byte more is two verifications more.
constexpr std::string_view kLeastManifest =
    R"({"stoa":1,"id":"acme/s","version":"1.0.0","abi":{"min":1,"max":1},"licences":{"code":"MIT","weights":"MIT"},)"
    R"("platforms":[{"os":"linux","arch":"x86_64","libc":"glibc","libc_min":"2.36","library":"lib/p.so"}],)"
    R"("models":[{"name":"m","task":"t","inputs":[{"name":"a","kind":"text"}],"outputs":[{"name":"b","kind":"text"}]}],)"
    R"("assets":[{"path":"assets/w"}]})";

class SmallPackage {
 public:
  SmallPackage() : key(PrivateKey::generate()) {
    write_file(folder / "source/manifest.json", kLeastManifest);
    write_file(folder / "source/lib/p.so", "library");
    write_file(folder / "source/assets/w", "weights");
    const auto packed = pack_folder({folder / "source", file(), &key});
    EXPECT_TRUE(packed.has_value()) << packed.error().message;
    trust.add("acme", key.public_key());
  }
  fs::path file() const { return folder / "small.stoa"; }

  TestFolder folder;
  PrivateKey key;
  TrustStore trust;
};

TEST(SmallPackage, EveryChangedByteIsRefused) {
  const SmallPackage sample;
  const auto bytes = file_bytes(sample.file());
  const auto changed = sample.folder / "changed.stoa";
  write_file(changed, bytes);
  const auto files = count_of(sample.folder.path());
  ASSERT_TRUE(open_package(changed, sample.trust).has_value());
  const int fd = ::open(changed.c_str(), O_RDWR);
  ASSERT_GE(fd, 0);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int mask : {0xff, 1 << (i % 8)}) {
      const char byte = static_cast<char>(bytes[i] ^ mask);
      ASSERT_EQ(::pwrite(fd, &byte, 1, static_cast<off_t>(i)), 1);
      const auto package = open_package(changed, sample.trust);
      ASSERT_FALSE(package.has_value()) << "byte " << i << " xor " << mask << " was accepted";
      EXPECT_FALSE(package.error().reason.empty());
      EXPECT_FALSE(package.error().message.empty());
    }
    ASSERT_EQ(::pwrite(fd, &bytes[i], 1, static_cast<off_t>(i)), 1);
  }
  ::close(fd);
  EXPECT_TRUE(open_package(changed, sample.trust).has_value());
  EXPECT_EQ(count_of(sample.folder.path()), files) << "nothing was left behind";
}

TEST(SmallPackage, EveryTruncationIsRefused) {
  const SmallPackage sample;
  const auto cut = sample.folder / "cut.stoa";
  write_file(cut, file_bytes(sample.file()));
  const auto size = fs::file_size(cut);
  for (auto left = size; left-- > 0;) {
    ASSERT_EQ(::truncate(cut.c_str(), static_cast<off_t>(left)), 0);
    ASSERT_FALSE(open_package(cut, sample.trust).has_value()) << left << " bytes of " << size;
  }
}

}  // namespace
}  // namespace stoa::registry
