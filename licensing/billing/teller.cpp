// teller.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/billing/teller.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::licensing {
namespace {

// Nobody without the secret can tell one from random bytes.
Salts salts_of(const Sha256& secret, std::uint64_t number) {
  std::string bytes(secret.begin(), secret.end());
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(number >> (8 * i));
  const Sha256 hash = registry::sha256_of(bytes);
  Salts salts;
  std::copy_n(hash.begin(), salts.of_public.size(), salts.of_public.begin());
  std::copy_n(hash.begin() + salts.of_public.size(), salts.of_private.size(), salts.of_private.begin());
  return salts;
}

std::unexpected<Error> broken() {
  return failure(Code::unavailable, "journal.failed", "billing has stopped, because the journal cannot be written");
}

}  // namespace

Result<std::unique_ptr<Teller>> Teller::open(Journal& journal, const BillingTerms& terms, const Sha256& secret,
                                             std::function<std::int64_t()> now_ms) {
  std::unique_ptr<Teller> teller(new Teller(journal, terms, secret, std::move(now_ms)));
  Result<void> result;
  const auto end = journal.read(0, [&](std::uint64_t number, std::string_view record) {
    const auto entry = decode(record);
    result = entry ? teller->book_.replay(*entry) : std::unexpected(entry.error());
    if (!result) result.error().message = fmt::format("entry {}: {}", number, result.error().message);
    return result.has_value();
  });
  if (!result) return std::unexpected(result.error());
  if (!end) return std::unexpected(end.error());
  teller->next_ = *end;
  return teller;
}

void Teller::set_terms(const BillingTerms& terms) {
  const std::lock_guard lock(mutex_);
  book_.set_terms(terms);
}

Result<AccountsBook::CallHold> Teller::hold(std::string_view customer, std::string_view model,
                                            std::span<const Quantity> at_most) {
  const std::lock_guard lock(mutex_);
  if (is_broken_ || journal_.has_failed()) return broken();
  return book_.hold(customer, model, at_most, now_ms_());
}

void Teller::release(const AccountsBook::CallHold& hold) {
  const std::lock_guard lock(mutex_);
  book_.release(hold);
}

Result<std::uint64_t> Teller::append(const Entry& entry) {
  auto number = journal_.append(encode(entry, salts_of(secret_, next_)));
  if (number) ++next_;
  is_broken_ = !number;
  return number;
}

Result<Teller::Settled> Teller::settle(const ServedCall& call, const AccountsBook::CallHold& hold) {
  const std::lock_guard lock(mutex_);
  if (is_broken_) {
    book_.release(hold);
    return broken();
  }
  const auto entry = book_.settle(call, &hold, now_ms_());
  if (!entry) {
    book_.release(hold);
    return std::unexpected(entry.error());
  }
  const auto number = append(*entry);
  if (!number) return std::unexpected(number.error());
  return Settled{*number, entry->usage->gross, entry->usage->tax};
}

Result<std::uint64_t> Teller::refund(std::uint64_t call, std::optional<Nano> amount, std::string reason) {
  Result<Entry> original = failure(Code::not_found, "ledger.no_entry", fmt::format("entry {}: there is none", call));
  const auto read = journal_.read(call, [&](std::uint64_t, std::string_view record) {
    original = decode(record);
    return false;
  });
  if (!read) return std::unexpected(read.error());
  if (!original) return std::unexpected(original.error());
  const std::lock_guard lock(mutex_);
  if (is_broken_) return broken();
  const auto entry =
      book_.refund(call, *original, amount.value_or(book_.refundable(call, *original)), std::move(reason), now_ms_());
  if (!entry) return std::unexpected(entry.error());
  return append(*entry);
}

Result<std::uint64_t> Teller::book(Entry entry) {
  const std::lock_guard lock(mutex_);
  if (is_broken_) return broken();
  entry.booked_ms = now_ms_();
  if (auto booked = book_.book(entry); !booked) return std::unexpected(booked.error());
  return append(entry);
}

}  // namespace stoa::licensing
