// chain_hash.hpp: the hash of one line of a chain: the hash before it, then numbers and texts with their lengths.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <span>
#include <string_view>

#include "registry/document/digest.hpp"

namespace stoa::registry {

// Two different lines never hash alike because a border between two texts moved. A recomputation needs this rule alone.
class ChainHash {
 public:
  explicit ChainHash(const Sha256& before) { stream_.update(std::as_bytes(std::span(before))); }

  // Eight bytes, the highest first.
  void number(std::int64_t value) {
    std::array<std::uint8_t, 8> bytes{};
    for (int i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (56 - 8 * i));
    stream_.update(std::as_bytes(std::span(bytes)));
  }
  void text(std::string_view words) {
    number(static_cast<std::int64_t>(words.size()));
    stream_.update(std::as_bytes(std::span(words)));
  }
  Sha256 finish() { return stream_.finish(); }

 private:
  Sha256Stream stream_;
};

}  // namespace stoa::registry
