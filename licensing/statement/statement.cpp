// statement.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/statement/statement.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::licensing {
namespace {

std::unexpected<Error> differs(std::string_view what, std::string_view issued, std::string_view worked_out) {
  return failure(Code::data_loss, "audit.differs",
                 fmt::format("{}: the statement says {}, the entries come to {}", what, issued, worked_out));
}

Result<void> add_to(Nano& sum, Nano amount) {
  auto grown = plus(sum, amount);
  if (!grown) return std::unexpected(grown.error());
  sum = *grown;
  return {};
}

std::string name_of(const StatementLine& line) {
  return fmt::format("{} {} {} {}", name_of(line.kind), line.model, line.price, line.agreement);
}

}  // namespace

StatementBuilder::StatementBuilder(std::string party, Currency currency, std::int64_t from_ms, std::int64_t until_ms,
                                   Nano opening)
    : account_("payable:" + party), statement_{std::move(party), currency, from_ms, until_ms, opening, opening} {}

Result<void> StatementBuilder::add(std::uint64_t number, const Entry& entry) {
  if (entry.currency != statement_.currency || entry.booked_ms >= statement_.until_ms) return {};
  const auto posting = std::ranges::find(entry.postings, account_, &Posting::account);
  if (posting == entry.postings.end()) return {};
  // A credit is what the party is owed.
  const auto earned = minus(0, posting->amount);
  if (!earned) return std::unexpected(earned.error());
  if (auto added = add_to(statement_.closing, *earned); !added) return added;
  if (entry.booked_ms < statement_.from_ms) return add_to(statement_.opening, *earned);

  if (lines_.empty()) statement_.first = number;
  statement_.last = number;
  const bool is_call = entry.usage.has_value();
  StatementLine& line = lines_[{entry.kind, is_call ? entry.usage->model : "", is_call ? entry.usage->price : "",
                                is_call ? entry.usage->agreement : ""}];
  line.kind = entry.kind;
  ++line.entries;
  if (auto added = add_to(line.amount, *earned); !added) return added;
  return is_call ? add_usage(line, *entry.usage) : Result<void>();
}

Result<void> StatementBuilder::add_usage(StatementLine& line, const Usage& usage) {
  line.model = usage.model;
  line.price = usage.price;
  line.agreement = usage.agreement;
  for (const Quantity& quantity : usage.quantities) {
    std::uint64_t& units = line.units[quantity.meter];
    if (__builtin_add_overflow(units, quantity.units, &units))
      return failure(Code::out_of_range, "meter.overflow",
                     fmt::format("{}: more units than 64 bits hold", quantity.meter));
  }
  return add_to(line.gross, usage.gross);
}

Statement StatementBuilder::finish(const TreeHead& head) const {
  Statement statement = statement_;
  statement.head = head;
  for (const auto& [name, line] : lines_) statement.lines.push_back(line);
  return statement;
}

Result<void> compare(const Statement& issued, const Statement& worked_out) {
  if (issued.party != worked_out.party) return differs("party", issued.party, worked_out.party);
  const std::size_t most = std::max(issued.lines.size(), worked_out.lines.size());
  for (std::size_t i = 0; i < most; ++i) {
    const StatementLine* const ours = i < worked_out.lines.size() ? &worked_out.lines[i] : nullptr;
    const StatementLine* const theirs = i < issued.lines.size() ? &issued.lines[i] : nullptr;
    const auto text = [](const StatementLine* line) {
      if (!line) return std::string("nothing");
      std::string units;
      for (const auto& [meter, count] : line->units) units += fmt::format(" {} {}", count, meter);
      return fmt::format("{}: {} entries, {} of {},{}", name_of(*line), line->entries, amount_text(line->amount),
                         amount_text(line->gross), units);
    };
    if (!ours || !theirs || *ours != *theirs) return differs(fmt::format("line {}", i + 1), text(theirs), text(ours));
  }
  if (issued.opening != worked_out.opening)
    return differs("opening", amount_text(issued.opening), amount_text(worked_out.opening));
  if (issued.closing != worked_out.closing)
    return differs("closing", amount_text(issued.closing), amount_text(worked_out.closing));
  if (issued != worked_out) return differs("period, entries or log", "one thing", "another");
  return {};
}

}  // namespace stoa::licensing
