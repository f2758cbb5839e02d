// verification.hpp: the constitution of the money, checked over a whole journal and everything that was made of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/billing/billing_terms.hpp"
#include "licensing/billing/saved_book.hpp"
#include "licensing/journal/journal.hpp"
#include "licensing/log/checkpoint.hpp"
#include "licensing/statement/statement.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// What is compared with the journal; what is not given is not checked, and the answer says so.
struct VerificationSources {
  const Journal& journal;
  std::shared_ptr<const BillingTerms> terms;  // all there ever were
  std::filesystem::path projection = {};      // a file that nobody writes meanwhile
  std::optional<SavedBook> book = {};         // a teller's, or of a file; not beyond what is durable
  std::optional<Checkpoint> checkpoint = {};  // the log's, its signature verified
  std::vector<Statement> statements = {};     // as they were issued
  std::filesystem::path scratch = {};         // a folder for a projection to compare with; needed with projection
  // So many of so many entries are read; false: no more is wanted.
  std::function<bool(std::uint64_t done, std::uint64_t all)> told = [](std::uint64_t, std::uint64_t) { return true; };
};

struct Flaw {
  std::optional<std::uint64_t> entry = {};  // where it shows first
  std::string reason, message;
};

struct RuleVerdict {
  std::string rule;           // "I1", of licensing/README.md
  std::string says;           // in a sentence
  std::uint64_t checked = 0;  // entries, or other things
  bool was_checked = true;
  std::optional<Flaw> flaw = {};  // the first
};

struct Verification {
  std::uint64_t entries = 0;
  std::vector<RuleVerdict> rules;
  bool is_sound() const;
};

// All durable entries, once or twice. I10 and I12 are rules for programs: no folder shows whether they were kept.
// Errors: file.*, database.*; aborted "verification.stopped". What is wrong with the ledger is no error, but a flaw.
Result<Verification> verify_ledger(const VerificationSources& sources);

}  // namespace stoa::licensing
