// bench_audit.cpp: how many entries of a publisher an audit works out in a second: leaves, tiles, prices, shares, sums.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <time.h>

#include <cstdlib>
#include <map>

#include "licensing/billing/test_billing.hpp"
#include "licensing/proof/audit.hpp"
#include "licensing/proof/shown_entry.hpp"
#include "tests/bench/figure.hpp"

namespace stoa::licensing {
namespace {

constexpr std::uint64_t kCalls = 400'000;
constexpr int kRounds = 3;

// Of this process: an audit waits for nobody.
double now_s() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// What a publisher of many calls has fetched, in memory.
struct Fetched {
  Fetched() {
    AccountsBook book(terms);
    StatementBuilder builder("publisher/acme", kEuro, 0, INT64_MAX);
    Frontier log;
    std::string record;
    Nano owed = 0;
    for (std::uint64_t i = 0; i < kCalls; ++i) {
      static const std::string customer = "cus_after";
      const SomeCall call(customer, i % 500);
      const auto entry = book.settle(call, nullptr, kNowMs);
      if (!entry) std::exit(1);
      encode(*entry, {}, record);
      const auto opened = open_record(record);
      const Entry whole = to_entry(*entry);
      owed -= whole.postings[0].amount;
      const ShownEntry shown{i, owed, {}, private_commitment({}, opened->private_half), opened->public_half};
      append_shown(file, shown);
      log.append(leaf_of(shown), [&](NodePlace place, const Sha256& hash) {
        if (place.level % kTileHeight == 0) rows[place.level / kTileHeight].append(hash.begin(), hash.end());
      });
      if (!builder.add(i, whole)) std::exit(1);
    }
    const std::pair<NoteVerifier, const registry::PrivateKey*> signer{verifier, &key};
    note = sign_note(checkpoint_text({verifier.name(), {log.size(), log.root()}, {}}), {&signer, 1});
    statement.push_back(builder.finish({log.size(), log.root()}));
  }
  BillingTerms terms = some_terms();
  registry::PrivateKey key = registry::PrivateKey::generate();
  NoteVerifier verifier = *NoteVerifier::make("stoa.example/ledger", key.public_key());
  std::string file{kShownEntriesHead}, note;
  std::map<unsigned, std::string> rows;
  std::vector<Statement> statement;
};

int run() {
  const Fetched fetched;
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    const double began = now_s();
    const auto report =
        audit({.publisher = "acme",
               .log = fetched.verifier,
               .checkpoint = fetched.note,
               .read_tile = [&](const TilePlace& place) -> Result<std::string> {
                 return fetched.rows.at(place.level).substr(place.index * kTileWidth * 32, place.width * 32u);
               },
               .entries = fetched.file,
               .terms = fetched.terms,
               .statements = fetched.statement});
    const double took = now_s() - began;
    if (!report || report->counts.calls != kCalls) {
      fmt::print(stderr, "error: {}\n", report ? "calls are missing" : report.error().message);
      return 1;
    }
    best = std::max(best, static_cast<double>(kCalls) / took);
  }
  bench::print_figure(
      {.name = "audit.leaves_per_s", .unit = "/s", .target = ">=500000", .digits = 0}, best,
      fmt::format("entries={} bytes_each={} threads=1 clock=cpu", kCalls, fetched.file.size() / kCalls));
  return 0;
}

}  // namespace
}  // namespace stoa::licensing

int main() { return stoa::licensing::run(); }
