// hpke.hpp: one message for the holder of one X25519 key: RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256),
// HKDF-SHA256. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "licensing/sealed/host_key.hpp"
#include "licensing/sealed/secret.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// The RFC's numbers. We wrap with the first; the second is there because the RFC prints its vectors for it.
enum class HpkeAead : std::uint16_t { aes_256_gcm = 2, aes_128_gcm = 1 };

// The encapsulated key (32 bytes), then the ciphertext. A new ephemeral key each time.
std::string hpke_seal(const HostPublicKey& to, std::string_view info, std::string_view aad,
                      std::span<const std::uint8_t> plain, HpkeAead aead = HpkeAead::aes_256_gcm);

// into: as many bytes as the message has. Error: permission_denied "content_key.wrapped": not for this key, not with
// this info, changed, or degenerate.
Result<void> hpke_open(const HostKey& key, std::string_view info, std::string_view aad, std::string_view sealed,
                       std::span<std::uint8_t> into, HpkeAead aead = HpkeAead::aes_256_gcm);

}  // namespace stoa::licensing
