// verification.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/verification/verification.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "licensing/ledger/entry_codec.hpp"
#include "licensing/projection/projection.hpp"
#include "licensing/verification/rules.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {
namespace {

std::unexpected<Error> stopped() {
  return failure(Code::cancelled, "verification.stopped", "the verification was stopped before its end");
}

// Through the journal once. Nothing: it can be read to its end.
Result<std::optional<Flaw>> read_all(const VerificationSources& sources, std::uint64_t all,
                                     const std::function<void(const SeenEntry&)>& see) {
  std::optional<Flaw> flaw;
  std::uint64_t next = 0;
  bool goes_on = true;
  const auto read = sources.journal.read(0, [&](std::uint64_t number, std::string_view record) {
    if (number == all) return false;
    const auto entry = decode(record);
    if (!entry) flaw = Flaw{number, entry.error().reason, entry.error().message};
    if (!entry) return false;
    see({number, record, *entry});
    next = number + 1;
    constexpr std::uint64_t kTold = 10'000;
    if (next % kTold == 0) goes_on = sources.told(next, all);
    return goes_on;
  });
  if (!goes_on) return stopped();
  if (!read && read.error().code != Code::data_loss) return std::unexpected(read.error());
  if (!read) flaw = Flaw{next, read.error().reason, read.error().message};
  return flaw;
}

// What is lost or damaged is a flaw; what could not be looked at is an error.
Result<RuleVerdict> verdict_of(RuleVerdict verdict, const Error& error) {
  if (error.code != Code::data_loss) return std::unexpected(error);
  verdict.flaw = Flaw{{}, error.reason, error.message};
  return verdict;
}

// Files of a comparison, which are taken away with their logs before it and behind it.
class Scratch {
 public:
  explicit Scratch(const std::filesystem::path& folder)
      : copy(folder / "compared.db"), worked_out(folder / "worked_out.db") {
    clear();
  }
  ~Scratch() { clear(); }
  Scratch(const Scratch&) = delete;
  const std::filesystem::path copy, worked_out;

 private:
  void clear() const {
    for (const auto& file : {copy, worked_out})
      for (const char* const end : {"", "-wal", "-shm"}) {
        std::error_code ignored;
        std::filesystem::remove(file.string() + end, ignored);
      }
  }
};

// The projection, worked out again up to where the file is.
Result<RuleVerdict> verify_projection(const VerificationSources& sources) {
  RuleVerdict verdict{.rule = "I2", .says = "the projection is what the entries come to", .was_checked = false};
  std::error_code none;
  if (sources.projection.empty() || !std::filesystem::exists(sources.projection, none)) return verdict;
  verdict.was_checked = true;
  const Scratch scratch(sources.scratch);
  Result<void> fits;
  std::uint64_t entries = 0;
  {
    // A copy: what does not fit is removed when it is opened.
    auto file = database::Connection::open(sources.projection, database::Access::read);
    if (!file) return std::unexpected(file.error());
    if (auto copied = file->back_up(scratch.copy); !copied) return verdict_of(std::move(verdict), copied.error());
    const auto opened =
        Projection::open(scratch.copy, sources.journal, [&](const Error& error) { fits = std::unexpected(error); });
    if (!opened) return std::unexpected(opened.error());
    entries = (*opened)->position();
  }
  verdict.checked = entries;
  if (fits) {
    bool goes_on = true;
    const auto built = build_projection(scratch.worked_out, sources.journal, entries,
                                        [&](std::uint64_t done) { return goes_on = sources.told(done, entries); });
    if (!goes_on) return stopped();
    fits = built ? compare_projections(scratch.copy, scratch.worked_out) : built;
  }
  return fits ? Result<RuleVerdict>(verdict) : verdict_of(std::move(verdict), fits.error());
}

}  // namespace

bool Verification::is_sound() const {
  return std::ranges::none_of(rules, [](const RuleVerdict& rule) { return rule.flaw.has_value(); });
}

Result<Verification> verify_ledger(const VerificationSources& sources) {
  Verification verification{.entries = sources.journal.durable(), .rules = {}};
  const auto rules = rules_of(sources);
  RefundRule refunds;
  RuleVerdict journal{.rule = "I5", .says = "the journal is whole: no entry is missing, and none was changed"};
  auto broken = read_all(sources, verification.entries, [&](const SeenEntry& seen) {
    ++journal.checked;
    for (const auto& rule : rules) rule->see(seen);
    refunds.see(seen);
  });
  if (!broken) return std::unexpected(broken.error());
  journal.flaw = std::move(*broken);
  // Where the journal ends too early, what was made of more of it cannot fit.
  if (!journal.flaw)
    for (const auto& rule : rules) rule->end();
  if (!journal.flaw && refunds.is_needed()) {
    auto again = read_all(sources, verification.entries, [&](const SeenEntry& seen) {
      if (refunds.wants(seen.number)) refunds.see_call(seen.number, seen.entry);
    });
    if (!again) return std::unexpected(again.error());
  }
  refunds.end();
  auto projection = verify_projection(sources);
  if (!projection) return std::unexpected(projection.error());
  std::multimap<int, RuleVerdict> in_order;  // by the rule's number
  const auto add = [&](RuleVerdict verdict) {
    const int number = std::stoi(verdict.rule.substr(1));
    in_order.emplace(number, std::move(verdict));
  };
  for (const auto& rule : rules) add(rule->verdict());
  add(std::move(journal));
  add(refunds.verdict());
  add(std::move(*projection));
  for (auto& [number, verdict] : in_order) verification.rules.push_back(std::move(verdict));
  return verification;
}

}  // namespace stoa::licensing
