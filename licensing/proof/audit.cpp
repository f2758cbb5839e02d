// audit.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/proof/audit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "licensing/proof/log_check.hpp"
#include "licensing/proof/shown_entry.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::licensing {
namespace {

// Where each entry begins in the file, so that a refund finds its call.
class EntryPlaces {
 public:
  explicit EntryPlaces(std::string_view entries) : entries_(entries) {}
  void add(std::uint64_t number, std::string_view rest) { places_.push_back({number, entries_.size() - rest.size()}); }
  Result<Entry> read(std::uint64_t number) const {
    const auto place = std::ranges::lower_bound(places_, number, {}, &Place::number);
    if (place == places_.end() || place->number != number)
      return failure(Code::not_found, "ledger.no_entry", fmt::format("entry {} is not among these", number));
    std::string_view rest = entries_.substr(place->offset);
    const auto shown = take_shown(rest);
    return shown ? decode_public(shown->public_half) : std::unexpected(shown.error());
  }

 private:
  struct Place {
    std::uint64_t number;
    std::size_t offset;
  };
  std::string_view entries_;
  std::vector<Place> places_;
};

Result<void> check_statements(const AuditInput& input, LogCheck& log, std::span<const StatementBuilder> builders) {
  for (std::size_t i = 0; i < input.statements.size(); ++i) {
    const Statement& issued = input.statements[i];
    const auto named = [&](const Error& error) {
      return failure(error.code, error.reason,
                     fmt::format("statement from {} on: {}", registry::utc_text(issued.from_ms), error.message));
    };
    if (auto goes_on = log.check_goes_on_from(issued.head); !goes_on) return named(goes_on.error());
    if (auto equal = compare(issued, builders[i].finish(issued.head)); !equal) return named(equal.error());
  }
  return {};
}

}  // namespace

Result<AuditReport> audit(const AuditInput& input) {
  const auto checkpoint = open_checkpoint(input.checkpoint, input.log);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  auto log = LogCheck::open(checkpoint->head, input.read_tile);
  if (!log) return std::unexpected(log.error());
  for (const std::string& note : input.older) {
    const auto older = open_checkpoint(note, input.log);
    if (!older) return std::unexpected(older.error());
    if (auto goes_on = log->check_goes_on_from(older->head); !goes_on) return std::unexpected(goes_on.error());
  }
  std::vector<StatementBuilder> builders;
  for (const Statement& issued : input.statements) {
    if (issued.party != "publisher/" + input.publisher)
      return failure(Code::data_loss, "audit.differs", fmt::format("a statement is {}'s", issued.party));
    builders.emplace_back(issued.party, issued.currency, issued.from_ms, issued.until_ms);
  }
  auto rest = shown_entries_in(input.entries);
  if (!rest) return std::unexpected(rest.error());
  EntryPlaces places(*rest);
  PublisherAudit worked_out(input.publisher, input.terms, [&](std::uint64_t number) { return places.read(number); });
  while (!rest->empty()) {
    const std::string_view here = *rest;
    const auto shown = take_shown(*rest);
    if (!shown) return std::unexpected(shown.error());
    if (auto in_log = log->check_leaf({leaf_of(*shown), shown->number}); !in_log)
      return std::unexpected(in_log.error());
    const auto entry = decode_public(shown->public_half);
    if (!entry) return std::unexpected(entry.error());
    if (auto fine = worked_out.add(shown->number, *entry, shown->total); !fine) return std::unexpected(fine.error());
    places.add(shown->number, here);
    for (StatementBuilder& builder : builders)
      if (auto added = builder.add(shown->number, *entry); !added) return std::unexpected(added.error());
  }
  if (auto equal = check_statements(input, *log, builders); !equal) return std::unexpected(equal.error());
  return AuditReport{checkpoint->head, input.older.size(), input.statements.size(), worked_out.counts()};
}

}  // namespace stoa::licensing
