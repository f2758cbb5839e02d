// record.hpp: reading the records of the C ABI by rule R2, and its strings as string_view.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_RECORD_HPP
#define STOA_RECORD_HPP
#include <algorithm>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "stoa/stoa.h"

namespace stoa {

inline std::string_view view_of(stoa_str text) noexcept {
  return text.n == 0 ? std::string_view{} : std::string_view(text.p, static_cast<std::size_t>(text.n));
}

inline stoa_str str_of(std::string_view text) noexcept { return stoa_str{text.data(), text.size()}; }

// The record as this SDK knows it: what a shorter one lacks is zero (the default), what a longer one adds is left out.
template <class Record>
Record complete(const Record& record) noexcept {
  static_assert(std::is_trivially_copyable_v<Record>);
  Record whole{};
  std::memcpy(&whole, &record, std::min<std::size_t>(record.struct_size, sizeof whole));
  whole.struct_size = sizeof whole;
  return whole;
}

}  // namespace stoa
#endif
