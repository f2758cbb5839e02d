// aes_gcm.hpp: AES-GCM over one message after another under one key, by OpenSSL. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct evp_cipher_ctx_st;

namespace stoa::licensing {

// One direction, one context: the key is expanded once. Not for two threads at once.
class AesGcm {
 public:
  static constexpr std::size_t kTagBytes = 16;
  using Nonce = std::array<std::uint8_t, 12>;
  enum class Direction : std::uint8_t { seal, open };

  AesGcm(std::span<const std::uint8_t> key, Direction direction);  // 16 or 32 bytes of key

  // out: as many bytes as plain, and the tag behind them. It may lie where plain does.
  void seal(const Nonce& nonce, std::span<const std::byte> aad, std::span<const std::byte> plain,
            std::span<std::byte> out);
  // sealed: with the tag behind it. out: that much less; it may lie where sealed does. False: not authentic, and out
  // holds zeros.
  [[nodiscard]] bool open(const Nonce& nonce, std::span<const std::byte> aad, std::span<const std::byte> sealed,
                          std::span<std::byte> out);

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const;
  };
  std::unique_ptr<evp_cipher_ctx_st, Free> context_;
};

}  // namespace stoa::licensing
