// fold.cpp: the folds, each a few lines. SPDX-License-Identifier: Apache-2.0
#include "registry/names/fold.hpp"

#include <algorithm>
#include <iterator>

namespace stoa::registry {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Of packages that took other people's names on npm, PyPI, crates.io and Docker Hub: who they are, where, for what.
constexpr std::string_view kAffixes[] = {
    "ai",      "api",   "app",    "apps",     "by",  "cloud",    "co",      "com",     "community",
    "company", "corp",  "dev",    "devs",     "the", "eu",       "get",     "global",  "gmbh",
    "group",   "hq",    "hub",    "inc",      "io",  "lab",      "labs",    "llc",     "ltd",
    "ml",      "model", "models", "my",       "net", "official", "org",     "partner", "plugin",
    "plugins", "pro",   "real",   "research", "sdk", "software", "studio",  "stoa",    "support",
    "team",    "tech",  "test",   "try",      "us",  "use",      "verified"};

// Only what is no ending of ordinary words.
constexpr std::string_view kGlued[] = {"official", "verified", "plugins", "plugin", "models", "support",
                                       "labs",     "team",     "corp",    "inc",    "ai",     "hq"};

bool is_affix(std::string_view word) { return std::ranges::find(kAffixes, word) != std::end(kAffixes); }

}  // namespace

std::string lower_case(std::string_view name) {
  std::string out(name);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::vector<std::string_view> words_of(std::string_view lower) {
  std::vector<std::string_view> words;
  while (!lower.empty()) {
    const auto end = std::min(lower.find_first_of("-_."), lower.size());
    if (end > 0) words.push_back(lower.substr(0, end));
    lower.remove_prefix(std::min(end + 1, lower.size()));
  }
  return words;
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string out;
  for (const auto word : words) out += word;
  return out;
}

std::string look_alike_key(std::string_view word) {
  constexpr std::string_view kFrom = "01i589q", kTo = "ollsbgg";
  constexpr struct {
    char first, second, one;
  } kPairs[] = {{'r', 'n', 'm'}, {'v', 'v', 'w'}, {'c', 'l', 'd'}};
  std::string out;
  for (char c : word) {
    if (const auto at = kFrom.find(c); at != std::string_view::npos) c = kTo[at];
    out += c;
    if (out.size() < 2) continue;
    for (const auto& pair : kPairs)
      if (out[out.size() - 2] == pair.first && c == pair.second) {
        out.pop_back();
        out.back() = pair.one;
        break;
      }
  }
  return out;
}

std::string singular_of(std::string_view word) {
  if (word.size() > 4 && word.ends_with("ies")) return std::string(word.substr(0, word.size() - 3)) + "y";
  for (const std::string_view ending : {"xes", "ches", "shes", "sses"})
    if (word.size() > ending.size() && word.ends_with(ending)) return std::string(word.substr(0, word.size() - 2));
  if (word.size() > 2 && word.ends_with('s') && !word.ends_with("ss")) word.remove_suffix(1);
  return std::string(word);
}

std::vector<std::string_view> without_affixes(std::vector<std::string_view> words) {
  while (words.size() > 1 && is_affix(words.back())) words.pop_back();
  while (words.size() > 1 && is_affix(words.front())) words.erase(words.begin());
  return words;
}

std::string_view without_glued_affix(std::string_view word) {
  for (const auto affix : kGlued)
    if (word.size() >= affix.size() + 4 && word.ends_with(affix)) return word.substr(0, word.size() - affix.size());
  return {};
}

bool is_one_edit_apart(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (a == b || b.size() - a.size() > 1) return false;
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  if (a.size() < b.size()) return a.substr(at) == b.substr(at + 1);
  if (a.substr(at + 1) == b.substr(at + 1)) return true;
  return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] && a.substr(at + 2) == b.substr(at + 2);
}

bool differ_only_in_numbers(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      while (i < a.size() && is_digit(a[i])) ++i;
      while (j < b.size() && is_digit(b[j])) ++j;
    } else if (a[i++] != b[j++]) {
      return false;
    }
  }
  return i == a.size() && j == b.size();
}

}  // namespace stoa::registry
