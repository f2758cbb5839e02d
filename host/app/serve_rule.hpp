// serve_rule.hpp: which models of a catalogue this host serves. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "registry/catalogue/resolution_store.hpp"

namespace stoa::app {

// "acme/classify", "acme/*", "*". The rest of the catalogue is neither read nor fetched where that can be helped.
class ServeRule {
 public:
  // Pre: each is_pattern().
  explicit ServeRule(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}
  static bool is_pattern(std::string_view text);

  bool admits(std::string_view model) const;
  // Whose models may be admitted; nothing: anybody's.
  std::optional<std::set<std::string>> publishers() const;
  // Takes out of the input what is not admitted.
  void restrict(registry::ResolutionInput& input) const;

 private:
  bool admits_all() const;
  std::vector<std::string> patterns_;
};

}  // namespace stoa::app
