// projection.hpp: the journal as tables: what was used, paid and earned, by day, and each entry by its number.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/journal/journal.hpp"
#include "licensing/projection/lines.hpp"
#include "registry/database/sqlite_store.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

class Tally;
struct ProjectionPlace;

// Milliseconds, [from, until): whole days that have a part in it.
struct TimeSpan {
  std::int64_t from_ms = 0, until_ms = 0;
};

// Which entries, from the newest on: of one customer, or of one account, or all.
struct EntryQuery {
  std::string customer = {}, account = {};
  std::optional<Currency> currency = {};  // of the account; nothing: the first in the order of their codes
  std::optional<EntryKind> kind = {};
  std::optional<std::uint64_t> from = {};  // EntryPage::next of the page before; nothing: the newest
  std::size_t most = 100;                  // 1 … 1000
};

// Threads: one advances, any read. The journal is the truth: a file that does not fit it (another journal's, beyond its
// end, damaged, of another form) is removed, and filled anew.
// Invariant: the position and what it stands for are written in one transaction, so each entry counts exactly once.
class Projection {
 public:
  // Makes the file where there is none. Lifetime: journal outlives this. why_anew: told what was wrong with a file that
  // was removed. Errors: file.*, database.*.
  static Result<std::unique_ptr<Projection>> open(const std::filesystem::path& file, const Journal& journal,
                                                  const std::function<void(const Error&)>& why_anew);
  ~Projection();
  Projection(const Projection&) = delete;
  Projection& operator=(const Projection&) = delete;

  // Takes up at most so many entries of those that are durable: how many it were; 0: there are no more. After an error
  // the file is as it was, and the same may be tried again. Errors: database.*; those of Journal::read, decode.
  Result<std::uint64_t> advance(std::size_t most = 50'000);
  // Takes up entries until there are so many, or no more durable ones: one thread adds up while another writes. told:
  // how many are in it, now and then; false: it is enough. Errors: as advance.
  Result<void> fill(std::uint64_t entries, const std::function<bool(std::uint64_t)>& told);
  // Entries that are in it; their numbers are below.
  std::uint64_t position() const noexcept { return position_.load(std::memory_order_acquire); }
  // How many durable entries are not in it yet.
  std::uint64_t lag() const noexcept {
    const std::uint64_t position = this->position(), durable = journal_.durable();
    return durable > position ? durable - position : 0;
  }

  // Any thread. Errors: database.*. Lines in the order of days, then of names.
  Result<std::vector<UsageLine>> usage_of(std::string_view customer, TimeSpan span) const;
  Result<std::vector<SpendLine>> spend_of(std::string_view customer, TimeSpan span) const;
  // account: "payable:publisher/acme", "income:platform_fee"; not a customer's.
  Result<std::vector<EarningsLine>> earnings_of(std::string_view account, TimeSpan span) const;
  // Accounts that come behind `after` ("wallet:cus_1 EUR"), in order of names and currencies; prefix: only those whose
  // names begin so.
  Result<std::vector<AccountLine>> accounts(std::string_view prefix, std::string_view after, std::size_t most) const;
  Result<EntryPage> entries(const EntryQuery& query) const;
  // Error: not_found "ledger.no_entry".
  Result<EntryLine> entry(std::uint64_t number) const;
  // A copy of the file as it is now, at a position of its own.
  Result<void> copy_to(const std::filesystem::path& file) const;

 private:
  Projection(std::filesystem::path file, const Journal& journal, database::Connection writer,
             database::Connection reader);
  Result<void> load();
  Result<ProjectionPlace> gather(std::uint64_t from, std::size_t most);

  const std::filesystem::path file_;
  const Journal& journal_;
  database::Connection writer_;   // of the thread that advances
  std::unique_ptr<Tally> tally_;  // the same; null: to be loaded again
  std::string last_record_;       // the same
  std::atomic<std::uint64_t> position_{0};
  mutable std::mutex reading_;
  mutable database::Connection reader_;  // Lock: reading_
};

// The projection of the first `entries` of a journal, in a file that is not there yet. told: how many are in it, now
// and then; false: no more is wanted, and the file is a projection of fewer.
Result<void> build_projection(const std::filesystem::path& file, const Journal& journal, std::uint64_t entries,
                              const std::function<bool(std::uint64_t)>& told);

// Both hold the same, row by row. Error: data_loss "projection.differs", with the table and the first row that only one
// of them has.
Result<void> compare_projections(const std::filesystem::path& file, const std::filesystem::path& worked_out);

}  // namespace stoa::licensing
