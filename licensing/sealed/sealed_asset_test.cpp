// sealed_asset_test.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/sealed_asset.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "licensing/sealed/test_sealed.hpp"

namespace stoa::licensing {
namespace {

using test::kBinding;
using test::kSmallChunk;
using test::opened;
using test::sealed_bytes;

std::string weights(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 4096 * 7);
  return text;
}

TEST(SealedAsset, ComesBackWhateverItsSize) {
  const ContentKey key = ContentKey::generate();
  for (const std::size_t size : {0u, 1u, 15u, 16u, 4095u, 4096u, 4097u, 8192u, 12345u, 40960u}) {
    const std::string plain = weights(size);
    const std::string sealed = sealed_bytes(plain, key);
    EXPECT_EQ(opened(sealed, key), plain) << size;
    if (size >= 16) EXPECT_EQ(sealed.find(plain.substr(0, 16)), std::string::npos);
    const auto header = read_sealed_header(test::file_of(sealed));
    ASSERT_TRUE(header);
    EXPECT_EQ(header->sealed_bytes(), sealed.size());
    EXPECT_EQ(header->plain_bytes, size);
    EXPECT_EQ(header->content_key, key.id());
  }
}

TEST(SealedAsset, TheSameContentTwiceGivesOtherBytes) {
  const ContentKey key = ContentKey::generate();
  const std::string plain = weights(5000);
  const std::string one = sealed_bytes(plain, key), other = sealed_bytes(plain, key);
  EXPECT_NE(one.substr(kSealedHeaderBytes, 64), other.substr(kSealedHeaderBytes, 64));
}

// What somebody might do to four and a half chunks.
TEST(SealedAsset, EachMisdeedIsRefusedByItsName) {
  const ContentKey key = ContentKey::generate(), other_key = ContentKey::generate();
  const std::string plain = weights(4 * kSmallChunk + 2048);
  const std::string good = sealed_bytes(plain, key);
  const std::string other = sealed_bytes(weights(4 * kSmallChunk + 2048), key);
  constexpr std::size_t kChunk = kSmallChunk + 16;
  const auto chunk = [&](const std::string& of, std::size_t i) {
    return of.substr(kSealedHeaderBytes + i * kChunk, kChunk);
  };
  const auto with_chunks = [&](std::initializer_list<std::string> chunks) {
    std::string made = good.substr(0, kSealedHeaderBytes);
    for (const std::string& one : chunks) made += one;
    return made;
  };
  const auto with = [&](std::size_t at, char value) {
    std::string made = good;
    made[at] = value;
    return made;
  };
  const auto size_said = [&](std::uint64_t bytes, std::string body) {
    std::string made = good.substr(0, kSealedHeaderBytes) + std::move(body);
    for (std::size_t i = 0; i < 8; ++i) made[16 + i] = static_cast<char>(bytes >> (8 * (7 - i)));
    return made;
  };
  const std::string tail = good.substr(kSealedHeaderBytes + 4 * kChunk);
  const std::string body = good.substr(kSealedHeaderBytes);
  struct Row {
    const char* what;
    std::string sealed;
    const char* reason;
  };
  const Row rows[] = {
      {"nothing is there", "", "!sealed.truncated"},
      {"plain weights instead", plain, "!sealed.syntax"},
      {"half a header", good.substr(0, 80), "!sealed.truncated"},
      {"a newer version", with(9, 2), "!sealed.version"},
      {"a downgrade to version 0", with(9, 0), "!sealed.version"},
      {"a reserved byte is used", with(11, 1), "!sealed.syntax"},
      {"another reserved byte is used", with(103, 1), "!sealed.syntax"},
      {"chunks of 0 bytes", size_said(plain.size(), body).replace(12, 4, std::string(4, '\0')), "!sealed.syntax"},
      {"chunks of another size", std::string(good).replace(12, 4, std::string("\0\0\x20\0", 4)), "!sealed.extended"},
      {"chunks of a size that is no power of two", with(15, 1), "!sealed.syntax"},
      {"more bytes than there can be", size_said(~0ull, body), "!sealed.syntax"},
      {"the last byte is cut off", good.substr(0, good.size() - 1), "!sealed.truncated"},
      {"the last chunk is cut off", good.substr(0, good.size() - tail.size()), "!sealed.truncated"},
      {"all chunks are cut off", good.substr(0, kSealedHeaderBytes), "!sealed.truncated"},
      {"a byte is added", good + "x", "!sealed.extended"},
      {"a chunk is added", with_chunks({body, chunk(good, 0)}), "!sealed.extended"},
      {"cut off, and the header made to fit", size_said(4 * kSmallChunk, body.substr(0, 4 * kChunk)), "!sealed.header"},
      {"extended, and the header made to fit", size_said(plain.size() + 1, body + "x"), "!sealed.header"},
      {"another key's id", with(24, static_cast<char>(good[24] ^ 1)), "!sealed.other_key"},
      {"another asset's digest", with(40, static_cast<char>(good[40] ^ 1)), "!sealed.other_asset"},
      {"another salt", with(70, static_cast<char>(good[70] ^ 1)), "!sealed.header"},
      {"another prefix", with(96, static_cast<char>(good[96] ^ 1)), "!sealed.header"},
      {"another digest of the content", with(110, static_cast<char>(good[110] ^ 1)), "!sealed.header"},
      {"another tag of the header", with(140, static_cast<char>(good[140] ^ 1)), "!sealed.header"},
      {"the header of another seal of the same", other.substr(0, kSealedHeaderBytes) + body, "!sealed.chunk"},
      {"a chunk of another seal of the same",
       with_chunks({chunk(good, 0), chunk(other, 1), chunk(good, 2), chunk(good, 3), tail}), "!sealed.chunk"},
      {"two chunks change places", with_chunks({chunk(good, 1), chunk(good, 0), chunk(good, 2), chunk(good, 3), tail}),
       "!sealed.order"},
      {"a chunk stands twice", with_chunks({chunk(good, 0), chunk(good, 0), chunk(good, 2), chunk(good, 3), tail}),
       "!sealed.order"},
      {"a bit of a chunk", with(kSealedHeaderBytes + 5, static_cast<char>(good[kSealedHeaderBytes + 5] ^ 4)),
       "!sealed.chunk"},
      {"a bit of a chunk's tag",
       with(kSealedHeaderBytes + kChunk - 1, static_cast<char>(good[kSealedHeaderBytes + kChunk - 1] ^ 4)),
       "!sealed.chunk"},
      {"a bit of the last tag", with(good.size() - 1, static_cast<char>(good.back() ^ 1)), "!sealed.chunk"},
  };
  for (const Row& row : rows) EXPECT_EQ(opened(row.sealed, key), row.reason) << row.what;
  EXPECT_EQ(opened(good, other_key), "!sealed.other_key");
  EXPECT_EQ(opened(good, key, {"acme/other", kBinding.path}), "!sealed.other_asset");
  EXPECT_EQ(opened(good, key, {kBinding.plugin, "assets/other.bin"}), "!sealed.other_asset");
  EXPECT_EQ(opened(good, key, {"acme/visionassets/", "weights.bin"}), "!sealed.other_asset");
  EXPECT_EQ(opened(good, key), plain);
}

TEST(SealedAsset, NoBitOfItCanChange) {
  const ContentKey key = ContentKey::generate();
  const std::string good = sealed_bytes(weights(100), key);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string changed = good;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_TRUE(opened(changed, key).starts_with("!sealed.")) << "bit " << bit;
  }
}

