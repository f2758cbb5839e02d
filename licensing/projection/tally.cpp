// tally.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/projection/tally.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "licensing/ledger/chart.hpp"
#include "licensing/projection/lines.hpp"

namespace stoa::licensing {
namespace {

std::int32_t day_of(std::int64_t at_ms) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(at_ms / kDayMs, 0, INT32_MAX));
}

Nano sum_of(Nano a, Nano b) {
  Nano sum;
  if (__builtin_add_overflow(a, b, &sum)) return b > 0 ? INT64_MAX : INT64_MIN;
  return sum;
}

// Kinds of accounts that a customer owns.
bool is_customers(std::string_view kind) { return kind == "wallet" || kind == "recv" || kind == "promo"; }

void write_number(std::uint64_t value, std::string& out) {
  for (; value >= 128; value >>= 7) out += static_cast<char>(value | 128);
  out += static_cast<char>(value);
}

bool read_number(std::string_view& in, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto part = static_cast<std::uint8_t>(in.front());
    in.remove_prefix(1);
    value |= std::uint64_t{part & 127u} << shift;
    if (part < 128) return true;
  }
  return false;
}

std::uint64_t folded(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}

}  // namespace

NameNo NameTable::number_of(std::string_view name) {
  if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
  add(std::string(name));
  return static_cast<NameNo>(names_.size());
}

void NameTable::add(std::string name) {
  const auto number = static_cast<NameNo>(names_.size() + 1);
  numbers_.emplace(names_.emplace_back(std::move(name)), number);
}

std::size_t TallyKeyHash::operator()(const TallyKey& key) const noexcept {
  std::uint64_t hash = static_cast<std::uint32_t>(key.day);
  for (const std::uint32_t part : {key.first, key.second, key.third, key.fourth})
    hash = (hash ^ part) * 0x9e3779b97f4a7c15u;  // 2^64 over the golden ratio: neighbours lie far apart
  return hash ^ hash >> 32;
}

void pack(const PackedPosting& posting, std::string& out) {
  write_number(posting.account, out);
  write_number(folded(posting.amount), out);
  write_number(posting.before ? *posting.before + 1 : 0, out);
}

Result<std::vector<PackedPosting>> unpack(std::string_view postings) {
  std::vector<PackedPosting> all;
  while (!postings.empty()) {
    std::uint64_t account, amount, before;
    if (!read_number(postings, account) || !read_number(postings, amount) || !read_number(postings, before) ||
        account > UINT32_MAX)
      return failure(Code::data_loss, "projection.form",
                     "an entry's postings are not in the form they were written in");
    all.push_back({static_cast<std::uint32_t>(account), static_cast<Nano>(amount >> 1 ^ (0 - (amount & 1))),
                   before == 0 ? std::nullopt : std::optional(before - 1)});
  }
  return all;
}

std::uint32_t Tally::add_account(Account account) {
  const auto kind = kind_of_account(names_.name(account.name));
  account.is_shown = kind && !(*kind)->is_private;
  const auto number = static_cast<std::uint32_t>(accounts_.size() + 1);
  account_numbers_.emplace(std::uint64_t{account.name} << 32 | account.currency, number);
  accounts_.push_back(account);
  return number;
}

Result<std::uint32_t> Tally::account_of(std::string_view account, NameNo currency) {
  const NameNo name = names_.number_of(account);
  if (const auto known = account_numbers_.find(std::uint64_t{name} << 32 | currency); known != account_numbers_.end())
    return known->second;
  if (const auto kind = kind_of_account(account); !kind) return std::unexpected(kind.error());
  return add_account({.name = name, .currency = currency});
}

