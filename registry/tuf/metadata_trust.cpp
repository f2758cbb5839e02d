// metadata_trust.cpp: whose signatures count, which paths a delegation covers, and the small grammars of metadata.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "registry/package/manifest_grammar.hpp"
#include "registry/tuf/metadata.hpp"

namespace stoa::registry {
namespace {

// One segment of a path against one of a pattern. Backtracks to the last star only: linear in text times pattern.
bool matches_segment(std::string_view text, std::string_view pattern) {
  std::size_t t = 0, p = 0, star = pattern.npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++, resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p, ++t;
    } else if (star != pattern.npos) {
      p = star + 1, t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

bool matches_path(std::string_view path, std::string_view pattern) {
  for (;;) {
    const auto path_end = path.find('/'), pattern_end = pattern.find('/');
    if (!matches_segment(path.substr(0, path_end), pattern.substr(0, pattern_end))) return false;
    if (path_end == path.npos || pattern_end == pattern.npos) return path_end == pattern_end;
    path.remove_prefix(path_end + 1), pattern.remove_prefix(pattern_end + 1);
  }
}

std::optional<unsigned> digits(std::string_view text) {
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

void append_padded(std::string& out, unsigned value, std::size_t width) {
  const auto text = std::to_string(value);
  out.append(width - std::min(width, text.size()), '0').append(text);
}

}  // namespace

Result<void> verify_threshold(std::string_view name, const TufKeys& keys, const RoleRule& rule,
                              std::string_view signed_bytes, std::span<const MetadataSignature> signatures) {
  std::set<Ed25519Point> signers;
  for (const auto& signature : signatures) {
    if (std::ranges::find(rule.key_ids, signature.key_id) == rule.key_ids.end()) continue;
    const auto key = keys.find(signature.key_id);
    if (key != keys.end() && key->second.verifies(signature.bytes, signed_bytes)) signers.insert(key->second.raw());
  }
  if (signers.size() >= rule.threshold) return {};
  const auto counts = std::to_string(signers.size()) + " of " + std::to_string(rule.threshold) + " needed keys";
  if (signers.empty())
    return failure(Code::permission_denied, "metadata.signature", std::string(name) + " is signed by " + counts);
  return failure(Code::permission_denied, "metadata.threshold", std::string(name) + " is signed by " + counts);
}

bool speaks_for(const Delegation& delegation, std::string_view target_path, std::string_view path_sha256) {
  if (!delegation.path_hash_prefixes.empty())
    return std::ranges::any_of(delegation.path_hash_prefixes,
                               [&](const auto& prefix) { return path_sha256.starts_with(prefix); });
  return std::ranges::any_of(delegation.path_patterns,
                             [&](const auto& pattern) { return matches_path(target_path, pattern); });
}

bool is_role_name(std::string_view text) {
  constexpr std::array<std::string_view, 4> kTopLevel = {"root", "timestamp", "snapshot", "targets"};
  const auto is_alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 64 && is_alnum(text.front()) && is_alnum(text.back()) &&
         std::ranges::find(kTopLevel, text) == kTopLevel.end() &&
         std::ranges::all_of(text, [&](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_target_path(std::string_view text) {
  if (text.empty() || text.size() > 400) return false;
  for (std::size_t from = 0; from <= text.size();) {
    const auto end = std::min(text.find('/', from), text.size());
    if (!is_package_path(text.substr(from, end - from))) return false;
    from = end + 1;
  }
  return true;
}

std::string time_text(TufTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string out;
  append_padded(out, static_cast<unsigned>(std::clamp(static_cast<int>(date.year()), 0, 9999)), 4);
  append_padded(out += '-', static_cast<unsigned>(date.month()), 2);
  append_padded(out += '-', static_cast<unsigned>(date.day()), 2);
  append_padded(out += 'T', static_cast<unsigned>(clock.hours().count()), 2);
  append_padded(out += ':', static_cast<unsigned>(clock.minutes().count()), 2);
  append_padded(out += ':', static_cast<unsigned>(clock.seconds().count()), 2);
  return out += 'Z';
}

std::optional<TufTime> time_from_text(std::string_view text) {
  using namespace std::chrono;
  if (text.size() != 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text[19] != 'Z')
    return std::nullopt;
  const auto y = digits(text.substr(0, 4)), mo = digits(text.substr(5, 2)), d = digits(text.substr(8, 2));
  const auto h = digits(text.substr(11, 2)), mi = digits(text.substr(14, 2)), s = digits(text.substr(17, 2));
  if (!y || !mo || !d || !h || !mi || !s) return std::nullopt;
  const year_month_day date(year(static_cast<int>(*y)), month(*mo), day(*d));
  if (!date.ok() || *h > 23 || *mi > 59 || *s > 59) return std::nullopt;
  return sys_days(date) + hours(*h) + minutes(*mi) + seconds(*s);
}

}  // namespace stoa::registry
