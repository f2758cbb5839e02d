// teller.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/billing/teller.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "registry/document/id.hpp"

namespace stoa::licensing {
namespace {

std::unexpected<Error> broken() {
  return failure(Code::unavailable, "journal.failed", "billing has stopped, because the journal cannot be written");
}

}  // namespace

Result<std::unique_ptr<Teller>> Teller::open(Journal& journal, const BillingTerms& terms,
                                             std::function<std::int64_t()> now_ms, const SavedBook* saved) {
  std::unique_ptr<Teller> teller(new Teller(journal, terms, std::move(now_ms)));
  if (saved) {
    if (auto restored = teller->book_.restore(saved->state); !restored) return std::unexpected(restored.error());
    teller->entries_ = saved->entries;
  }
  Result<void> result;
  const std::uint64_t saved_entries = teller->entries_;
  // From the last one that is in it already: its time is that of the book.
  const auto end =
      journal.read(saved_entries == 0 ? 0 : saved_entries - 1, [&](std::uint64_t number, std::string_view record) {
        const auto entry = decode(record);
        result = !entry                   ? std::unexpected(entry.error())
                 : number < saved_entries ? Result<void>()
                                          : teller->book_.replay(*entry);
        if (entry) teller->booked_ms_ = std::max(teller->booked_ms_, entry->booked_ms);
        if (!result) result.error().message = fmt::format("entry {}: {}", number, result.error().message);
        return result.has_value();
      });
  if (!result) return std::unexpected(result.error());
  if (!end) return std::unexpected(end.error());
  teller->entries_ = std::max(saved_entries, *end);
  return teller;
}

std::optional<SavedBook> Teller::save() const {
  const std::lock_guard lock(mutex_);
  if (is_broken_) return std::nullopt;  // it has what the journal has not
  return SavedBook{entries_, book_.state()};
}

void Teller::set_terms(const BillingTerms& terms) {
  const std::lock_guard lock(mutex_);
  book_.set_terms(terms);
}

// Lock: mutex_.
Result<void> Teller::may_hold() const {
  if (is_broken_ || journal_.has_failed()) return broken();
  // Whoever has a hold is settled, however long the disk stalls: its entry has room.
  if (journal_.is_behind())
    return failure(Code::unavailable, "journal.behind", "billing waits for the disk, which does not keep up");
  return {};
}

Result<AccountsBook::CallHold> Teller::counted(Result<AccountsBook::CallHold> hold) {
  if (hold) ++counts_.holds;
  return hold;
}

Result<AccountsBook::CallHold> Teller::hold(std::string_view customer, std::string_view model,
                                            std::span<const Quantity> at_most) {
  const std::lock_guard lock(mutex_);
  if (auto may = may_hold(); !may) return std::unexpected(may.error());
  return counted(book_.hold(customer, model, at_most, now_ms_()));
}

Result<AccountsBook::CallHold> Teller::hold(std::string_view customer, std::string_view model,
                                            const UnitsByMeter& at_most, std::int64_t happened_ms) {
  const std::lock_guard lock(mutex_);
  if (auto may = may_hold(); !may) return std::unexpected(may.error());
  return counted(book_.hold(customer, model, at_most, happened_ms));
}

void Teller::release(const AccountsBook::CallHold& hold) {
  const std::lock_guard lock(mutex_);
  --counts_.holds;
  book_.release(hold);
}

// Where the clock was set back it stands still: a period that is over stays over.
std::int64_t Teller::now() { return booked_ms_ = std::max(booked_ms_, now_ms_()); }

Salts Teller::next_salts() {
  if (random_used_ == random_.size()) {
    registry::fill_random(random_);
    random_used_ = 0;
  }
  Salts salts;
  for (Salt* const salt : {&salts.of_public, &salts.of_private}) {
    std::copy_n(random_.begin() + random_used_, salt->size(), salt->begin());
    random_used_ += salt->size();
  }
  return salts;
}

// Of record_.
Result<std::uint64_t> Teller::append() {
  auto number = journal_.append(record_, Room::promised);
  is_broken_ = !number;
  if (number) entries_ = *number + 1;
  return number;
}

Result<Teller::Settled> Teller::settle(const ServedCall& call, const AccountsBook::CallHold& hold) {
  const std::lock_guard lock(mutex_);
  --counts_.holds;
  if (is_broken_) {
    book_.release(hold);
    return broken();
  }
  const auto entry = book_.settle(call, &hold, now());
  if (!entry) {
    book_.release(hold);
    return std::unexpected(entry.error());
  }
  encode(*entry, next_salts(), record_);
  const auto number = append();
  if (!number) return std::unexpected(number.error());
  Sold& sold = counts_.sold[entry->currency];
  ++sold.calls;
  if (const auto sum = plus(sold.gross, entry->usage->gross)) sold.gross = *sum;
  return Settled{*number, entry->usage->gross, entry->usage->tax};
}

Result<std::uint64_t> Teller::refund(std::uint64_t call, std::optional<Nano> amount, std::string reason,
                                     std::string act) {
  Result<Entry> original = failure(Code::not_found, "ledger.no_entry", fmt::format("entry {}: there is none", call));
  const auto read = journal_.read(call, [&](std::uint64_t, std::string_view record) {
    original = decode(record);
    return false;
  });
  if (!read) return std::unexpected(read.error());
  if (!original) return std::unexpected(original.error());
  const std::lock_guard lock(mutex_);
  if (is_broken_) return broken();
  auto entry =
      book_.refund(call, *original, amount.value_or(book_.refundable(call, *original)), std::move(reason), now());
  if (!entry) return std::unexpected(entry.error());
  if (!act.empty())
    entry->party = CallParty{
        .customer = original->party->customer, .key = {}, .request = std::move(act), .idempotency_key = {}, .body = {}};
  record_ = encode(*entry, next_salts());
  return append();
}

Result<std::uint64_t> Teller::book(Entry entry) {
  const std::lock_guard lock(mutex_);
  if (is_broken_) return broken();
  entry.booked_ms = now();
  if (auto booked = book_.book(entry); !booked) return std::unexpected(booked.error());
  record_ = encode(entry, next_salts());
  return append();
}

}  // namespace stoa::licensing
