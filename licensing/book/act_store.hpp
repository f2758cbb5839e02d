// act_store.hpp: one act on the book: a transaction that ends with its line of the audit log and the next revision.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <mutex>
#include <string_view>
#include <utility>

#include "licensing/book/book.hpp"
#include "licensing/book/lease_store.hpp"

namespace stoa::licensing {

// Usage: begin, change rows, end. Destroyed before that: nothing was changed. Lock: the book's, for as long as it
// lives.
struct Book::Act {
  static Result<Act> begin(Book& book) {
    std::unique_lock lock(book.writing_mutex_);
    auto transaction = database::Transaction::begin(book.writing_);
    if (!transaction) return std::unexpected(transaction.error());
    auto rows = book.writing_.query("SELECT revision FROM book");
    const std::int64_t revision = rows.next() ? rows.integer(0) + 1 : 1;
    if (auto end = rows.end(); !end) return std::unexpected(end.error());
    return Act(book, std::move(lock), std::move(*transaction), revision);
  }

  Result<void> note(const Actor& actor, std::string_view action, std::string_view subject, std::string_view detail) {
    auto line = registry::append_audit(connection(), now_ms, actor.text(), action, subject, detail);
    return line ? Result<void>() : std::unexpected(line.error());
  }

  Result<void> end_lease(const Actor& actor, std::string_view action, const Lease& lease, std::string_view detail) {
    if (auto gone = delete_lease(connection(), lease.id); !gone) return gone;
    leases.emplace_back(lease, false);
    return note(actor, action, lease.id.text, detail);
  }

  Result<void> end_leases(const Actor& actor, const LeaseFilter& which, std::string_view why) {
    const Page all{.after = "", .most = std::size_t{1} << 62};
    const auto held = read_leases(connection(), which, all, 0);
    if (!held) return std::unexpected(held.error());
    for (const Lease& lease : *held)
      if (auto ended = end_lease(actor, "lease.end", lease, why); !ended) return ended;
    return {};
  }

  // What admission is built from is as it was: leases, reservations.
  Result<void> keep_beside_holdings() {
    if (auto kept = transaction.commit(); !kept) return kept;
    for (const auto& [lease, is_held] : leases) (is_held ? book.options_.on_lease : book.options_.on_lease_end)(lease);
    lock.unlock();
    return {};
  }

  Result<void> keep() {
    auto counted = connection().run("UPDATE book SET revision = ?", revision);
    if (!counted) return std::unexpected(counted.error());
    if (changes_billing)
      if (auto noted = connection().run("UPDATE billing SET revision = ?", revision); !noted)
        return std::unexpected(noted.error());
    if (auto kept = keep_beside_holdings(); !kept) return kept;
    book.options_.on_change(revision);
    return {};
  }

  Result<void> end(const Actor& actor, std::string_view action, std::string_view subject, std::string_view detail) {
    auto noted = note(actor, action, subject, detail);
    return noted ? keep() : noted;
  }

  // With what the act gives back.
  template <class Value>
  Result<Value> end_with(Value value, const Actor& actor, std::string_view action, std::string_view subject,
                         std::string_view detail) {
    auto done = end(actor, action, subject, detail);
    return done ? Result<Value>(std::move(value)) : std::unexpected(done.error());
  }

  database::Connection& connection() { return book.writing_; }

  Book& book;
  std::unique_lock<std::mutex> lock;  // before the transaction: let go of after it
  database::Transaction transaction;
  std::int64_t now_ms, revision;
  bool changes_billing = false;                // what billing_terms() is made of
  std::vector<std::pair<Lease, bool>> leases;  // to be told of: held now, or not any more

 private:
  Act(Book& its_book, std::unique_lock<std::mutex> its_lock, database::Transaction its_transaction, std::int64_t number)
      : book(its_book),
        lock(std::move(its_lock)),
        transaction(std::move(its_transaction)),
        now_ms(its_book.options_.now_ms()),
        revision(number) {}
};

}  // namespace stoa::licensing
