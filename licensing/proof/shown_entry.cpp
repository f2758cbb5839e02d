// shown_entry.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/proof/shown_entry.hpp"

#include <algorithm>

#include "licensing/log/merkle.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kNumberBytes = 8, kLengthBytes = 2;
constexpr std::size_t kHeadBytes = 2 * kNumberBytes + sizeof(Salt) + sizeof(Sha256) + kLengthBytes;

void append_number(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i > 0; --i) out += static_cast<char>(value >> (8 * (i - 1)) & 255);
}

std::uint64_t number_in(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::unexpected<Error> no_entries(std::string_view why) {
  return failure(Code::data_loss, "audit.form", "entries: " + std::string(why));
}

}  // namespace

Sha256 leaf_of(const ShownEntry& shown) {
  const Sha256 commitment = entry_commitment(shown.salt, shown.public_half, shown.private_commitment);
  return leaf_hash({reinterpret_cast<const char*>(commitment.data()), commitment.size()});
}

void append_shown(std::string& file, const ShownEntry& shown) {
  append_number(file, shown.number, kNumberBytes);
  append_number(file, static_cast<std::uint64_t>(shown.total), kNumberBytes);
  file.append(shown.salt.begin(), shown.salt.end());
  file.append(shown.private_commitment.begin(), shown.private_commitment.end());
  append_number(file, shown.public_half.size(), kLengthBytes);
  file += shown.public_half;
}

Result<ShownEntry> take_shown(std::string_view& rest) {
  if (rest.size() < kHeadBytes) return no_entries("the last one is cut off");
  const auto take = [&](std::size_t bytes) {
    const std::string_view taken = rest.substr(0, bytes);
    rest.remove_prefix(bytes);
    return taken;
  };
  ShownEntry shown;
  shown.number = number_in(take(kNumberBytes));
  shown.total = static_cast<Nano>(number_in(take(kNumberBytes)));
  std::ranges::copy(take(sizeof(Salt)), shown.salt.begin());
  std::ranges::copy(take(sizeof(Sha256)), shown.private_commitment.begin());
  const std::size_t length = number_in(take(kLengthBytes));
  if (rest.size() < length) return no_entries("the last one is cut off");
  shown.public_half = take(length);
  return shown;
}

Result<std::string_view> shown_entries_in(std::string_view file) {
  if (!file.starts_with(kShownEntriesHead)) return no_entries("the file does not begin with its head");
  return file.substr(kShownEntriesHead.size());
}

}  // namespace stoa::licensing
