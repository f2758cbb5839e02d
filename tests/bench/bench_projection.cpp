// bench_projection.cpp: what is made of the journal beside the calls: tables that keep up, and a start after kill -9;
// and one publisher whom everybody calls beside ten thousand. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "licensing/billing/saved_book.hpp"
#include "licensing/billing/teller.hpp"
#include "licensing/billing/test_billing.hpp"
#include "licensing/journal/test_journal.hpp"
#include "licensing/projection/projection.hpp"
#include "tests/bench/figure.hpp"

namespace stoa::licensing {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }
double thread_cpu_s() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <class Value>
Value must(Result<Value> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "error: {} ({})\n", result.error().message, result.error().reason);
  std::exit(1);
}
void must(const Result<void>& result) {
  if (result) return;
  fmt::print(stderr, "error: {} ({})\n", result.error().message, result.error().reason);
  std::exit(1);
}

std::string nth(const char* what, std::uint64_t number) { return fmt::format("{}{:05}", what, number); }

// So many publishers with a model each, and so many customers.
BillingTerms terms_of(std::uint64_t publishers, std::uint64_t customers) {
  BillingTerms terms;
  for (std::uint64_t i = 0; i < publishers; ++i) {
    const std::string publisher = nth("pub", i);
    PriceList list{.id = nth("pri_", i), .publisher = publisher, .currency = kEuro};
    list.meters = {{"call", PriceModel::per_unit, 1, {{std::nullopt, 10'000'000, 0}}},
                   {"token.out", PriceModel::per_unit, 1'000'000, {{std::nullopt, 2'500'000'000, 0}}}};
    Agreement agreement{.id = nth("agr_", i), .publisher = publisher, .currency = kEuro};
    agreement.platform_fee = {{std::nullopt, 0}};
    agreement.parties = {{"publisher/" + publisher, 700'000}, {"data/corpus", 200'000}, {"platform", 100'000}};
    terms.add(std::make_shared<const PriceList>(list));
    terms.add(std::make_shared<const Agreement>(agreement));
    terms.charge(publisher + "/model", list.name(), name_of(agreement));
  }
  for (std::uint64_t i = 0; i < customers; ++i)
    terms.add(PayingCustomer{.id = nth("cus_", i),
                             .currency = kEuro,
                             .pays_ahead = false,
                             .credit_limit = 1'000'000 * kNanoPerUnit,
                             .tax_ppm = 190'000,
                             .tax_office = "DE"});
  return terms;
}

class Market {
 public:
  Market(const std::filesystem::path& folder, std::uint64_t publishers, std::uint64_t customers)
      : terms_(terms_of(publishers, customers)),
        journal_(must(Journal::open(folder, {.window_us = 5'000}))),
        teller_(must(Teller::open(*journal_, terms_, [] { return kNowMs; }))) {
    for (std::uint64_t i = 0; i < publishers; ++i) models_.push_back(nth("pub", i) + "/model");
    for (std::uint64_t i = 0; i < customers; ++i)
      parties_.push_back(
          {.customer = nth("cus_", i), .key = "key_1", .request = "req-1", .idempotency_key = "", .body = {}});
  }
  void serve(std::uint64_t call) {
    static const Quantity most[] = {{"call", 1}, {"token.out", 500}};
    const Quantity used[] = {{"call", 1}, {"token.out", call % 500}};
    // Neighbours in time are neighbours nowhere else.
    const std::uint64_t mixed = call * 0x9e3779b97f4a7c15u >> 20;
    // A customer calls ten models and no others.
    constexpr std::uint64_t kModelsOfOne = 10;
    const std::uint64_t customer = mixed % parties_.size();
    const CallParty& party = parties_[customer];
    const std::string& model = models_[(customer * kModelsOfOne + (mixed >> 20) % kModelsOfOne) % models_.size()];
    while (journal_->is_behind()) std::this_thread::yield();
    const auto hold = must(teller_->hold(party.customer, model, most));
    must(teller_->settle({.customer = party.customer,
                          .model = model,
                          .version = "1.2.0",
                          .quantities = used,
                          .happened_ms = kNowMs + static_cast<std::int64_t>(call),
                          .party = &party},
                         hold));
  }
  double events_per_s(std::uint64_t calls) {
    for (std::uint64_t call = 0; call < calls / 10; ++call) serve(call);  // every account is open
    const auto begin = Clock::now();
    for (std::uint64_t call = 0; call < calls; ++call) serve(call);
    if (!settle(*journal_)) std::exit(1);
    return static_cast<double>(calls) / seconds_since(begin);
  }
  Journal& journal() { return *journal_; }
  Teller& teller() { return *teller_; }
  const BillingTerms& terms() const { return terms_; }

 private:
  BillingTerms terms_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Teller> teller_;
  std::vector<std::string> models_;
  std::vector<CallParty> parties_;
};

constexpr std::uint64_t kRebuilt = 1'000'000, kCalls = 200'000, kPublishers = 10'000, kCustomers = 1'000;

// A journal of 50,000 events a second for three seconds, and tables that follow it as a host does.
void follow(const std::filesystem::path& folder) {
  constexpr std::uint64_t kRate = 50'000, kSeconds = 3, kSlice = 500;
  Market market(folder / "journal", 100, kCustomers);
  const auto projection = must(Projection::open(folder / "projection.db", market.journal(), [](const Error&) {}));
  std::atomic<bool> ends{false};
  double lag_s_max = 0, cpu_s = 0;
  std::thread follower([&] {
    const double cpu_before = thread_cpu_s();
    auto looked = Clock::now();
    while (!ends || projection->lag() > 0) {
      const std::uint64_t taken = must(projection->advance());
      // What is in the tables now is as old as the look before: whatever came since is not.
      lag_s_max = std::max(lag_s_max, seconds_since(looked));
      looked = Clock::now();
      if (taken == 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    cpu_s = thread_cpu_s() - cpu_before;
  });
  const auto begin = Clock::now();
  for (std::uint64_t call = 0; call < kRate * kSeconds; ++call) {
    if (call % kSlice == 0) std::this_thread::sleep_until(begin + std::chrono::microseconds(call * 1'000'000 / kRate));
    market.serve(call);
  }
  const double took_s = seconds_since(begin);
  if (!settle(market.journal())) std::exit(1);
  ends = true;
  follower.join();
  const double events = static_cast<double>(kRate * kSeconds);
  bench::print_figure({.name = "projection.lag_s", .unit = "s", .target = "<=1"}, lag_s_max,
                      fmt::format("events_per_s={:.0f}", events / took_s));
  bench::print_figure({.name = "projection.cpu_us_per_event", .unit = "us"}, cpu_s * 1e6 / events);
}

void rebuild(const std::filesystem::path& folder) {
  Market market(folder / "journal", kPublishers, kCustomers);
  market.events_per_s(kRebuilt);
  const std::uint64_t entries = market.journal().durable();
  const double cpu_s = thread_cpu_s();
  const auto begin = Clock::now();
  must(build_projection(folder / "projection.db", market.journal(), entries, [](std::uint64_t) { return true; }));
  const double events = static_cast<double>(entries);
  const double rate = events / seconds_since(begin);
  bench::print_figure({.name = "projection.rebuild_per_s", .unit = "/s", .target = ">=200000", .digits = 0}, rate,
                      fmt::format("publishers={} customers={} cpu_us_per_event={:.2f}", kPublishers, kCustomers,
                                  (thread_cpu_s() - cpu_s) * 1e6 / events));
}

// After kill -9: a book that was saved 200,000 entries ago, of a million.
void recover(const std::filesystem::path& folder) {
  constexpr std::uint64_t kEntries = 1'000'000, kBehind = 200'000;
  const auto file = folder / "book.saved";
  {
    Market market(folder / "journal", 100, kCustomers);
    for (std::uint64_t call = 0; call < kEntries; ++call) {
      market.serve(call);
      if (call + kBehind + 1 != kEntries) continue;
      const auto begin = Clock::now();
      const SavedBook book = *market.teller().save();
      bench::print_figure({.name = "book.save_ms", .unit = "ms"}, seconds_since(begin) * 1e3,
                          fmt::format("customers={} bytes={}", kCustomers, book.state.size()));
      if (!settle(market.journal())) std::exit(1);
      must(write_saved_book(file, book, market.journal()));
    }
    if (!settle(market.journal())) std::exit(1);
  }
  const BillingTerms terms = terms_of(100, kCustomers);
  const auto begin = Clock::now();
  const auto journal = must(Journal::open(folder / "journal", {}));
  const double opened_s = seconds_since(begin);
  (void)must(open_from_saved(
      file, *journal, terms, [] { return kNowMs; },
      [](const Error& error) {
        fmt::print(stderr, "error: {}\n", error.message);
        std::exit(1);
      }));
  bench::print_figure({.name = "book.recovery_s", .unit = "s", .target = "<=1"}, seconds_since(begin),
                      fmt::format("entries={} behind={} journal_s={:.2f}", journal->durable(), kBehind, opened_s));
}

void run(const std::filesystem::path& folder) {
  const double hot = Market(folder / "hot", 1, kCustomers).events_per_s(kCalls);
  const double many = Market(folder / "many", kPublishers, kCustomers).events_per_s(kCalls);
  bench::print_figure({.name = "ledger.hot_publisher", .unit = "x", .target = ">=0.95"}, hot / many,
                      fmt::format("one={:.0f} publishers_10000={:.0f}", hot, many));
  for (const auto& [name, measure] : {std::pair("rebuild", &rebuild), {"follow", &follow}, {"recover", &recover}}) {
    std::filesystem::create_directories(folder / name);
    measure(folder / name);
  }
}

}  // namespace
}  // namespace stoa::licensing

int main(int argc, char** argv) {
  if (argc != 2 || argv[1][0] == '-') {
    fmt::print(
        stderr,
        "usage: stoa_bench_projection FOLDER\n  FOLDER  on the disk to measure; what is made in it is left there\n");
    return 2;
  }
  std::filesystem::create_directories(argv[1]);
  stoa::licensing::run(argv[1]);
}
