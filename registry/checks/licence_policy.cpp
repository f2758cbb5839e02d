// licence_policy.cpp: reading an operator's lists, and evaluating expressions over them.
// SPDX-License-Identifier: Apache-2.0
#include "registry/checks/licence_policy.hpp"

#include <algorithm>
#include <optional>

#include "registry/package/spdx.hpp"

namespace stoa::registry {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::optional<LicenceRule> rule_named(std::string_view name) {
  if (name == "allowed") return LicenceRule::allowed;
  if (name == "workers_only") return LicenceRule::workers_only;
  if (name == "review") return LicenceRule::review;
  if (name == "denied") return LicenceRule::denied;
  return std::nullopt;
}

std::vector<std::string> permissive_licences() {
  return {"0BSD", "Apache-2.0", "Artistic-2.0", "BSD-*",     "BSL-1.0",    "CC0-1.0", "curl",
          "ISC",  "MIT",        "MIT-0",        "NCSA",      "PostgreSQL", "PSF-2.0", "Unlicense",
          "X11",  "Zlib",       "CC-BY-3.0",    "CC-BY-4.0", "MPL-2.0",    "EUPL-1.2"};
}

// A single licence, or the beginning of one: what the grammar of expressions takes without operators.
bool is_entry(std::string_view text) {
  auto id = text;
  if (id.ends_with('*')) {
    id.remove_suffix(1);
    return !id.empty() && std::ranges::all_of(id, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
  }
  return id.find_first_of("()") == std::string_view::npos && id.find(" AND ") == std::string_view::npos &&
         id.find(" OR ") == std::string_view::npos && check_spdx_expression(id).has_value();
}

}  // namespace

// The grammar was checked before, so this one only has to follow it: OR over AND over WITH.
class LicenceEvaluation {
 public:
  LicenceEvaluation(const LicenceRules& rules, std::string_view text) : rules_(rules), rest_(text) { advance(); }

  LicenceFinding disjunction() {
    auto found = conjunction();
    while (token_ == "OR") {
      advance();
      if (auto other = conjunction(); other.rule < found.rule) found = std::move(other);
    }
    return found;
  }

 private:
  LicenceFinding conjunction() {
    auto found = operand();
    while (token_ == "AND") {
      advance();
      if (auto other = operand(); other.rule > found.rule) found = std::move(other);
    }
    return found;
  }

  LicenceFinding operand() {
    if (token_ == "(") {
      advance();
      auto found = disjunction();
      advance();  // the closing parenthesis
      return found;
    }
    const auto id = token_;
    advance();
    if (token_ != "WITH") return {rules_.rule_of(id, {}), std::string(id)};
    advance();
    const auto exception = token_;
    advance();
    return {rules_.rule_of(id, exception), std::string(id) + " WITH " + std::string(exception)};
  }

  void advance() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    const auto length = rest_.starts_with('(') || rest_.starts_with(')') ? 1 : rest_.find_first_of(" ()");
    token_ = rest_.substr(0, length);
    rest_.remove_prefix(token_.size());
  }

  const LicenceRules& rules_;
  std::string_view rest_, token_;
};

Result<LicenceRules> LicenceRules::parse(const LicenceLists& lists) {
  const auto refuse = [](std::string why) { return failure(Code::invalid_argument, "licence.policy", std::move(why)); };
  LicenceRules rules;
  const auto otherwise = rule_named(lists.otherwise);
  if (!otherwise)
    return refuse("otherwise is '" + lists.otherwise + "', must be allowed, workers_only, review or denied");
  rules.otherwise_ = *otherwise;
  const struct {
    const std::vector<std::string>& entries;
    LicenceRule rule;
  } parts[] = {{lists.allowed, LicenceRule::allowed},
               {lists.workers_only, LicenceRule::workers_only},
               {lists.review, LicenceRule::review},
               {lists.denied, LicenceRule::denied}};
  for (const auto& part : parts)
    for (const auto& text : part.entries) {
      if (!is_entry(text)) return refuse("'" + text + "' is no SPDX id and no beginning of one with a '*'");
      Entry entry{lower(text), text.ends_with('*'), part.rule};
      if (entry.is_prefix) entry.text.pop_back();
      for (const auto& other : rules.entries_)
        if (other.text == entry.text && other.is_prefix == entry.is_prefix)
          return refuse("'" + text + "' stands twice");
      rules.entries_.push_back(std::move(entry));
    }
  return rules;
}

const LicenceRules::Entry* LicenceRules::find(std::string_view id) const {
  const auto wanted = lower(id);
  const Entry* best = nullptr;
  for (const auto& entry : entries_) {
    if (!entry.is_prefix && entry.text == wanted) return &entry;
    if (entry.is_prefix && wanted.starts_with(entry.text) && (!best || best->text.size() < entry.text.size()))
      best = &entry;
  }
  return best;
}

LicenceRule LicenceRules::rule_of(std::string_view id, std::string_view exception) const {
  if (!exception.empty())
    // Only as it stands: an entry "GPL-*" speaks for the licence without the exception, below.
    if (const auto* entry = find(std::string(id) + " WITH " + std::string(exception)); entry && !entry->is_prefix)
      return entry->rule;
  const Entry* entry = nullptr;
  if (id.ends_with('+')) {
    const auto base = std::string(id.substr(0, id.size() - 1));
    for (const auto& name : {std::string(id), base + "-or-later", base})
      if (const auto* found = find(name); found && (!entry || found->text.size() > entry->text.size())) entry = found;
  } else {
    entry = find(id);
  }
  return entry ? entry->rule : otherwise_;
}

LicenceFinding LicenceRules::evaluate(std::string_view expression) const {
  return LicenceEvaluation(*this, expression).disjunction();
}

LicenceLists on_top_of(LicenceLists base, const LicenceLists& lists) {
  const std::pair<std::vector<std::string>*, const std::vector<std::string>*> parts[] = {
      {&base.allowed, &lists.allowed},
      {&base.workers_only, &lists.workers_only},
      {&base.review, &lists.review},
      {&base.denied, &lists.denied}};
  for (const auto& [unused, added] : parts)
    for (const std::string& entry : *added)
      for (const auto& [known, unused_too] : parts)
        std::erase_if(*known, [&](const std::string& one) { return lower(one) == lower(entry); });
  for (const auto& [known, added] : parts) known->insert(known->end(), added->begin(), added->end());
  base.otherwise = lists.otherwise;
  return base;
}

LicenceLists default_code_licences() {
  LicenceLists code;
  code.allowed = permissive_licences();
  code.workers_only = {"GPL-*", "LGPL-*", "CDDL-*", "EPL-*"};
  code.allowed.push_back("GPL-3.0-or-later WITH GCC-exception-3.1");
  code.allowed.push_back("GPL-2.0-only WITH Classpath-exception-2.0");
  code.review = {"AGPL-*", "SSPL-*", "BUSL-*"};
  return code;
}

LicenceLists default_weights_licences() {
  LicenceLists weights;
  weights.allowed = permissive_licences();
  weights.allowed.insert(weights.allowed.end(), {"CC-BY-SA-*", "CDLA-Permissive-*", "ODC-By-1.0"});
  weights.review = {"CC-BY-NC-*", "CC-BY-ND-*"};
  return weights;
}

LicencePolicy default_licence_policy() {
  // The lists above are ours: that they parse is proved by a test, and rules that review everything are the safe rest.
  return {LicenceRules::parse(default_code_licences()).value_or(LicenceRules()),
          LicenceRules::parse(default_weights_licences()).value_or(LicenceRules())};
}

}  // namespace stoa::registry
