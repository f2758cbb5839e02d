// ed25519.cpp: Ed25519 through OpenSSL's EVP interface, and the check for degenerate public keys.
// SPDX-License-Identifier: Apache-2.0
#include "registry/signature/ed25519.hpp"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <new>
#include <span>

namespace stoa::registry {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

// Only allocation can fail where this is used.
void require(bool ok) {
  if (!ok) throw std::bad_alloc();
}

KeyHandle handle_of(const Ed25519Point& raw) {
  KeyHandle key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw.data(), raw.size()));
  require(key != nullptr);
  return key;
}

// The y coordinate without the sign bit, big-endian, so that arrays compare like numbers.
Ed25519Point y_big_endian(const Ed25519Point& raw) {
  Ed25519Point y;
  std::ranges::reverse_copy(raw, y.begin());
  y[0] &= 0x7f;
  return y;
}

Ed25519Point small_number(std::uint8_t value) {
  Ed25519Point y{};
  y.back() = value;
  return y;
}

// 2^255 - 19 - minus, for minus in {0, 1}.
Ed25519Point prime_minus(std::uint8_t minus) {
  Ed25519Point y;
  y.fill(0xff);
  y.front() = 0x7f;
  y.back() = static_cast<std::uint8_t>(0xed - minus);
  return y;
}

// The eight points of order 1, 2, 4 and 8 have five y coordinates: 1, p - 1, 0 and the two of order 8, which are here
// in the little-endian form of RFC 8032, without a sign bit.
constexpr Ed25519Point kOrder8[] = {
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
     0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
     0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}};

bool has_low_order(const Ed25519Point& raw) {
  const auto y = y_big_endian(raw);
  if (y == small_number(0) || y == small_number(1) || y == prime_minus(1)) return true;
  auto unsigned_raw = raw;
  unsigned_raw.back() &= 0x7f;
  return std::ranges::find(kOrder8, unsigned_raw) != std::end(kOrder8);
}

// -121665 / 121666, big-endian.
constexpr Ed25519Point kCurveD = {0x52, 0x03, 0x6c, 0xee, 0x2b, 0x6f, 0xfe, 0x73, 0x8c, 0xc7, 0x40,
                                  0x79, 0x77, 0x79, 0xe8, 0x98, 0x00, 0x70, 0x0a, 0x4d, 0x41, 0x41,
                                  0xd8, 0xab, 0x75, 0xeb, 0x4d, 0xca, 0x13, 0x59, 0x78, 0xa3};

struct FreeBignum {
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(BN_CTX* context) const { BN_CTX_free(context); }
};
using Bignum = std::unique_ptr<BIGNUM, FreeBignum>;

// RFC 8032 5.1.3: x^2 = (y^2 - 1) / (d y^2 + 1) has to be a square, and is one where the product of the two is.
// Verification refuses every signature of a key that is no point, much later, where nobody thinks of the key.
bool is_on_curve(const Ed25519Point& raw) {
  const Ed25519Point y_bytes = y_big_endian(raw), p_bytes = prime_minus(0);
  const std::unique_ptr<BN_CTX, FreeBignum> context(BN_CTX_new());
  const Bignum p(BN_bin2bn(p_bytes.data(), p_bytes.size(), nullptr));
  const Bignum u(BN_bin2bn(y_bytes.data(), y_bytes.size(), nullptr));
  const Bignum v(BN_bin2bn(kCurveD.data(), kCurveD.size(), nullptr));
  require(context && p && u && v && BN_mod_sqr(u.get(), u.get(), p.get(), context.get()) &&
          BN_mod_mul(v.get(), v.get(), u.get(), p.get(), context.get()) && BN_add_word(v.get(), 1) &&
          BN_sub_word(u.get(), 1) && BN_mod_mul(u.get(), u.get(), v.get(), p.get(), context.get()));
  return BN_kronecker(u.get(), p.get(), context.get()) >= 0;
}

}  // namespace

PublicKey::PublicKey(const Ed25519Point& raw) : raw_(raw) {
  const auto* bytes = reinterpret_cast<const char*>(raw.data());
  id_.hex = to_hex(sha256_of({bytes, raw.size()}));
}

Result<PublicKey> PublicKey::from_raw(const Ed25519Point& raw) {
  if (y_big_endian(raw) >= prime_minus(0))
    return refuse_key("key.not_canonical",
                      "public key is not the canonical encoding of a point: y is not below 2^255 - 19");
  if (has_low_order(raw))
    return refuse_key("key.low_order", "public key is a point of low order: it would verify signatures nobody made");
  return PublicKey(raw);
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  const auto key = read_public_pem(pem);
  if (!key) return std::unexpected(key.error());
  if (EVP_PKEY_get_id(key->get()) != EVP_PKEY_ED25519)
    return refuse_key("key.not_ed25519", "public key is of another algorithm than Ed25519");
  auto made = from_raw(raw_public_of(**key));
  if (made && !is_on_curve(made->raw()))
    return refuse_key("key.no_point", "public key is no point of the curve: it would verify no signature");
  return made;
}

std::string PublicKey::pem() const { return public_pem(*handle_of(raw_)); }

bool PublicKey::verifies(const Ed25519Signature& signature, std::string_view message) const {
  const auto key = handle_of(raw_);
  const Context context(EVP_MD_CTX_new());
  require(context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  const bool ok = EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes, message.size()) == 1;
  ERR_clear_error();
  return ok;
}

PrivateKey PrivateKey::generate() {
  KeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  require(key != nullptr);
  return PrivateKey(std::move(key));
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  auto key = read_private_pem(pem);
  if (!key) return std::unexpected(key.error());
  if (EVP_PKEY_get_id(key->get()) != EVP_PKEY_ED25519)
    return refuse_key("key.not_ed25519", "private key is of another algorithm than Ed25519");
  return PrivateKey(std::move(*key));
}

std::string PrivateKey::pem() const { return private_pem(*key_); }

PublicKey PrivateKey::public_key() const {
  // The public half of a private key is a multiple of the base point by a clamped scalar: never of low order.
  return PublicKey(raw_public_of(*key_));
}

Ed25519Signature PrivateKey::sign(std::string_view message) const {
  const Context context(EVP_MD_CTX_new());
  require(context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
  Ed25519Signature signature{};
  std::size_t size = signature.size();
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  require(EVP_DigestSign(context.get(), signature.data(), &size, bytes, message.size()) == 1);
  return signature;
}

}  // namespace stoa::registry
