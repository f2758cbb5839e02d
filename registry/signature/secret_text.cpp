// secret_text.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/signature/secret_text.hpp"

#include <array>
#include <span>

#include "registry/document/id.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kSecretBytes = 20, kSecretChars = 32, kChecksumChars = 6;

// So short that nothing is allocated.
std::string checksum_of(std::string_view body) {
  const Sha256 hash = sha256_of(body);
  return base32(std::span(hash).first<4>()).substr(0, kChecksumChars);
}

}  // namespace

std::string new_secret_text(std::string_view prefix) {
  std::array<std::uint8_t, kSecretBytes> secret{};
  fill_random(secret);
  const std::string body = std::string(prefix) + base32(secret);
  return body + checksum_of(body);
}

bool is_secret_text(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix) || text.size() != prefix.size() + kSecretChars + kChecksumChars) return false;
  const std::string_view body = text.substr(0, text.size() - kChecksumChars);
  return text.substr(body.size()) == checksum_of(body);
}

bool begins_with_secret_text(std::string_view text, std::string_view prefix) {
  return is_secret_text(text.substr(0, prefix.size() + kSecretChars + kChecksumChars), prefix);
}

Sha256 hash_of_secret(std::string_view text) { return sha256_of(text); }

}  // namespace stoa::registry