Result<void> Tally::add(std::uint64_t number, const Entry& entry) {
  EntryRow row{.number = number, .kind = entry.kind, .booked_ms = entry.booked_ms, .happened_ms = entry.happened_ms};
  row.currency = names_.number_of(entry.currency.code());
  row.refers = entry.refers;
  row.reason = entry.reason;
  if (entry.usage) {
    row.model = names_.number_of(entry.usage->model);
    row.outcome = entry.usage->outcome;
    row.gross = entry.usage->gross;
    row.tax = entry.usage->tax;
  }
  if (entry.party) row.customer = names_.number_of(entry.party->customer);
  const std::int32_t booked_day = day_of(entry.booked_ms);
  Nano paid = 0;
  for (const Posting& posting : entry.postings) {
    if (auto posted = post(row, posting, booked_day); !posted) return posted;
    const std::string_view account = posting.account;
    const std::size_t colon = account.find(':');
    if (colon == std::string_view::npos || !is_customers(account.substr(0, colon))) continue;
    if (row.customer == 0) row.customer = names_.number_of(account.substr(colon + 1));
    paid = sum_of(paid, posting.amount);
  }
  if (row.customer != 0) count_spend(row, entry, paid);
  if (entry.usage && row.customer != 0) count_usage(row, *entry.usage);
  if (row.customer != 0) {
    Customer& customer = customers_[row.customer];
    row.customer_before = customer.last;
    customer.last = number;
    ++customer.entries;
    if (!std::exchange(customer.has_changed, true)) changed_customers_.push_back(row.customer);
  }
  batch_.entries.push_back(std::move(row));
  return {};
}

Result<void> Tally::post(EntryRow& row, const Posting& posting, std::int32_t booked_day) {
  const auto account_no = account_of(posting.account, row.currency);
  if (!account_no) return std::unexpected(account_no.error());
  Account& account = accounts_[*account_no - 1];
  Nano& side = posting.amount > 0 ? account.debits : account.credits;
  const auto grown = posting.amount > 0 ? plus(side, posting.amount) : minus(side, posting.amount);
  if (!grown) return std::unexpected(grown.error());
  side = *grown;
  ++account.entries;
  pack({*account_no, posting.amount, account.last}, row.postings);
  account.last = row.number;
  if (!std::exchange(account.has_changed, true)) changed_accounts_.push_back(*account_no);
  if (!account.is_shown) return {};
  MoneySums& sums = batch_.earnings[{booked_day, *account_no, static_cast<std::uint32_t>(row.kind), row.model, 0}];
  ++sums.entries;
  sums.gross = sum_of(sums.gross, row.gross);
  sums.amount = sum_of(sums.amount, posting.amount == INT64_MIN ? INT64_MAX : -posting.amount);
  return {};
}

void Tally::count_usage(const EntryRow& row, const Usage& usage) {
  for (const Quantity& quantity : usage.quantities) {
    if (quantity.units == 0) continue;
    std::uint64_t& units =
        batch_.usage[{day_of(row.happened_ms), row.customer, row.model, names_.number_of(quantity.meter), 0}];
    constexpr std::uint64_t kMost = INT64_MAX;
    units = quantity.units > kMost - units ? kMost : units + quantity.units;
  }
}

void Tally::count_spend(const EntryRow& row, const Entry& entry, Nano paid) {
  MoneySums& sums = batch_.spend[{day_of(entry.happened_ms), row.customer, static_cast<std::uint32_t>(row.kind),
                                  row.model, row.currency}];
  ++sums.entries;
  sums.gross = sum_of(sums.gross, row.gross);
  sums.tax = sum_of(sums.tax, row.tax);
  sums.amount = sum_of(sums.amount, paid);
}

TallyBatch Tally::take() {
  for (std::size_t name = batch_.names_known; name < names_.size(); ++name)
    batch_.names.push_back(names_.name(static_cast<NameNo>(name + 1)));
  // Rows are written in the order of their keys.
  std::ranges::sort(changed_accounts_);
  std::ranges::sort(changed_customers_);
  for (const std::uint32_t number : changed_accounts_) {
    accounts_[number - 1].has_changed = false;
    batch_.accounts.emplace_back(number, accounts_[number - 1]);
  }
  for (const NameNo name : changed_customers_) {
    customers_[name].has_changed = false;
    batch_.customers.emplace_back(name, customers_[name]);
  }
  changed_accounts_.clear();
  changed_customers_.clear();
  return std::exchange(batch_, TallyBatch{.names_known = names_.size()});
}

}  // namespace stoa::licensing
