// hpke_test.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/hpke.hpp"

#include <gtest/gtest.h>

#include "licensing/sealed/wrapped_key.hpp"
#include "registry/document/digest.hpp"
#include "registry/signature/dsse.hpp"

namespace stoa::licensing {
namespace {

std::string unhex(std::string_view hex) {
  std::string bytes(hex.size() / 2, '\0');
  EXPECT_TRUE(registry::read_hex(hex, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
  return bytes;
}

HostKey key_from(std::string_view hex) {
  const std::string raw = unhex(hex);
  Secret secret;
  std::ranges::copy(raw, secret.bytes().begin());
  return *HostKey::from_raw(std::move(secret));
}

TEST(Hpke, OpensTheVectorOfRfc9180AppendixA1) {
  const HostKey key = key_from("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8");
  EXPECT_EQ(registry::to_hex(key.public_key().raw()),
            "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d");
  const std::string sealed = unhex(
      "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"
      "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a");
  std::string plain(29, '\0');
  ASSERT_TRUE(hpke_open(key, unhex("4f6465206f6e2061204772656369616e2055726e"), "Count-0", sealed,
                        {reinterpret_cast<std::uint8_t*>(plain.data()), plain.size()}, HpkeAead::aes_128_gcm));
  EXPECT_EQ(plain, "Beauty is truth, truth beauty");
}

// Sealed by another implementation (pyca/cryptography 48) for the key of bytes 1 to 32.
TEST(Hpke, OpensWhatAnotherImplementationSealedWithAes256) {
  const HostKey key = key_from("0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20");
  const std::string sealed = unhex(
      "1f48c329b2361c2d83a17b584f043d7d4ed0fb095dc33b2e22ab81b2e38da026"
      "d203fc6a8fd000050d356de3b3b9d6400f1c03dff559d2504026a85f5a84ad50904e1c44ea54a36e66e354b1e8fac624");
  Secret plain;
  ASSERT_TRUE(hpke_open(key, "stoa", "", sealed, plain.bytes()));
  EXPECT_EQ(std::string(plain.bytes().begin(), plain.bytes().end()), "the key of some weights: 32 byte");
}

// Points of order 1, 2, 4 and 8 on the curve and its twist, and what is equal to them modulo 2^255 - 19.
TEST(HostKey, PointsOfLowOrderAreRefused) {
  const char* rows[] = {"0000000000000000000000000000000000000000000000000000000000000000",
                        "0100000000000000000000000000000000000000000000000000000000000000",
                        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
  const HostKey key = HostKey::generate();
  for (const char* row : rows) {
    X25519Point raw{};
    ASSERT_TRUE(registry::read_hex(row, raw));
    const auto refused = HostPublicKey::from_raw(raw);
    ASSERT_FALSE(refused) << row;
    EXPECT_EQ(refused.error().reason, "key.low_order");
    // And as somebody's ephemeral key.
    Secret into;
    const auto opened = hpke_open(key, "", "", unhex(row) + std::string(48, 'x'), into.bytes());
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("low order"), std::string::npos);
  }
}

TEST(WrappedKey, OpensForItsHostUnderItsLicenceAlone) {
  const ContentKey key = ContentKey::generate();
  const HostKey host = HostKey::generate(), other = HostKey::generate();
  const WrappedFor licence{{"lic_1"}, 3};
  const WrappedKey wrapped = wrap(key, host.public_key(), licence);
  EXPECT_EQ(wrapped.content_key, key.id().hex);
  const auto opened = unwrap(wrapped, host, licence);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE(std::ranges::equal(opened->bytes(), key.bytes()));

  const auto refused = [&](const WrappedKey& what, const HostKey& by, const WrappedFor& as) {
    const auto result = unwrap(what, by, as);
    return result ? std::string("opened") : result.error().reason;
  };
  EXPECT_EQ(refused(wrapped, other, licence), "content_key.other_host");
  EXPECT_EQ(refused(wrapped, host, {{"lic_2"}, 3}), "content_key.wrapped");
  EXPECT_EQ(refused(wrapped, host, {{"lic_1"}, 4}), "content_key.wrapped");
  WrappedKey changed = wrapped;
  changed.host = other.id();  // said to be for another: that one does not open it either
  EXPECT_EQ(refused(changed, other, licence), "content_key.wrapped");
  changed = wrapped;
  changed.content_key[0] = changed.content_key[0] == '0' ? '1' : '0';
  EXPECT_EQ(refused(changed, host, licence), "content_key.wrapped");
  changed = wrapped;
  changed.wrapped += "=";
  EXPECT_EQ(refused(changed, host, licence), "content_key.wrapped");
  changed.wrapped = registry::to_base64("short");
  EXPECT_EQ(refused(changed, host, licence), "content_key.wrapped");
}

TEST(WrappedKey, NoBitOfItCanChange) {
  const ContentKey key = ContentKey::generate();
  const HostKey host = HostKey::generate();
  const WrappedFor licence{{"lic_1"}, 1};
  const WrappedKey wrapped = wrap(key, host.public_key(), licence);
  std::string bytes = *registry::from_base64(wrapped.wrapped);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    if (bit == 255) continue;  // the top bit of an X25519 key, which RFC 7748 has everybody ignore: the next test
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    const auto opened = unwrap({wrapped.content_key, wrapped.host, registry::to_base64(changed)}, host, licence);
    ASSERT_FALSE(opened) << "bit " << bit;
  }
}

// It is part of the context all the same, so that it changes the keys.
TEST(WrappedKey, TheBitThatX25519IgnoresIsNotIgnored) {
  const ContentKey key = ContentKey::generate();
  const HostKey host = HostKey::generate();
  const WrappedFor licence{{"lic_1"}, 1};
  const WrappedKey wrapped = wrap(key, host.public_key(), licence);
  std::string bytes = *registry::from_base64(wrapped.wrapped);
  bytes[31] = static_cast<char>(bytes[31] ^ 0x80);
  EXPECT_FALSE(unwrap({wrapped.content_key, wrapped.host, registry::to_base64(bytes)}, host, licence));
}

}  // namespace
}  // namespace stoa::licensing
