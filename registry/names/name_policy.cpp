// name_policy.cpp: the order of rules, over hash maps from folded keys. SPDX-License-Identifier: Apache-2.0
#include "registry/names/name_policy.hpp"

#include <algorithm>
#include <functional>
#include <tuple>

#include "registry/names/fold.hpp"
#include "registry/names/foreign_character.hpp"
#include "registry/names/reserved_names.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kNameBytesMax = 64;  // the manifest's
// Shorter names lie so close that chance makes neighbours of them.
constexpr std::size_t kEditBytesMin = 5;

// In the order of Keys: each folds more than the one before.
struct FoldRule {
  const char* reason;
  const char* what;
};
constexpr FoldRule kFoldRules[] = {{"name.case", "differs only in upper and lower case from"},
                                   {"name.separators", "differs only in separators from"},
                                   {"name.look_alike", "looks like"},
                                   {"name.plural", "differs only in plural or singular from"},
                                   {"name.affix", "differs only in words that anybody can add from"},
                                   {"name.word_order", "has the words of another order of"}};
constexpr std::size_t kFoldsOfSight = 3;  // what looks the same, not what means the same

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

std::unexpected<Error> refuse(const char* reason, std::string message) {
  return failure(Code::invalid_argument, reason, std::move(message));
}

Result<void> check_characters(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax)
    return refuse("name.length", "name has " + std::to_string(name.size()) + " bytes, must have 1 to 64");
  if (const auto foreign = first_foreign_character(name))
    return refuse(foreign->is_utf8 ? "name.foreign_character" : "name.utf8",
                  "name has " + foreign->text() + "; names are of a-z, 0-9 and hyphens");
  if (const auto bad = std::ranges::find_if_not(name, is_name_character); bad != name.end())
    return refuse("name.character", "name has the byte " + std::to_string(static_cast<unsigned char>(*bad)) + " at " +
                                        std::to_string(bad - name.begin()) + "; names are of a-z, 0-9 and hyphens");
  if (words_of(name).empty()) return refuse("name.character", "name has no letter and no digit");
  if (lower_case(name).starts_with("xn--"))
    return refuse("name.punycode", "name starts with xn--, which browsers show as other characters");
  return {};
}

std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

// Of the text and of the text without each of its characters.
std::vector<std::uint64_t> neighbourhood_of(std::string_view text) {
  std::vector<std::uint64_t> hashes = {hash_of(text)};
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string shorter(text);
    shorter.erase(i, 1);
    hashes.push_back(hash_of(shorter));
  }
  std::ranges::sort(hashes);
  hashes.erase(std::ranges::unique(hashes).begin(), hashes.end());
  return hashes;
}

NameRuling held(const char* reason, const std::string& existing, const std::string& what) {
  return {NameVerdict::held, reason, existing, "name " + what + " '" + existing + "'"};
}

}  // namespace

NameIndex::NameIndex(NameScope scope) : scope_(scope) {
  if (scope == NameScope::plugins) return;
  for (const auto name : well_known_names()) add(name, Owner::well_known);
  for (const auto word : platform_words()) add(word, Owner::platform);
}

void NameIndex::add(std::string_view name) { add(name, Owner::publisher); }

void NameIndex::add(std::string_view name, Owner owner) {
  const auto id = static_cast<std::uint32_t>(entries_.size());
  exact_[std::string(name)].push_back(id);
  const auto keys = keys_of(lower_case(name));
  for (std::size_t i = 0; i < kFolds; ++i) folds_[i][keys[i]].push_back(id);
  if (scope_ == NameScope::namespaces && owner != Owner::platform) {
    for (const auto hash : neighbourhood_of(keys[1])) neighbours_.emplace(hash, id);
    if (keys[2] != keys[1])
      for (const auto hash : neighbourhood_of(keys[2])) neighbours_.emplace(hash, id);
  }
  entries_.push_back({std::string(name), keys[1], keys[2], owner});
}

