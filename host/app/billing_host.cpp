// billing_host.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/billing_host.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "host/app/commit_wake.hpp"
#include "host/app/ledger_projection.hpp"
#include "host/app/wall_clock.hpp"
#include "licensing/billing/saved_book.hpp"
#include "licensing/book/book.hpp"
#include "licensing/journal/durable_wait.hpp"
#include "registry/document/lock_file.hpp"

namespace stoa::app {
namespace {

using namespace licensing;

// How often terms and the journal's health are looked at; an act on the book wakes at once.
constexpr std::chrono::milliseconds kLook{250};

JournalOptions journal_options(const BillingConfig& config, CommitWake& wake) {
  JournalOptions options;
  options.waker = &wake;
  if (!config.replies_are_durable) options.window_us = config.window_ms * 1'000;
  return options;
}

}  // namespace

// In the order in which one needs the other.
struct BillingHost::Parts {
  Parts(LicensingHost& its_licensing, Log& its_log) : licensing(its_licensing), log(its_log) {}
  ~Parts() { wake->wakes(nullptr); }

  LicensingHost& licensing;
  Log& log;
  std::shared_ptr<const BillingTerms> terms;  // the teller's; after open() the keeper's to replace
  const std::shared_ptr<CommitWake> wake = std::make_shared<CommitWake>();
  std::unique_ptr<Journal> journal;
  std::unique_ptr<Teller> teller;
  std::unique_ptr<api::BillingGate> gate;

  std::mutex mutex;
  std::condition_variable_any woken;
  bool has_changed = false;  // Lock: mutex
  bool failure_was_told = false;
  std::string last_failure;
  std::jthread keeper;  // last: it uses all of the above

  void note_change() {
    {
      const std::lock_guard lock(mutex);
      has_changed = true;
    }
    woken.notify_one();
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      {
        std::unique_lock lock(mutex);
        woken.wait_for(lock, stop, kLook, [this] { return has_changed; });
        has_changed = false;
      }
      refresh();
      look_at_journal();
    }
  }

  // Also without an act: what is agreed begins and ends by itself.
  void refresh() {
    const auto now = licensing.book().billing_terms();
    if (!now) return note(now.error());
    last_failure.clear();
    if (now->terms == terms) return;
    teller->set_terms(*now->terms);
    terms = now->terms;  // what calls still need of the one before is kept by them
  }

  // Once for as long as it is the same.
  void note(const Error& error) {
    if (std::exchange(last_failure, error.reason + error.message) == error.reason + error.message) return;
    log.write(Level::error, "billing.terms_not_read", {{"reason", error.reason}, {"why", error.message}});
  }

  void look_at_journal() {
    if (!teller->has_stopped() || std::exchange(failure_was_told, true)) return;
    log.write(Level::error, "billing.stopped",
              {{"reason", "journal.failed"},
               {"why", "the journal cannot be written: no billed call is served until the host is started again"},
               {"durable_entries", journal->durable()}});
  }
};

BillingHost::BillingHost(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
BillingHost::~BillingHost() { stop(); }

Result<PayerSecret> BillingHost::payer_secret(const BillingConfig& config) {
  if (auto folder = registry::make_private_folder(config.folder); !folder) return std::unexpected(folder.error());
  return read_or_make_payer_secret(config.folder / "payer.secret");
}

Result<std::unique_ptr<BillingHost>> BillingHost::open(const BillingConfig& config, LicensingHost& licensing,
                                                       Log& log) {
  auto parts = std::make_unique<Parts>(licensing, log);
  auto terms = licensing.book().billing_terms();
  if (!terms) return std::unexpected(terms.error());
  parts->terms = std::move(terms->terms);
  auto journal = Journal::open(config.folder / "journal", journal_options(config, *parts->wake));
  if (!journal) return std::unexpected(journal.error());
  parts->journal = std::move(*journal);
  parts->wake->wakes(parts->journal.get());
  const auto why_all = [&log](const Error& error) {
    log.write(Level::warn, "billing.book_not_taken_up", {{"reason", error.reason}, {"why", error.message}});
  };
  auto teller = open_from_saved(config.folder / kSavedBookFile, *parts->journal, *parts->terms, &unix_ms, why_all);
  if (!teller) return std::unexpected(teller.error());
  parts->teller = std::move(*teller);
  parts->gate = std::make_unique<api::BillingGate>(
      *parts->teller, *parts->journal,
      api::BillingRules{config.replies_are_durable, config.unpriced_are_free, config.at_most},
      [&log](const api::Uncharged& call) {
        log.write(Level::error, "billing.not_charged",
                  {{"reason", call.why.reason},
                   {"why", call.why.message},
                   {"request", call.party.request},
                   {"customer", call.party.customer},
                   {"key", call.party.key},
                   {"model", call.model},
                   {"outcome", name_of(call.outcome)}});
      });
  log.write(Level::info, "billing.ready", {{"entries", parts->journal->durable()}});
  Parts& raw = *parts;
  licensing.when_book_changes([&raw] { raw.note_change(); });
  raw.note_change();  // what was done since the terms were read
  raw.keeper = std::jthread([&raw](const std::stop_token& stop) { raw.run(stop); });
  return std::unique_ptr<BillingHost>(new BillingHost(std::move(parts)));
}

Journal& BillingHost::journal() { return *parts_->journal; }
Teller& BillingHost::teller() { return *parts_->teller; }
api::BillingGate& BillingHost::gate() { return *parts_->gate; }

std::vector<api::HostGauge> BillingHost::gauges() const {
  const Journal& journal = *parts_->journal;
  const Teller::Counts counts = parts_->teller->counts();
  std::vector<api::HostGauge> gauges;
  const auto add = [&](const char* name, const char* help, double value, bool is_counter) {
    gauges.push_back({.name = name, .help = help, .value = value, .is_counter = is_counter});
  };
  add("stoa_billing_entries_total", "entries of the journal that are durable", static_cast<double>(journal.durable()),
      true);
  add("stoa_billing_commits_total", "writes of the journal, each made durable", static_cast<double>(journal.commits()),
      true);
  add("stoa_billing_lag_entries", "entries that are not durable yet", static_cast<double>(journal.waiting()), false);
  add("stoa_billing_holds", "calls under way that something is held back for", static_cast<double>(counts.holds),
      false);
  add("stoa_billing_not_charged_total", "calls that used something and could not be charged, each told in the log",
      static_cast<double>(parts_->gate->uncharged()), true);
  add("stoa_billing_stopped", "1 once the journal cannot be written any more, and no billed call is served",
      parts_->teller->has_stopped() ? 1.0 : 0.0, false);
  for (const auto& [currency, sold] : counts.sold) {
    const std::vector<std::pair<std::string, std::string>> labels{{"currency", std::string(currency.code())}};
    gauges.push_back({.name = "stoa_billing_calls_total",
                      .help = "calls that were charged",
                      .value = static_cast<double>(sold.calls),
                      .labels = labels,
                      .is_counter = true});
    gauges.push_back({.name = "stoa_billing_gross_total",
                      .help = "what they came to, without tax, in units of the currency",
                      .value = static_cast<double>(sold.gross) / static_cast<double>(kNanoPerUnit),
                      .labels = labels,
                      .is_counter = true});
  }
  return gauges;
}

void BillingHost::stop() {
  if (!parts_->keeper.joinable()) return;
  parts_->licensing.when_book_changes([] {});
  parts_->keeper.request_stop();
  parts_->keeper.join();
  (void)DurableWait::until_durable(*parts_->journal);  // where it failed, that is told with what follows
  parts_->look_at_journal();
}

}  // namespace stoa::app
