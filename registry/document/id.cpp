// id.cpp: ids from the clock and the system's random numbers. SPDX-License-Identifier: Apache-2.0
#include "registry/document/id.hpp"

#include <openssl/rand.h>

#include <array>
#include <stdexcept>

namespace stoa::registry {
namespace {

constexpr std::string_view kBase32 = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's: no i, l, o, u

}  // namespace

void fill_random(std::span<std::uint8_t> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) throw std::runtime_error("no random numbers");
}

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

std::string new_id_text(std::string_view prefix, std::int64_t now_ms) {
  std::array<std::uint8_t, 16> bytes{};
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(now_ms) >> (40 - 8 * i));
  fill_random(std::span(bytes).subspan(6));
  return std::string(prefix) + '_' + base32(bytes);
}

}  // namespace stoa::registry