NameIndex::Keys NameIndex::keys_of(std::string_view lower) {
  const auto words = words_of(lower);
  std::vector<std::string> stems;
  for (const auto word : without_affixes(words)) stems.push_back(look_alike_key(singular_of(word)));
  std::string singulars, stem, sorted;
  for (const auto word : words) singulars += singular_of(word);
  for (const auto& word : stems) stem += word;
  std::ranges::sort(stems);
  for (const auto& word : stems) sorted += word + "-";
  const auto folded = joined(words);
  return {std::string(lower), folded, look_alike_key(folded), look_alike_key(singulars), look_alike_key(stem), sorted};
}

// Names that are given before reserved ones, and the same answer whatever the order in which they came.
const NameIndex::Entry* NameIndex::best_of(const Ids* ids) const {
  const Entry* best = nullptr;
  if (!ids) return best;
  for (const auto id : *ids) {
    const auto& entry = entries_[id];
    if (!best || std::tie(entry.owner, entry.name) < std::tie(best->owner, best->name)) best = &entry;
  }
  return best;
}

namespace {
template <class Map>
auto* ids_at(const Map& map, const std::string& key) {
  const auto at = map.find(key);
  return at == map.end() ? nullptr : &at->second;
}
}  // namespace

// The longer name leans on the shorter one, never the other way round: "open" is no squatter of "openai".
const NameIndex::Entry* NameIndex::find_glued(std::string_view folded) const {
  const auto rest = without_glued_affix(folded);
  return rest.empty() ? nullptr : best_of(ids_at(folds_[2], look_alike_key(rest)));
}

const NameIndex::Entry* NameIndex::find_well_known_word(std::string_view lower) const {
  const auto words = words_of(lower);
  if (words.size() < 2) return nullptr;
  for (const auto word : words)
    if (const auto* ids = ids_at(folds_[2], look_alike_key(word)))
      for (const auto id : *ids)
        if (entries_[id].owner == Owner::well_known) return &entries_[id];
  return nullptr;
}

const NameIndex::Entry* NameIndex::find_one_edit(const std::string& folded, const std::string& look_alike) const {
  Ids near;
  const auto look_up = [&](const std::string& text) {
    for (const auto hash : neighbourhood_of(text)) {
      const auto [begin, end] = neighbours_.equal_range(hash);
      for (auto at = begin; at != end; ++at) {
        const auto& entry = entries_[at->second];
        if (std::max(entry.folded.size(), folded.size()) < kEditBytesMin) continue;
        if (differ_only_in_numbers(entry.folded, folded)) continue;
        if (is_one_edit_apart(entry.folded, folded) || is_one_edit_apart(entry.look_alike, look_alike))
          near.push_back(at->second);
      }
    }
  };
  look_up(folded);
  if (look_alike != folded) look_up(look_alike);
  return best_of(&near);
}

Result<NameRuling> NameIndex::judge(std::string_view name) const {
  if (auto ok = check_characters(name); !ok) return std::unexpected(ok.error());
  if (const auto* entry = best_of(ids_at(exact_, std::string(name)))) {
    if (entry->owner == Owner::publisher)
      return NameRuling{NameVerdict::taken, "name.taken", entry->name, "name '" + entry->name + "' is taken"};
    return held("name.reserved", entry->name, "is reserved:");
  }
  const auto lower = lower_case(name);
  const auto keys = keys_of(lower);
  for (std::size_t i = 0; i < (scope_ == NameScope::plugins ? kFoldsOfSight : kFolds); ++i)
    if (const auto* entry = best_of(ids_at(folds_[i], keys[i])))
      return held(kFoldRules[i].reason, entry->name, kFoldRules[i].what);
  if (scope_ == NameScope::plugins) return NameRuling{};
  if (const auto* entry = find_glued(keys[1])) return held(kFoldRules[4].reason, entry->name, kFoldRules[4].what);
  if (const auto* entry = find_well_known_word(lower)) return held("name.well_known", entry->name, "has the word");
  if (const auto* entry = find_one_edit(keys[1], keys[2]))
    return held("name.one_edit", entry->name, "is one edit from");
  return NameRuling{};
}

}  // namespace stoa::registry
