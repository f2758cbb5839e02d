// version_range.cpp: terms become comparators, the way npm's semver rewrites them (its classes/range.js).
// SPDX-License-Identifier: Apache-2.0
#include "registry/versions/version_range.hpp"

#include <algorithm>
#include <cstdio>

#include "registry/versions/range_reader.hpp"

namespace stoa::registry {
namespace {

using enum RangeOperator;
using Comparators = std::vector<Comparator>;

// The text without needless spaces: one between two terms, none at the ends of an alternative.
std::string with_single_spaces(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!is_space) out += c;
    if (is_space && !out.empty() && out.back() != ' ') out += ' ';
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string_view trimmed(std::string_view text) {
  if (text.starts_with(' ')) text.remove_prefix(1);
  if (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// The number after it; text, as numbers of versions have no upper limit.
std::string next(std::string digits) {
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    if (*digit != '9') return ++*digit, digits;
    *digit = '0';
  }
  return "1" + digits;
}

VersionKey version(std::string major, std::string minor, std::string patch, std::vector<std::string> prerelease = {}) {
  return VersionKey({std::move(major), std::move(minor), std::move(patch), std::move(prerelease), {}});
}

// The lowest of all versions that start with the numbers given, releases only: 1.2.0 for 1.2.x.
VersionKey floor_of(const PartialVersion& part) {
  if (!part.numbers[1]) return version(*part.numbers[0], "0", "0");
  if (!part.numbers[2]) return version(*part.numbers[0], *part.numbers[1], "0");
  return version(*part.numbers[0], *part.numbers[1], *part.numbers[2], part.prerelease);
}

// The lowest version of all above those that share the first `shared` numbers: 1.3.0 for 1.2 and 2.
VersionKey above(const PartialVersion& part, std::size_t shared, std::vector<std::string> prerelease = {}) {
  std::string numbers[] = {"0", "0", "0"};
  for (std::size_t i = 0; i < shared; ++i) numbers[i] = *part.numbers[i];
  numbers[shared - 1] = next(numbers[shared - 1]);
  return version(numbers[0], numbers[1], numbers[2], std::move(prerelease));
}

// Below everything of the next one, its pre-releases too: "<1.3.0-0".
Comparator below_next(const PartialVersion& part, std::size_t shared) { return {less, above(part, shared, {"0"})}; }

std::size_t given_numbers(const PartialVersion& part) {
  return !part.numbers[0] ? 0 : !part.numbers[1] ? 1 : !part.numbers[2] ? 2 : 3;
}

// >=0.0.0 is everything, which lets a pre-release of 0.0.0 in where another comparator names one.
void add_floor(const PartialVersion& part, Comparators& out) {
  auto lowest = floor_of(part);
  if (!part.prefix.starts_with('v') && lowest == version("0", "0", "0")) return;
  out.push_back({greater_equal, std::move(lowest)});
}

Result<void> check_prefix(const PartialVersion& part, const std::string& text) {
  if (part.prefix.empty() || part.prefix == "v") return {};
  return refuse_range("'" + text + "' has '" + part.prefix + "' before a whole version, where at most one v may stand");
}

void add_caret(const PartialVersion& part, Comparators& out) {
  const auto given = given_numbers(part);
  if (given == 0) return;
  // Up to the first number that is not 0: it is what compatible releases share.
  std::size_t shared = 1;
  while (shared < given && *part.numbers[shared - 1] == "0") ++shared;
  PartialVersion bare = part;
  bare.prefix.clear();
  add_floor(bare, out);
  out.push_back(below_next(part, shared));
}

void add_tilde(const PartialVersion& part, Comparators& out) {
  const auto given = given_numbers(part);
  if (given == 0) return;
  PartialVersion bare = part;
  bare.prefix.clear();
  add_floor(bare, out);
  out.push_back(below_next(part, std::min<std::size_t>(given, 2)));
}

// A version with an x in it, under <, <=, >, >= or =.
void add_partial(const SimpleTerm& term, Comparators& out) {
  const auto given = given_numbers(term.version);
  if (given == 0) {  // below or above everything there is nothing
    if (term.sign && !term.has_equal) out.push_back({less, version("0", "0", "0", {"0"})});
    return;
  }
  PartialVersion bare = term.version;
  bare.prefix.clear();
  bare.prerelease.clear();
  if (term.sign == '<' && !term.has_equal) {
    const auto& n = bare.numbers;
    out.push_back({less, version(*n[0], given > 1 ? *n[1] : "0", "0", {"0"})});
  } else if (term.sign == '<') {
    out.push_back(below_next(bare, given));
  } else if (term.sign == '>' && !term.has_equal) {
    out.push_back({greater_equal, above(bare, given)});
  } else {
    add_floor(bare, out);
    if (!term.sign) out.push_back(below_next(bare, given));
  }
}

Result<void> add_full(const SimpleTerm& term, Comparators& out) {
  if (auto ok = check_prefix(term.version, term.text); !ok) return ok;
  if (term.sign == '>' && term.has_equal) return add_floor(term.version, out), Result<void>{};
  const auto op = term.sign == '>' ? greater : term.sign != '<' ? equal : term.has_equal ? less_equal : less;
  out.push_back({op, floor_of(term.version)});
  return {};
}

Result<void> add(const SimpleTerm& term, Comparators& out) {
  const auto& numbers = term.version.numbers;
  if (term.sign == '^') return add_caret(term.version, out), Result<void>{};
  if (term.sign == '~') return add_tilde(term.version, out), Result<void>{};
  if ((!numbers[0] && numbers[1]) || (!numbers[1] && numbers[2]))
    return refuse_range("'" + term.text + "' has a number after an x");
  if (term.version.is_full()) return add_full(term, out);
  add_partial(term, out);
  return {};
}

Result<void> add(const HyphenTerm& term, Comparators& out) {
  if (term.from.is_full())
    if (auto ok = check_prefix(term.from, term.text); !ok) return ok;
  PartialVersion from = term.from;
  if (!from.is_full()) from.prefix.clear();
  if (given_numbers(from) < 3) from.prerelease.clear();
  if (given_numbers(from) > 0) add_floor(from, out);
  const auto given = given_numbers(term.to);
  if (given == 0) return {};
  if (given < 3) return out.push_back(below_next(term.to, given)), Result<void>{};
  if (term.to.prerelease.empty())
    if (auto ok = check_prefix(term.to, term.text); !ok) return ok;
  out.push_back({less_equal, floor_of(term.to)});
  return {};
}

bool is_nothing(const Comparators& all) {
  return all.size() == 1 && all[0] == Comparator{less, version("0", "0", "0", {"0"})};
}

// Without repetition; nothing at all where one of them admits nothing.
Comparators tidy(Comparators all) {
  Comparators out;
  for (auto& comparator : all) {
    if (is_nothing({comparator})) return {std::move(comparator)};
    if (std::ranges::find(out, comparator) == out.end()) out.push_back(std::move(comparator));
  }
  return out;
}

Result<void> check_characters(std::string_view text) {
  if (text.size() > kRangeBytesMax)
    return refuse_range("has " + std::to_string(text.size()) + " bytes, limit is " + std::to_string(kRangeBytesMax));
  for (const char c : text) {
    if (c >= ' ' && c <= '~') continue;
    if (c >= '\t' && c <= '\r') continue;
    char hex[8];
    std::snprintf(hex, sizeof hex, "0x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    return refuse_range("has the byte " + std::string(hex) + ", which no range has");
  }
  return {};
}

}  // namespace

bool Comparator::admits(const VersionKey& candidate) const {
  const auto order = candidate <=> version;
  switch (op) {
    case equal:
      return order == 0;
    case less:
      return order < 0;
    case less_equal:
      return order <= 0;
    case greater:
      return order > 0;
    case greater_equal:
      return order >= 0;
  }
  return false;
}

std::string Comparator::text() const {
  constexpr std::string_view kSigns[] = {"", "<", "<=", ">", ">="};
  return std::string(kSigns[static_cast<std::size_t>(op)]) + version.text();
}

bool VersionRange::admits(const VersionKey& candidate) const {
  return std::ranges::any_of(alternatives_, [&](const Alternative& all) {
    if (!std::ranges::all_of(all, [&](const Comparator& one) { return one.admits(candidate); })) return false;
    return !candidate.is_prerelease() || std::ranges::any_of(all, [&](const Comparator& one) {
      return one.version.is_prerelease() && one.version.has_numbers_of(candidate);
    });
  });
}

std::string VersionRange::text() const {
  std::string out;
  for (std::size_t i = 0; i < alternatives_.size(); ++i) {
    if (i > 0) out += "||";
    if (alternatives_[i].empty()) out += "*";
    for (std::size_t j = 0; j < alternatives_[i].size(); ++j) out += (j > 0 ? " " : "") + alternatives_[i][j].text();
  }
  return out;
}

VersionKey VersionRange::edge() const {
  const auto& first = alternatives_.front();
  return first.empty() ? version("0", "0", "0") : first.front().version;
}

Result<VersionRange> parse_version_range(std::string_view text) {
  if (auto ok = check_characters(text); !ok) return std::unexpected(ok.error());
  const auto spaced = with_single_spaces(text);
  std::string_view rest = spaced;
  VersionRange range;
  std::size_t count = 0;
  for (bool is_last = false; !is_last;) {
    const auto bar = rest.find("||");
    is_last = bar == std::string_view::npos;
    const auto terms = read_range_terms(trimmed(rest.substr(0, bar)));
    if (!terms) return std::unexpected(terms.error());
    count += std::max<std::size_t>(terms->size(), 1);
    if (count > kRangeComparatorsMax)
      return refuse_range("has more than " + std::to_string(kRangeComparatorsMax) + " comparators");
    Comparators all;
    for (const auto& term : *terms)
      if (auto ok = std::visit([&](const auto& one) { return add(one, all); }, term); !ok)
        return std::unexpected(ok.error());
    range.alternatives_.push_back(tidy(std::move(all)));
    if (!is_last) rest.remove_prefix(bar + 2);
  }
  // An alternative that is everything is the whole range, so that a pre-release named by another one stays out (npm's
  // rule).
  auto& alternatives = range.alternatives_;
  const auto everything = std::ranges::find_if(alternatives, &Comparators::empty);
  if (everything != alternatives.end()) {
    alternatives = {{}};
  } else if (!std::ranges::all_of(alternatives, is_nothing)) {
    std::erase_if(alternatives, is_nothing);
  } else {
    alternatives.resize(1);
  }
  return range;
}

}  // namespace stoa::registry
