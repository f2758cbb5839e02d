// tally.hpp: what entries add up to, until it is written down. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "licensing/ledger/entry.hpp"

namespace stoa::licensing {

// Names are written once, and numbers from 1 on in the order in which they were first seen; 0: none.
using NameNo = std::uint32_t;

class NameTable {
 public:
  NameNo number_of(std::string_view name);
  // Of one that is known already; the next in order.
  void add(std::string name);
  const std::string& name(NameNo number) const { return names_[number - 1]; }
  std::size_t size() const { return names_.size(); }

 private:
  std::deque<std::string> names_;  // each stays where it is, because numbers_ looks at it
  boost::unordered_flat_map<std::string_view, NameNo, std::hash<std::string_view>> numbers_;
};

// By day and names; what the last two are is each table's own matter.
struct TallyKey {
  std::int32_t day = 0;  // since 1970
  std::uint32_t first = 0, second = 0, third = 0, fourth = 0;
  friend auto operator<=>(const TallyKey&, const TallyKey&) = default;
};
struct TallyKeyHash {
  using is_avalanching = void;  // as good a hash as unordered_flat_map asks for
  std::size_t operator()(const TallyKey& key) const noexcept;
};
template <class Sums>
using TallyTable = boost::unordered_flat_map<TallyKey, Sums, TallyKeyHash>;

// Sums stop at the ends of 64 bits.
struct MoneySums {
  std::uint64_t entries = 0;
  Nano gross = 0, tax = 0, amount = 0;
};

// Each entry knows the one before it on each of its accounts, and of its customer: pages of a customer's entries need
// no index, whose keys would not be in the order of time.
struct EntryRow {
  std::uint64_t number = 0;
  EntryKind kind{};
  std::int64_t booked_ms = 0, happened_ms = 0;
  NameNo currency = 0, customer = 0, model = 0;
  std::optional<std::uint64_t> customer_before = {};
  Outcome outcome{};  // of calls
  Nano gross = 0, tax = 0;
  std::optional<std::uint64_t> refers = {};
  std::string reason = {};
  std::string postings = {};  // pack() of each
};

struct PackedPosting {
  std::uint32_t account = 0;
  Nano amount = 0;
  std::optional<std::uint64_t> before = {};  // the entry before this one on that account
};
void pack(const PackedPosting& posting, std::string& out);
// Error: data_loss "projection.form".
Result<std::vector<PackedPosting>> unpack(std::string_view postings);

struct TallyAccount {
  NameNo name = 0, currency = 0;
  Nano debits = 0, credits = 0;
  std::uint64_t entries = 0;
  std::optional<std::uint64_t> last = {};
  bool is_shown = false;  // has lines in `earnings`
  bool has_changed = false;
};
struct TallyCustomer {
  std::uint64_t entries = 0;
  std::optional<std::uint64_t> last = {};
  bool has_changed = false;
};

// What some entries come to, each account and customer as it is behind them: to be written down while others are added.
struct TallyBatch {
  std::size_t names_known = 0;                                        // before them
  std::vector<std::string> names = {};                                // the new ones, in order
  std::vector<std::pair<std::uint32_t, TallyAccount>> accounts = {};  // by number, those that changed
  std::vector<std::pair<NameNo, TallyCustomer>> customers = {};       // the same
  std::vector<EntryRow> entries = {};
  TallyTable<std::uint64_t> usage = {};  // customer, model, meter
  TallyTable<MoneySums> spend = {};      // customer, kind, model, currency; amount: paid
  TallyTable<MoneySums> earnings = {};   // account, kind, model; amount: earned
};

// What is known of all entries so far (names, accounts, customers), and what those since the last take() come to.
// Thread: one at a time.
class Tally {
 public:
  using Account = TallyAccount;
  using Customer = TallyCustomer;

  // Errors: those of kind_of_account; out_of_range "money.overflow". Then it is of no use any more.
  Result<void> add(std::uint64_t number, const Entry& entry);
  // Of what was written before.
  std::uint32_t add_account(Account account);
  void set_customer(NameNo name, Customer customer) { customers_[name] = customer; }
  // From now on only what comes next counts.
  TallyBatch take();

  NameTable& names() { return names_; }

 private:
  Result<std::uint32_t> account_of(std::string_view account, NameNo currency);
  Result<void> post(EntryRow& row, const Posting& posting, std::int32_t booked_day);
  void count_usage(const EntryRow& row, const Usage& usage);
  void count_spend(const EntryRow& row, const Entry& entry, Nano paid);

  NameTable names_;
  std::vector<Account> accounts_;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> account_numbers_;  // by name and currency
  boost::unordered_flat_map<NameNo, Customer> customers_;

  std::vector<std::uint32_t> changed_accounts_;
  std::vector<NameNo> changed_customers_;
  TallyBatch batch_;  // its names, accounts and customers are put together in take()
};

}  // namespace stoa::licensing
