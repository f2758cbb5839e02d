// host_key.hpp: the X25519 key of one host: content keys are wrapped for it, and its fingerprint is what licences are
// locked to. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "licensing/sealed/secret.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

using X25519Point = std::array<std::uint8_t, 32>;

class HostPublicKey {
 public:
  // Refuses what gives everybody the same shared secret: key.low_order.
  static Result<HostPublicKey> from_raw(const X25519Point& raw);
  // PEM with a SubjectPublicKeyInfo, as `openssl pkey -pubout` writes it. Reasons: those, key.syntax, key.not_x25519.
  static Result<HostPublicKey> from_pem(std::string_view pem);

  const X25519Point& raw() const { return raw_; }
  // The fingerprint: 64 hexadecimal digits of SHA-256 over the 32 raw bytes.
  const std::string& id() const { return id_; }
  std::string pem() const;

 private:
  explicit HostPublicKey(const X25519Point& raw);
  X25519Point raw_;
  std::string id_;
};

class HostKey {
 public:
  static HostKey generate();
  static Result<HostKey> from_raw(Secret secret);
  // Unencrypted PEM PKCS#8, as `openssl genpkey -algorithm x25519` writes it. Reasons: key.syntax, key.not_x25519.
  static Result<HostKey> from_pem(std::string_view pem);

  const HostPublicKey& public_key() const { return public_; }
  const std::string& id() const { return public_.id(); }
  std::span<const std::uint8_t, Secret::kBytes> secret() const { return secret_.bytes(); }
  std::string pem() const;  // the caller wipes it

 private:
  HostKey(Secret secret, HostPublicKey key) : secret_(std::move(secret)), public_(std::move(key)) {}
  Secret secret_;
  HostPublicKey public_;
};

// In a licensing folder. The public one lies beside it, to be copied to whoever issues licences.
inline constexpr std::string_view kHostKeyFile = "host.key.pem", kHostPublicKeyFile = "host.pub.pem";

Result<HostPublicKey> read_host_public_key(const std::filesystem::path& file);
// As it is there: never made. Errors: file.*, key.*.
Result<HostKey> read_host_key(const std::filesystem::path& folder);
// Made at the first use (0600, its folder 0700), and from then on the same. A file that is there and holds no key is an
// error, never replaced. Errors: file.*, key.*.
Result<HostKey> read_or_make_host_key(const std::filesystem::path& folder);
// The fingerprint of the folder's host key.
Result<std::string> host_key_id(const std::filesystem::path& folder);

}  // namespace stoa::licensing
