// token.cpp: tokens and ids from the system's random numbers. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/token.hpp"

#include <openssl/rand.h>

#include <array>
#include <span>
#include <stdexcept>

#include "registry/catalogue/ids.hpp"

namespace stoa::registry {
namespace {

constexpr std::string_view kBase32 = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's: no i, l, o, u
constexpr std::size_t kSecretBytes = 20, kSecretChars = 32, kChecksumChars = 6;

void fill_random(std::span<std::uint8_t> bytes) {
  // Without random numbers nothing here may go on: a token that can be guessed is worse than none.
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) throw std::runtime_error("no random numbers");
}

// Five bits a character, the last one filled with zeros.
std::string base32(std::span<const std::uint8_t> bytes) {
  std::string text;
  std::uint32_t held = 0;
  int bits = 0;
  for (const std::uint8_t byte : bytes) {
    held = held << 8 | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += kBase32[held >> (bits - 5) & 31];
  }
  if (bits > 0) text += kBase32[held << (5 - bits) & 31];
  return text;
}

std::string_view prefix_of(TokenKind kind) { return kind == TokenKind::operators ? "stoa_op_" : "stoa_pub_"; }

std::string checksum_of(std::string_view body) { return base32(sha256_of(body)).substr(0, kChecksumChars); }

}  // namespace

std::string new_id_text(std::string_view prefix, std::int64_t now_ms) {
  std::array<std::uint8_t, 16> bytes{};
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(now_ms) >> (40 - 8 * i));
  fill_random(std::span(bytes).subspan(6));
  return std::string(prefix) + '_' + base32(bytes);
}

std::string new_token(TokenKind kind) {
  std::array<std::uint8_t, kSecretBytes> secret{};
  fill_random(secret);
  const std::string body = std::string(prefix_of(kind)) + base32(secret);
  return body + checksum_of(body);
}

bool is_well_formed_token(std::string_view token) {
  for (const TokenKind kind : {TokenKind::operators, TokenKind::publisher}) {
    const std::string_view prefix = prefix_of(kind);
    if (!token.starts_with(prefix) || token.size() != prefix.size() + kSecretChars + kChecksumChars) continue;
    const std::string_view body = token.substr(0, token.size() - kChecksumChars);
    return token.substr(body.size()) == checksum_of(body);
  }
  return false;
}

Sha256 hash_of_token(std::string_view token) { return sha256_of(token); }

}  // namespace stoa::registry
