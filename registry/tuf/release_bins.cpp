// release_bins.cpp: the arithmetic of hash prefixes.
// SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/release_bins.hpp"

#include <bit>

namespace stoa::registry {
namespace {

// The digits of a prefix: as many as tell so many bins apart, one at least.
unsigned digits_of(unsigned bins) { return std::max(1U, (static_cast<unsigned>(std::bit_width(bins - 1)) + 3) / 4); }

std::string hex_of(unsigned value, unsigned digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out(digits, '0');
  for (auto i = digits; i-- > 0; value >>= 4) out[i] = kDigits[value & 15];
  return out;
}

}  // namespace

std::vector<Delegation> bin_delegations(unsigned bins, const RoleRule& rule) {
  const auto digits = digits_of(bins);
  const auto prefixes_per_bin = (1U << (4 * digits)) / bins;
  std::vector<Delegation> out;
  for (unsigned bin = 0; bin < bins; ++bin) {
    Delegation delegation{.name = "bin-" + hex_of(bin, digits), .rule = rule};
    for (unsigned i = 0; i < prefixes_per_bin; ++i)
      delegation.path_hash_prefixes.push_back(hex_of(bin * prefixes_per_bin + i, digits));
    out.push_back(std::move(delegation));
  }
  return out;
}

const Delegation& bin_of(const std::vector<Delegation>& delegations, std::string_view target_path) {
  const auto hash = sha256_of(target_path);
  const auto first_bits = static_cast<unsigned>(hash[0]) << 8 | hash[1];
  return delegations[first_bits * delegations.size() >> 16];
}

}  // namespace stoa::registry
