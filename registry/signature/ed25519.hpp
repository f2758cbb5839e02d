// ed25519.hpp: Ed25519 keys and signatures, with PEM files that the openssl command reads and writes.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "registry/document/digest.hpp"
#include "registry/signature/key_pem.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

using Ed25519Signature = std::array<std::uint8_t, 64>;
using Ed25519Point = std::array<std::uint8_t, 32>;

// Text form: 64 lower-case hexadecimal digits of SHA-256 over the 32 raw bytes of the public key.
struct KeyId {
  std::string hex;
  friend auto operator<=>(const KeyId&, const KeyId&) = default;
};

// Invariant: never degenerate. A low-order key verifies one signature for many messages, a non-canonical encoding
// gives one key two ids; OpenSSL accepts both, so they are refused here, when a key is loaded.
class PublicKey {
 public:
  // Reasons: key.low_order, key.not_canonical. What is no point of the curve passes: it verifies nothing, and a store
  // that has one from before still opens.
  static Result<PublicKey> from_raw(const Ed25519Point& raw);
  // PEM with a SubjectPublicKeyInfo, as `openssl pkey -pubout` writes it. Reasons: those, key.no_point,
  // key.not_ed25519, key.syntax.
  static Result<PublicKey> from_pem(std::string_view pem);

  const Ed25519Point& raw() const { return raw_; }
  const KeyId& id() const { return id_; }
  std::string pem() const;
  bool verifies(const Ed25519Signature& signature, std::string_view message) const;

 private:
  friend class PrivateKey;
  explicit PublicKey(const Ed25519Point& raw);
  Ed25519Point raw_;
  KeyId id_;
};

class PrivateKey {
 public:
  static PrivateKey generate();
  // Unencrypted PEM PKCS#8, as `openssl genpkey -algorithm ed25519` writes it. Reasons: key.syntax, key.not_ed25519.
  static Result<PrivateKey> from_pem(std::string_view pem);

  std::string pem() const;
  PublicKey public_key() const;
  Ed25519Signature sign(std::string_view message) const;

 private:
  explicit PrivateKey(KeyHandle key) : key_(std::move(key)) {}
  KeyHandle key_;
};

}  // namespace stoa::registry
