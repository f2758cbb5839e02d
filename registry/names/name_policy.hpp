// name_policy.hpp: whether a new name may be given: free, taken, or held for review because it is too near to another.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "stoa/result.hpp"

namespace stoa::registry {

enum class NameVerdict : std::uint8_t { free, taken, held };

struct NameRuling {
  NameVerdict verdict = NameVerdict::free;
  std::string reason;    // "name.taken", or of the rule that holds it: docs/reference/publishing-checks.md; empty: free
  std::string existing;  // the name that it is, or is too near to; empty: free
  std::string message;   // for people: "looks like 'acme'"
};

enum class NameScope : std::uint8_t {
  namespaces,  // of strangers: every rule, and reserved names
  plugins,     // of one publisher: only what looks the same, for nobody squats on oneself
};

// All names that are given. A name is never given back: who trusted it once would trust its next owner.
// Threads: judge() from any number, add() from one and alone. 10,000 names take some 10 MB.
class NameIndex {
 public:
  explicit NameIndex(NameScope scope);

  void add(std::string_view name);

  // The rules in order, the first that holds counts. Grammar beyond ASCII is the manifest's. Error: invalid_argument
  // with name.length, name.utf8, name.foreign_character (names it, and the ASCII letter it looks like), name.character,
  // name.punycode.
  Result<NameRuling> judge(std::string_view name) const;

 private:
  enum class Owner : std::uint8_t { publisher, well_known, platform };
  struct Entry {
    std::string name, folded, look_alike;
    Owner owner;
  };
  static constexpr std::size_t kFolds = 6;
  using Keys = std::array<std::string, kFolds>;
  using Ids = std::vector<std::uint32_t>;

  void add(std::string_view name, Owner owner);
  static Keys keys_of(std::string_view lower);
  const Entry* best_of(const Ids* ids) const;
  const Entry* find_glued(std::string_view folded) const;
  const Entry* find_well_known_word(std::string_view lower) const;
  const Entry* find_one_edit(const std::string& folded, const std::string& look_alike) const;

  NameScope scope_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, Ids> exact_;
  std::array<std::unordered_map<std::string, Ids>, kFolds> folds_;
  // Hashes of the names, and of the names with one character left out: two names that are one edit apart share one.
  std::unordered_multimap<std::uint64_t, std::uint32_t> neighbours_;
};

}  // namespace stoa::registry
