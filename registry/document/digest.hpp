// digest.hpp: SHA-256, in one piece or streamed, with its lower-case hexadecimal text.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace stoa::registry {

using Sha256 = std::array<std::uint8_t, 32>;

// Usage: update() any number of times, finish() once.
class Sha256Stream {
 public:
  Sha256Stream();
  void update(std::span<const std::byte> bytes);
  Sha256 finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

Sha256 sha256_of(std::string_view bytes);

std::string to_hex(std::span<const std::uint8_t> bytes);
// Exactly 64 lower-case hexadecimal digits; anything else is nothing.
std::optional<Sha256> sha256_from_hex(std::string_view text);
// The same into bytes of any number; false: their content is undefined.
bool read_hex(std::string_view text, std::span<std::uint8_t> bytes);

}  // namespace stoa::registry
