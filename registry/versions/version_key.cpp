// version_key.cpp: packing and comparing.
// SPDX-License-Identifier: Apache-2.0
#include "registry/versions/version_key.hpp"

#include <charconv>
#include <optional>

namespace stoa::registry {
namespace {

constexpr int kBits = 21;  // three of them in 63 bits: no packed number is all ones
constexpr std::uint64_t kNumberMax = (std::uint64_t{1} << kBits) - 1;
constexpr std::uint64_t kUnpacked = ~std::uint64_t{0};

// A decimal number of the version grammar at the front of text, taken off it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || value > kNumberMax || (digits > 1 && text.front() == '0')) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

// Of "1.2.3" with three numbers that fit and nothing after them.
std::optional<std::uint64_t> packed(std::string_view text) {
  std::uint64_t numbers = 0;
  for (int i = 0; i < 3; ++i) {
    if (i > 0) {
      if (!text.starts_with('.')) return std::nullopt;
      text.remove_prefix(1);
    }
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    numbers = numbers << kBits | *number;
  }
  return text.empty() ? std::optional(numbers) : std::nullopt;
}

}  // namespace

VersionKey::VersionKey(SemanticVersion version)
    : numbers_(packed(version.major + "." + version.minor + "." + version.patch).value_or(kUnpacked)) {
  if (numbers_ != kUnpacked && version.prerelease.empty()) return;
  version.build.clear();
  full_ = std::make_shared<const SemanticVersion>(std::move(version));
}

SemanticVersion VersionKey::unpacked() const {
  if (full_) return *full_;
  SemanticVersion version;
  version.major = std::to_string(numbers_ >> 2 * kBits);
  version.minor = std::to_string(numbers_ >> kBits & kNumberMax);
  version.patch = std::to_string(numbers_ & kNumberMax);
  return version;
}

std::string VersionKey::text() const { return unpacked().text(); }

bool VersionKey::has_numbers_of(const VersionKey& other) const {
  if (numbers_ != kUnpacked || other.numbers_ != kUnpacked) return numbers_ == other.numbers_;
  return full_->major == other.full_->major && full_->minor == other.full_->minor && full_->patch == other.full_->patch;
}

std::strong_ordering operator<=>(const VersionKey& a, const VersionKey& b) {
  if (a.numbers_ != kUnpacked && b.numbers_ != kUnpacked) {
    if (a.numbers_ != b.numbers_) return a.numbers_ <=> b.numbers_;
    if (!a.full_ || !b.full_) return !a.full_ <=> !b.full_;  // a pre-release comes before its release
    return compare_precedence(*a.full_, *b.full_);
  }
  return compare_precedence(a.unpacked(), b.unpacked());
}

Result<VersionKey> parse_version_key(std::string_view text) {
  if (const auto numbers = packed(text)) return VersionKey(*numbers);
  auto version = parse_semantic_version(text);
  if (!version) return std::unexpected(version.error());
  return VersionKey(std::move(*version));
}

}  // namespace stoa::registry