TEST(SealedAsset, NoLengthButItsOwnIsTaken) {
  const ContentKey key = ContentKey::generate();
  const std::string good = sealed_bytes(weights(4200), key);
  for (std::size_t size = 0; size < good.size(); ++size)
    ASSERT_EQ(opened(good.substr(0, size), key), "!sealed.truncated") << size;
}

TEST(SealedAsset, APartOfItIsWholeChunks) {
  const ContentKey key = ContentKey::generate();
  const std::string plain = weights(2 * kSmallChunk + 100);
  const registry::File file = test::file_of(sealed_bytes(plain, key));
  auto asset = SealedAsset::open(file, key, kBinding);
  ASSERT_TRUE(asset);
  const auto part = [&](std::uint64_t from, std::size_t size) {
    std::string got(size, '-');
    const auto read = asset->read(from, std::as_writable_bytes(std::span(got)));
    return read ? got : "!" + read.error().reason;
  };
  EXPECT_EQ(part(kSmallChunk, kSmallChunk), plain.substr(kSmallChunk, kSmallChunk));
  EXPECT_EQ(part(kSmallChunk, kSmallChunk + 100), plain.substr(kSmallChunk));
  EXPECT_EQ(part(2 * kSmallChunk, 100), plain.substr(2 * kSmallChunk));
  EXPECT_EQ(part(kSmallChunk, 100), "!sealed.part");
  EXPECT_EQ(part(100, kSmallChunk - 100), "!sealed.part");
  EXPECT_EQ(part(2 * kSmallChunk, 101), "!sealed.part");
}

TEST(SealedAsset, WhatIsNotAuthenticIsNotLeftInMemory) {
  const ContentKey key = ContentKey::generate();
  std::string sealed = sealed_bytes(std::string(2 * kSmallChunk, 'w'), key);
  sealed.back() = static_cast<char>(sealed.back() ^ 1);
  const registry::File file = test::file_of(sealed);
  auto asset = SealedAsset::open(file, key, kBinding);
  ASSERT_TRUE(asset);
  std::string plain(2 * kSmallChunk, '-');
  ASSERT_FALSE(asset->read(0, std::as_writable_bytes(std::span(plain))));
  EXPECT_EQ(plain.substr(kSmallChunk), std::string(kSmallChunk, '\0'));
}

}  // namespace
}  // namespace stoa::licensing
