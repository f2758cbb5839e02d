// projection_read_store.cpp: SQL of what a projection is asked. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "licensing/projection/projection.hpp"
#include "licensing/projection/tally.hpp"

namespace stoa::licensing {
namespace {

using database::Connection;
using database::Rows;

constexpr std::int64_t kDaysMax = 3'653;       // that a question may be about: ten years
constexpr std::size_t kRowsLookedAt = 10'000;  // for one page of entries of one kind

struct Days {
  std::int64_t first, last;
};
Result<Days> days_of(TimeSpan span) {
  const Days days{span.from_ms / kDayMs, (span.until_ms - 1) / kDayMs};
  if (span.from_ms < 0 || span.until_ms <= span.from_ms || days.last - days.first >= kDaysMax)
    return failure(Code::invalid_argument, "projection.span",
                   fmt::format("from {} until {}: want a beginning before an end, and at most {} days", span.from_ms,
                               span.until_ms, kDaysMax));
  return days;
}

Result<NameNo> name_no(Connection& connection, std::string_view name) {
  auto rows = connection.query("SELECT id FROM names WHERE name = ?", name);
  const NameNo number = rows.next() ? static_cast<NameNo>(rows.integer(0)) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return number;
}

Result<Currency> currency_in(const Rows& rows, int column) { return Currency::parse(rows.text(column)); }

template <class Line, class Take>
Result<std::vector<Line>> lines_of(Rows rows, Take&& take) {
  std::vector<Line> lines;
  while (rows.next()) {
    auto line = take(rows);
    if (!line) return std::unexpected(line.error());
    lines.push_back(std::move(*line));
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return lines;
}

// One day after the other: a table's key begins with the day.
constexpr std::string_view kDays =
    "WITH RECURSIVE days(day) AS (SELECT ?1 UNION ALL SELECT day + 1 FROM days WHERE day < ?2) ";

struct AccountPlace {
  std::uint32_t id = 0;
  std::uint64_t last = 0;
};
Result<std::optional<AccountPlace>> account_place(Connection& connection, std::string_view account,
                                                  const std::optional<Currency>& currency) {
  auto rows = connection.query(
      "SELECT accounts.id, accounts.last FROM names JOIN accounts ON accounts.name = names.id JOIN names AS codes ON "
      "codes.id = accounts.currency WHERE names.name = ?1 AND (?2 = '' OR codes.name = ?2) ORDER BY codes.name LIMIT 1",
      account, currency ? currency->code() : std::string_view());
  std::optional<AccountPlace> place;
  if (rows.next())
    place = AccountPlace{static_cast<std::uint32_t>(rows.integer(0)), static_cast<std::uint64_t>(rows.integer(1))};
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return place;
}

Result<std::optional<std::uint64_t>> newest_of_customer(Connection& connection, std::string_view customer) {
  auto rows = connection.query(
      "SELECT customers.last FROM names JOIN customers ON customers.name = names.id WHERE names.name = ?", customer);
  std::optional<std::uint64_t> newest;
  if (rows.next()) newest = static_cast<std::uint64_t>(rows.integer(0));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return newest;
}

// A row of `entries` with its names; where the next of a customer or account is.
struct ReadEntry {
  EntryLine line;
  std::optional<std::uint64_t> customer_before = {};
  std::vector<PackedPosting> postings = {};
};
constexpr std::string_view kEntry =
    "SELECT number, kind, booked_ms, happened_ms, codes.name, customers.name, models.name, outcome, gross, tax, "
    "refers, "
    "reason, postings, before FROM entries JOIN names AS codes ON codes.id = currency LEFT JOIN names AS customers ON "
    "customers.id = customer LEFT JOIN names AS models ON models.id = model ";

Result<ReadEntry> read_entry(const Rows& rows) {
  const auto currency = currency_in(rows, 4);
  if (!currency) return std::unexpected(currency.error());
  const auto packed = rows.blob(12);
  auto postings = unpack({reinterpret_cast<const char*>(packed.data()), packed.size()});
  if (!postings) return std::unexpected(postings.error());
  const auto refers = rows.optional_integer(10), before = rows.optional_integer(13);
  ReadEntry entry{.line = {.number = static_cast<std::uint64_t>(rows.integer(0)),
                           .kind = static_cast<EntryKind>(rows.integer(1)),
                           .booked_ms = rows.integer(2),
                           .happened_ms = rows.integer(3),
                           .currency = *currency,
                           .customer = std::string(rows.text(5)),
                           .model = std::string(rows.text(6)),
                           .outcome = static_cast<Outcome>(rows.integer(7)),
                           .gross = rows.integer(8),
                           .tax = rows.integer(9),
                           .reason = std::string(rows.text(11))},
                  .postings = std::move(*postings)};
  if (refers) entry.line.refers = static_cast<std::uint64_t>(*refers);
  if (before) entry.customer_before = static_cast<std::uint64_t>(*before);
  return entry;
}

Result<void> name_postings(Connection& connection, ReadEntry& entry) {
  for (const PackedPosting& posting : entry.postings) {
    auto rows = connection.query(
        "SELECT names.name FROM accounts JOIN names ON names.id = accounts.name WHERE "
        "accounts.id = ?",
        posting.account);
    std::string name;
    if (rows.next()) name = rows.text(0);
    if (auto end = rows.end(); !end) return end;
    entry.line.postings.push_back({std::move(name), posting.amount});
  }
  return {};
}

Result<ReadEntry> entry_at(Connection& connection, std::uint64_t number) {
  static const std::string sql = std::string(kEntry) + "WHERE number = ?";
  auto rows = connection.query(sql, number);
  Result<ReadEntry> entry =
      failure(Code::not_found, "ledger.no_entry", fmt::format("entry {}: the projection does not have it", number));
  if (rows.next()) entry = read_entry(rows);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  if (entry)
    if (auto named = name_postings(connection, *entry); !named) return std::unexpected(named.error());
  return entry;
}

// From one entry to the one before it, by what the rows say.
template <class Before>
Result<EntryPage> chained(Connection& connection, std::optional<std::uint64_t> at, const EntryQuery& query,
                          Before&& before) {
  EntryPage page;
  for (std::size_t looked_at = 0; at && page.entries.size() < query.most && looked_at < kRowsLookedAt; ++looked_at) {
    auto entry = entry_at(connection, *at);
    if (!entry) return std::unexpected(entry.error());
    auto next = before(*entry);
    if (!next) return std::unexpected(next.error());
    at = *next;
    if (!query.kind || entry->line.kind == *query.kind) page.entries.push_back(std::move(entry->line));
  }
  page.next = at;
  return page;
}

std::unexpected<Error> not_there(std::uint64_t number) {
  return failure(Code::invalid_argument, "projection.page", fmt::format("entry {}: is no place of this list", number));
}

Result<EntryPage> entries_of_customer(Connection& connection, const EntryQuery& query) {
  auto at = newest_of_customer(connection, query.customer);
  if (!at) return std::unexpected(at.error());
  if (*at && query.from) at = query.from;
  return chained(connection, *at, query, [&](const ReadEntry& entry) -> Result<std::optional<std::uint64_t>> {
    if (entry.line.customer != query.customer) return not_there(entry.line.number);
    return entry.customer_before;
  });
}

Result<EntryPage> entries_of_account(Connection& connection, const EntryQuery& query) {
  const auto account = account_place(connection, query.account, query.currency);
  if (!account) return std::unexpected(account.error());
  if (!*account) return EntryPage{};
  return chained(connection, query.from.value_or((*account)->last), query,
                 [&](const ReadEntry& entry) -> Result<std::optional<std::uint64_t>> {
                   const auto posting = std::ranges::find(entry.postings, (*account)->id, &PackedPosting::account);
                   if (posting == entry.postings.end()) return not_there(entry.line.number);
                   return posting->before;
                 });
}

Result<EntryPage> newest_entries(Connection& connection, const EntryQuery& query) {
  auto newest = connection.query("SELECT max(number) FROM entries");
  std::optional<std::uint64_t> at;
  if (newest.next() && !newest.is_null(0)) at = static_cast<std::uint64_t>(newest.integer(0));
  if (auto end = newest.end(); !end) return std::unexpected(end.error());
  if (at && query.from) at = std::min(*at, *query.from);
  return chained(connection, at, query, [](const ReadEntry& entry) -> Result<std::optional<std::uint64_t>> {
    return entry.line.number == 0 ? std::nullopt : std::optional(entry.line.number - 1);
  });
}

}  // namespace

Result<std::vector<UsageLine>> Projection::usage_of(std::string_view customer, TimeSpan span) const {
  const auto days = days_of(span);
  if (!days) return std::unexpected(days.error());
  static const std::string sql =
      std::string(kDays) +
      "SELECT usage.day, models.name, meters.name, units FROM days CROSS JOIN usage ON usage.day = days.day AND "
      "customer = ?3 JOIN names AS models ON models.id = model JOIN names AS meters ON meters.id = meter "
      "ORDER BY usage.day, models.name, meters.name";
  const std::lock_guard lock(reading_);
  const auto number = name_no(reader_, customer);
  if (!number) return std::unexpected(number.error());
  return lines_of<UsageLine>(reader_.query(sql, days->first, days->last, *number),
                             [](const Rows& rows) -> Result<UsageLine> {
                               return UsageLine{rows.integer(0) * kDayMs, std::string(rows.text(1)),
                                                std::string(rows.text(2)), static_cast<std::uint64_t>(rows.integer(3))};
                             });
}

Result<std::vector<SpendLine>> Projection::spend_of(std::string_view customer, TimeSpan span) const {
  const auto days = days_of(span);
  if (!days) return std::unexpected(days.error());
  static const std::string sql =
      std::string(kDays) +
      "SELECT spend.day, kind, models.name, codes.name, entries, gross, tax, paid FROM days CROSS JOIN spend ON "
      "spend.day = days.day AND customer = ?3 LEFT JOIN names AS models ON models.id = model JOIN names AS codes ON "
      "codes.id = currency ORDER BY spend.day, kind, models.name, codes.name";
  const std::lock_guard lock(reading_);
  const auto number = name_no(reader_, customer);
  if (!number) return std::unexpected(number.error());
  return lines_of<SpendLine>(reader_.query(sql, days->first, days->last, *number),
                             [](const Rows& rows) -> Result<SpendLine> {
                               const auto currency = currency_in(rows, 3);
                               if (!currency) return std::unexpected(currency.error());
                               return SpendLine{.day_ms = rows.integer(0) * kDayMs,
                                                .kind = static_cast<EntryKind>(rows.integer(1)),
                                                .model = std::string(rows.text(2)),
                                                .currency = *currency,
                                                .entries = static_cast<std::uint64_t>(rows.integer(4)),
                                                .gross = rows.integer(5),
                                                .tax = rows.integer(6),
                                                .paid = rows.integer(7)};
                             });
}

Result<std::vector<EarningsLine>> Projection::earnings_of(std::string_view account, TimeSpan span) const {
  const auto days = days_of(span);
  if (!days) return std::unexpected(days.error());
  static const std::string sql =
      std::string(kDays) +
      "SELECT earnings.day, kind, models.name, codes.name, earnings.entries, gross, amount FROM days CROSS JOIN "
      "accounts CROSS JOIN earnings ON earnings.day = days.day AND account = accounts.id LEFT JOIN names AS models ON "
      "models.id = model JOIN names AS codes ON codes.id = accounts.currency WHERE accounts.name = ?3 "
      "ORDER BY earnings.day, kind, models.name, codes.name";
  const std::lock_guard lock(reading_);
  const auto number = name_no(reader_, account);
  if (!number) return std::unexpected(number.error());
  return lines_of<EarningsLine>(reader_.query(sql, days->first, days->last, *number),
                                [](const Rows& rows) -> Result<EarningsLine> {
                                  const auto currency = currency_in(rows, 3);
                                  if (!currency) return std::unexpected(currency.error());
                                  return EarningsLine{.day_ms = rows.integer(0) * kDayMs,
                                                      .kind = static_cast<EntryKind>(rows.integer(1)),
                                                      .model = std::string(rows.text(2)),
                                                      .currency = *currency,
                                                      .entries = static_cast<std::uint64_t>(rows.integer(4)),
                                                      .gross = rows.integer(5),
                                                      .amount = rows.integer(6)};
                                });
}

Result<std::vector<AccountLine>> Projection::accounts(std::string_view prefix, std::string_view after,
                                                      std::size_t most) const {
  const std::string_view begin = std::max(prefix, after.substr(0, after.find(' ')));
  const std::lock_guard lock(reading_);
  return lines_of<AccountLine>(
      reader_.query("SELECT names.name, codes.name, debits, credits, entries, last FROM names JOIN accounts ON "
                    "accounts.name = names.id JOIN names AS codes ON codes.id = accounts.currency WHERE "
                    "names.name >= ?4 AND substr(names.name, 1, length(?1)) = ?1 AND "
                    "names.name || ' ' || codes.name > ?2 ORDER BY names.name, codes.name LIMIT ?3",
                    prefix, after, most, begin),
      [](const Rows& rows) -> Result<AccountLine> {
        const auto currency = currency_in(rows, 1);
        if (!currency) return std::unexpected(currency.error());
        return AccountLine{.account = std::string(rows.text(0)),
                           .currency = *currency,
                           .debits = rows.integer(2),
                           .credits = rows.integer(3),
                           .entries = static_cast<std::uint64_t>(rows.integer(4)),
                           .last = static_cast<std::uint64_t>(rows.integer(5))};
      });
}

Result<EntryPage> Projection::entries(const EntryQuery& query) const {
  const std::lock_guard lock(reading_);
  if (!query.customer.empty()) return entries_of_customer(reader_, query);
  return query.account.empty() ? newest_entries(reader_, query) : entries_of_account(reader_, query);
}

Result<EntryLine> Projection::entry(std::uint64_t number) const {
  const std::lock_guard lock(reading_);
  auto entry = entry_at(reader_, number);
  if (!entry) return std::unexpected(entry.error());
  return std::move(entry->line);
}

Result<void> Projection::copy_to(const std::filesystem::path& file) const {
  const std::lock_guard lock(reading_);
  return reader_.back_up(file);
}

}  // namespace stoa::licensing
