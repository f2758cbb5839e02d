// licence_policy.hpp: which licences an operator takes, for code and for weights, and what an SPDX expression comes to.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/result.hpp"

namespace stoa::registry {

// From the mildest to the strictest: AND takes the strictest of its parts, OR the mildest, for the licensee chooses.
enum class LicenceRule : std::uint8_t {
  allowed,
  workers_only,  // code: not in the host's own process, which would become one work with it
  review,        // a person looks first
  denied,
};

// What an operator writes. An entry is an SPDX id, a pattern that ends in '*' ("GPL-*", "LicenseRef-acme-*"), or "id
// WITH exception". Ids compare without regard to case, as SPDX says.
struct LicenceLists {
  std::vector<std::string> allowed = {}, workers_only = {}, review = {}, denied = {};
  std::string otherwise = "review";  // what no entry names: "allowed", "workers_only", "review" or "denied"
};

struct LicenceFinding {
  LicenceRule rule = LicenceRule::allowed;
  std::string because;  // the licence that decided: "GPL-3.0-only"
};

// One list of rules, for code or for weights. Values; any thread reads.
class LicenceRules {
 public:
  LicenceRules() = default;  // everything is reviewed

  // Error: invalid_argument "licence.policy", with the entry: one that is no id, or stands in two lists.
  static Result<LicenceRules> parse(const LicenceLists& lists);

  // The expression has passed check_spdx_expression(). The longest entry that fits counts. "GPL-2.0+" is looked up as
  // it stands, then as GPL-2.0-or-later, then as GPL-2.0; "id WITH exception" as it stands, then as the id alone.
  LicenceFinding evaluate(std::string_view expression) const;

 private:
  struct Entry {
    std::string text;  // lower case, without the '*'
    bool is_prefix = false;
    LicenceRule rule = LicenceRule::review;
  };
  const Entry* find(std::string_view id) const;
  LicenceRule rule_of(std::string_view id, std::string_view exception) const;

  std::vector<Entry> entries_;
  LicenceRule otherwise_ = LicenceRule::review;
  friend class LicenceEvaluation;
};

struct LicencePolicy {
  LicenceRules code, weights;
};

// base with what an operator writes on top: an entry that stands in both has the operator's rule.
LicenceLists on_top_of(LicenceLists base, const LicenceLists& lists);

// What a new registry starts with, as lists and as rules: permissive licences are allowed, the GPL family in workers
// only, the AGPL, the SSPL, licences that forbid commerce and those nobody here has read are reviewed.
LicenceLists default_code_licences();
LicenceLists default_weights_licences();
LicencePolicy default_licence_policy();

}  // namespace stoa::registry
