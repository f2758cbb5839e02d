// key_context.hpp: OpenSSL's way of working with a key, owned. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <openssl/evp.h>

#include <memory>
#include <new>

namespace stoa::licensing {

struct FreeKeyContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeKeyContext>;

// Where nothing but memory can be missing. Throws std::bad_alloc.
inline void require(bool ok) {
  if (!ok) throw std::bad_alloc();
}

}  // namespace stoa::licensing
