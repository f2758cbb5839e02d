// teller.hpp: holds, settles and refunds, each in the journal before anybody is told.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "licensing/billing/accounts_book.hpp"
#include "licensing/billing/saved_book.hpp"
#include "licensing/journal/journal.hpp"
#include "licensing/ledger/entry_codec.hpp"

namespace stoa::licensing {

// Threads: any. The book and the order of the journal are one: an entry is appended before another is made.
// Invariant: what is not durable is acknowledged to nobody; when the journal fails, every call is refused from then on.
class Teller {
 public:
  // Reads the journal from the beginning; with a saved book only what lies behind it (open_from_saved() takes care of
  // one that does not fit). Lifetime: all outlive this, saved does not need to. Errors: those of Journal::read, decode
  // and AccountsBook::replay, and of AccountsBook::restore.
  static Result<std::unique_ptr<Teller>> open(Journal& journal, const BillingTerms& terms,
                                              std::function<std::int64_t()> now_ms, const SavedBook* saved = nullptr);

  void set_terms(const BillingTerms& terms);

  // Before a call that comes now. Errors: those of AccountsBook::hold; unavailable "journal.failed", and
  // "journal.behind": the disk does not keep up, later it may.
  Result<AccountsBook::CallHold> hold(std::string_view customer, std::string_view model,
                                      std::span<const Quantity> at_most);
  // The same of a call that came at happened_ms, which it is settled by.
  Result<AccountsBook::CallHold> hold(std::string_view customer, std::string_view model, const UnitsByMeter& at_most,
                                      std::int64_t happened_ms);
  // The call was not served, and is not charged.
  void release(const AccountsBook::CallHold& hold);
  // After it: the entry's number, which is durable once the journal says so (Journal::wait). On an error nothing was
  // charged, and the hold is gone.
  struct Settled {
    std::uint64_t number = 0;
    Nano gross = 0, tax = 0;
  };
  Result<Settled> settle(const ServedCall& call, const AccountsBook::CallHold& hold);
  // amount: nothing for all that is left. act: whose entry it is, for whoever looks for it after a crash: its private
  // half names it as the request. Errors: those of AccountsBook::refund, Journal::read.
  Result<std::uint64_t> refund(std::uint64_t call, std::optional<Nano> amount, std::string reason,
                               std::string act = {});
  // A top-up, an adjustment, a payout. Errors: those of Balances::apply, of the journal.
  Result<std::uint64_t> book(Entry entry);

  // The book as it is now, and how many entries are in it: the last of them may not be durable yet. Nothing: an entry
  // could not be appended, and the book is not what the journal comes to.
  std::optional<SavedBook> save() const;
  // Nothing is held or charged any more, until the journal is opened again.
  bool has_stopped() const {
    const std::lock_guard lock(mutex_);
    return is_broken_ || journal_.has_failed();
  }

  // Since this was made.
  struct Sold {
    std::uint64_t calls = 0;
    Nano gross = 0;
  };
  struct Counts {
    std::uint64_t holds = 0;  // open now
    std::map<Currency, Sold> sold = {};
  };
  Counts counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

  // What the book says, while nothing changes it.
  template <class Look>
  auto look(Look&& look) const {
    const std::lock_guard lock(mutex_);
    return look(book_);
  }

 private:
  Teller(Journal& journal, const BillingTerms& terms, std::function<std::int64_t()> now_ms)
      : journal_(journal), now_ms_(std::move(now_ms)), book_(terms) {}
  Result<void> may_hold() const;
  Result<std::uint64_t> append();
  Result<AccountsBook::CallHold> counted(Result<AccountsBook::CallHold> hold);
  std::int64_t now();
  Salts next_salts();

  Journal& journal_;
  const std::function<std::int64_t()> now_ms_;
  mutable std::mutex mutex_;
  AccountsBook book_;                        // Lock: mutex_
  std::uint64_t entries_ = 0;                // Lock: mutex_: of the journal that are in the book
  std::int64_t booked_ms_ = 0;               // Lock: mutex_: of the last entry; entries are in the order of their times
  std::string record_;                       // Lock: mutex_: used again
  std::array<std::uint8_t, 4096> random_{};  // Lock: mutex_: salts to come
  std::size_t random_used_ = sizeof random_;  // Lock: mutex_
  Counts counts_;                             // Lock: mutex_
  bool is_broken_ = false;                    // Lock: mutex_: the book is ahead of the journal
};

}  // namespace stoa::licensing
