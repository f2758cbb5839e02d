// key_pem.hpp: keys of any algorithm as PEM, which the openssl command reads and writes.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "stoa/result.hpp"

struct evp_pkey_st;

namespace stoa::registry {

struct FreeKey {
  void operator()(evp_pkey_st* key) const;
};
using KeyHandle = std::unique_ptr<evp_pkey_st, FreeKey>;

// A SubjectPublicKeyInfo, as `openssl pkey -pubout` writes it; an unencrypted PKCS#8, as `openssl genpkey` does. Which
// algorithm it is of is the caller's to ask. Error: invalid_argument "key.syntax".
Result<KeyHandle> read_public_pem(std::string_view pem);
Result<KeyHandle> read_private_pem(std::string_view pem);
std::string public_pem(const evp_pkey_st& key);
std::string private_pem(const evp_pkey_st& key);  // on its way it is in OpenSSL's secure heap, where there is one

// The raw public half of a key whose algorithm has 32 bytes of it: Ed25519, X25519.
std::array<std::uint8_t, 32> raw_public_of(const evp_pkey_st& key);

// invalid_argument with this reason. What OpenSSL had to say of it is forgotten.
std::unexpected<Error> refuse_key(const char* reason, std::string message);

}  // namespace stoa::registry
