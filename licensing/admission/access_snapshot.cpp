// access_snapshot.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/admission/access_snapshot.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace stoa::licensing {
namespace {

std::size_t place_of(const Sha256& hash) {
  std::size_t place;
  std::memcpy(&place, hash.data(), sizeof place);
  return place;
}

}  // namespace

std::span<const CoverageAccess> CustomerAccess::covering(std::string_view pattern) const {
  const auto found = std::ranges::equal_range(coverages, pattern, std::ranges::less(),
                                              [](const CoverageAccess& row) { return std::string_view(row.model); });
  return {found.begin(), found.end()};
}

bool KeyAccess::is_for(std::string_view model) const {
  return models.empty() || std::ranges::any_of(models, [&](const std::string& pattern) {
           return covers_model({.model = pattern, .versions = {}}, model);
         });
}

void AccessSnapshot::index() {
  key_slots_.assign(std::bit_ceil(keys.size() * 2 + 1), kNone);
  for (std::uint32_t i = 0; i < keys.size(); ++i) {
    std::size_t at = place_of(keys[i].hash) % key_slots_.size();
    while (key_slots_[at] != kNone) at = (at + 1) % key_slots_.size();
    key_slots_[at] = i;
  }
}

const KeyAccess* AccessSnapshot::find_key(const Sha256& hash) const noexcept {
  if (key_slots_.empty()) return nullptr;
  const std::size_t mask = key_slots_.size() - 1;
  for (std::size_t at = place_of(hash) & mask; key_slots_[at] != kNone; at = (at + 1) & mask) {
    const KeyAccess& key = keys[key_slots_[at]];
    // All of it, also of a neighbour in the table: the work does not depend on where two hashes differ.
    if (CRYPTO_memcmp(key.hash.data(), hash.data(), hash.size()) == 0) return &key;
  }
  return nullptr;
}

const KeyAccess* AccessSnapshot::row_for(const KeyAccess* row, std::string_view model) const noexcept {
  while (row != nullptr && !row->is_for(model)) row = next_of(*row);
  return row;
}

const CustomerAccess* AccessSnapshot::find_customer(std::string_view id) const noexcept {
  const auto at = std::ranges::lower_bound(customers, id, std::ranges::less(),
                                           [](const CustomerAccess& row) { return std::string_view(row.id); });
  return at != customers.end() && at->id == id ? &*at : nullptr;
}

}  // namespace stoa::licensing
