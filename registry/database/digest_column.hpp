// digest_column.hpp: a SHA-256 out of a row. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>

#include "registry/database/sqlite_store.hpp"
#include "registry/document/digest.hpp"

namespace stoa::registry {

// Of another length than 32 bytes: zeros, which no digest is.
inline Sha256 digest_in(const database::Rows& rows, int column) {
  Sha256 digest{};
  const auto bytes = rows.blob(column);
  if (bytes.size() == digest.size())
    std::ranges::transform(bytes, digest.begin(), [](std::byte byte) { return static_cast<std::uint8_t>(byte); });
  return digest;
}

}  // namespace stoa::registry
