// bench_ledger.cpp: what it costs to hold, price, share out and book a call, beside a log that only writes and syncs.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "licensing/billing/teller.hpp"
#include "licensing/billing/test_billing.hpp"
#include "licensing/journal/test_journal.hpp"
#include "tests/bench/figure.hpp"

namespace stoa::licensing {
namespace {

double seconds_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Cost {
  double wall_s, cpu_s;  // of the whole process
};
Cost cost_of_run(const std::function<void()>& run) {
  const double wall = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  run();
  return {seconds_of(CLOCK_MONOTONIC) - wall, seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu};
}

template <class Value>
Value must(Result<Value> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "error: {} ({})\n", result.error().message, result.error().reason);
  std::exit(1);
}

struct Desk {
  Desk(const std::filesystem::path& folder, std::uint32_t window_us)
      : journal(must(Journal::open(folder, {.window_us = window_us}))),
        teller(must(Teller::open(*journal, terms, [] { return kNowMs; }))) {
    must(teller->book(top_up("cus_ahead", 1'000'000 * kNanoPerUnit)));
  }
  void serve(std::uint64_t call) {
    static const std::string customer = "cus_ahead";
    static const Quantity most[] = {{"call", 1}, {"token.out", 500}};
    if (journal->is_behind()) settle(*journal);
    const auto hold = must(teller->hold(customer, "acme/vision", most));
    must(teller->settle(SomeCall(customer, call % 500), hold));
  }
  BillingTerms terms = some_terms();
  std::unique_ptr<Journal> journal;
  std::unique_ptr<Teller> teller;
};

constexpr std::uint64_t kCalls = 200'000, kBatch = 256;

double raw_log_events(const std::filesystem::path& file, std::size_t entry_bytes) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::string zeros(1 << 20, '\0'), batch(kBatch * entry_bytes, 'x');
  const std::size_t bytes = kCalls / kBatch * batch.size();
  for (std::size_t done = 0; done < bytes; done += zeros.size())
    if (::write(descriptor, zeros.data(), zeros.size()) < 0) std::exit(1);
  ::fsync(descriptor);
  const Cost cost = cost_of_run([&] {
    for (std::size_t done = 0; done < bytes; done += batch.size())
      if (::pwrite(descriptor, batch.data(), batch.size(), static_cast<off_t>(done)) < 0 ||
          ::fdatasync(descriptor) != 0)
        std::exit(1);
  });
  ::close(descriptor);
  return static_cast<double>(kCalls) / cost.wall_s;
}

void run(const std::filesystem::path& folder) {
  {
    Desk desk(folder / "window", 5'000);
    const Cost cost = cost_of_run([&] {
      for (std::uint64_t call = 0; call < kCalls; ++call) desk.serve(call);
      settle(*desk.journal);
    });
    bench::print_figure({.name = "ledger.cpu_us_per_call", .unit = "us", .target = "<=1.2"}, cost.cpu_s * 1e6 / kCalls,
                        "window=5ms");
  }
  {
    Desk desk(folder / "batch", 0);
    const Cost cost = cost_of_run([&] {
      for (std::uint64_t call = 0; call < kCalls; call += kBatch) {
        for (std::uint64_t i = 0; i < kBatch; ++i) desk.serve(call + i);
        settle(*desk.journal);
      }
    });
    std::size_t entry_bytes = 0;
    must(desk.journal->read(1, [&](std::uint64_t, std::string_view entry) {
      entry_bytes = entry.size();
      return false;
    }));
    const double events = static_cast<double>(kCalls) / cost.wall_s;
    const double raw = raw_log_events(folder / "raw", entry_bytes);
    bench::print_figure({.name = "ledger.events_per_s", .unit = "/s", .digits = 0}, events,
                        fmt::format("batch={} entry_bytes={}", kBatch, entry_bytes));
    bench::print_figure({.name = "ledger.vs_raw_log", .unit = "x", .target = ">=0.5"}, events / raw,
                        fmt::format("batch={}", kBatch));
  }
  const auto journal = must(Journal::open(folder / "batch", {}));
  const BillingTerms terms = some_terms();
  const Cost cost = cost_of_run([&] { (void)must(Teller::open(*journal, terms, [] { return kNowMs; })); });
  bench::print_figure({.name = "ledger.rebuild_per_s", .unit = "/s", .target = ">=200000", .digits = 0},
                      static_cast<double>(journal->durable()) / cost.wall_s);
}

}  // namespace
}  // namespace stoa::licensing

int main(int argc, char** argv) {
  if (argc != 2 || argv[1][0] == '-') {
    fmt::print(stderr,
               "usage: stoa_bench_ledger FOLDER\n  FOLDER  on the disk to measure; what is made in it is left there\n");
    return 2;
  }
  std::filesystem::create_directories(argv[1]);
  stoa::licensing::run(argv[1]);
}
