// semver.cpp: the grammar and precedence of semantic versions.
// SPDX-License-Identifier: Apache-2.0
#include "registry/versions/semver.hpp"

#include <algorithm>

#include "registry/versions/identifier.hpp"

namespace stoa::registry {
namespace {

bool is_numeric(std::string_view text) { return std::ranges::all_of(text, is_digit); }
bool has_leading_zero(std::string_view digits) { return digits.size() > 1 && digits.front() == '0'; }

std::vector<std::string_view> split_at_dots(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    text.remove_prefix(dot + 1);
  }
}

std::unexpected<Error> refuse(std::string why) {
  return failure(Code::invalid_argument, "version.syntax", std::move(why));
}

enum class NumericRule { no_leading_zero, any };

Result<std::vector<std::string>> parse_identifiers(std::string_view text, NumericRule rule, std::string_view what) {
  std::vector<std::string> identifiers;
  for (const auto part : split_at_dots(text)) {
    if (part.empty()) return refuse("has an empty " + std::string(what) + " identifier");
    if (!std::ranges::all_of(part, is_identifier_char))
      return refuse("has a " + std::string(what) + " identifier with a character outside 0-9 A-Z a-z -");
    if (rule == NumericRule::no_leading_zero && is_numeric(part) && has_leading_zero(part))
      return refuse("has a numeric " + std::string(what) + " identifier with a leading zero");
    identifiers.emplace_back(part);
  }
  return identifiers;
}

std::strong_ordering compare_numbers(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

std::strong_ordering compare_identifiers(std::string_view a, std::string_view b) {
  const bool a_numeric = is_numeric(a), b_numeric = is_numeric(b);
  if (a_numeric && b_numeric) return compare_numbers(a, b);
  if (a_numeric != b_numeric) return a_numeric ? std::strong_ordering::less : std::strong_ordering::greater;
  return a.compare(b) <=> 0;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ".") + part;
  return text;
}

}  // namespace

std::string SemanticVersion::text() const {
  std::string out = major + "." + minor + "." + patch;
  if (!prerelease.empty()) out += "-" + joined(prerelease);
  if (!build.empty()) out += "+" + joined(build);
  return out;
}

Result<SemanticVersion> parse_semantic_version(std::string_view text) {
  SemanticVersion version;
  if (const auto plus = text.find('+'); plus != std::string_view::npos) {
    auto build = parse_identifiers(text.substr(plus + 1), NumericRule::any, "build");
    if (!build) return std::unexpected(build.error());
    version.build = std::move(*build);
    text = text.substr(0, plus);
  }
  if (const auto hyphen = text.find('-'); hyphen != std::string_view::npos) {
    auto prerelease = parse_identifiers(text.substr(hyphen + 1), NumericRule::no_leading_zero, "pre-release");
    if (!prerelease) return std::unexpected(prerelease.error());
    version.prerelease = std::move(*prerelease);
    text = text.substr(0, hyphen);
  }
  const auto core = split_at_dots(text);
  if (core.size() != 3) return refuse("has " + std::to_string(core.size()) + " numbers, major.minor.patch needs 3");
  std::string* const targets[] = {&version.major, &version.minor, &version.patch};
  for (std::size_t i = 0; i < 3; ++i) {
    if (core[i].empty() || !is_numeric(core[i])) return refuse("needs three decimal numbers, major.minor.patch");
    if (has_leading_zero(core[i])) return refuse("has a number with a leading zero");
    *targets[i] = core[i];
  }
  return version;
}

std::strong_ordering compare_precedence(const SemanticVersion& a, const SemanticVersion& b) {
  if (const auto order = compare_numbers(a.major, b.major); order != 0) return order;
  if (const auto order = compare_numbers(a.minor, b.minor); order != 0) return order;
  if (const auto order = compare_numbers(a.patch, b.patch); order != 0) return order;
  if (a.prerelease.empty() != b.prerelease.empty())
    return a.prerelease.empty() ? std::strong_ordering::greater : std::strong_ordering::less;
  const auto common = std::min(a.prerelease.size(), b.prerelease.size());
  for (std::size_t i = 0; i < common; ++i)
    if (const auto order = compare_identifiers(a.prerelease[i], b.prerelease[i]); order != 0) return order;
  return a.prerelease.size() <=> b.prerelease.size();
}

}  // namespace stoa::registry
