// ledger_projection.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/ledger_projection.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "licensing/billing/saved_book.hpp"

namespace stoa::app {
namespace {

using std::chrono::milliseconds;

// A question of one atomic number; whoever reads sees what was booked a tenth of a second ago.
constexpr milliseconds kProjectionLook{100}, kProjectionRetry{2'000};
// Read again after kill -9 at a microsecond or two each: well below a second. Saving locks the teller for about as long
// as 10,000 customers' rows take to write down, a few milliseconds: not more often than that.
constexpr std::uint64_t kSaveBookEvery = 200'000;
// What a start had to read is saved at once where it was more than that: a host that is killed again and again reads no
// entry twice.
constexpr std::uint64_t kSaveBookAtStart = 5'000;
// A saved book has to wait for its last entries to be durable; a journal that takes longer is in trouble of its own.
constexpr int kDurableLooks = 500;
constexpr milliseconds kDurableLook{10};

}  // namespace

struct LedgerProjection::Parts {
  Parts(std::filesystem::path its_folder, licensing::Journal& its_journal, const licensing::Teller& its_teller,
        Log& its_log)
      : folder(std::move(its_folder)), journal(its_journal), teller(its_teller), log(its_log) {}

  const std::filesystem::path folder;
  licensing::Journal& journal;
  const licensing::Teller& teller;
  Log& log;
  std::unique_ptr<licensing::Projection> projection;
  std::uint64_t saved = 0;   // entries of the book that was saved last
  std::string last_failure;  // the thread's

  std::mutex mutex;
  std::condition_variable_any woken;
  std::jthread thread;  // last: it uses all of the above

  void run(const std::stop_token& stop) {
    const auto there = licensing::read_saved_book(folder / kSavedBookFile, journal);
    saved = there ? there->entries : 0;
    if (journal.durable() - saved >= kSaveBookAtStart) save();
    while (!stop.stop_requested()) {
      const auto taken = projection->advance();
      if (taken) {
        last_failure.clear();
      } else {
        note("ledger.projection_failed", taken.error());
      }
      if (journal.durable() - saved >= kSaveBookEvery) save();
      if (taken && *taken > 0) continue;
      std::unique_lock lock(mutex);
      woken.wait_for(lock, stop, taken ? kProjectionLook : kProjectionRetry, [] { return false; });
    }
    take_up_the_rest();
    save();
  }

  void take_up_the_rest() {
    for (;;) {
      const auto taken = projection->advance();
      if (!taken) return note("ledger.projection_failed", taken.error());
      if (*taken == 0) return;
    }
  }

  void save() {
    const auto book = teller.save();
    if (!book) return;
    saved = book->entries;
    for (int looks = 0; journal.durable() < book->entries && looks < kDurableLooks; ++looks) {
      if (journal.has_failed()) return;  // what the book is ahead of the journal was acknowledged to nobody
      std::this_thread::sleep_for(kDurableLook);
    }
    if (auto written = licensing::write_saved_book(folder / kSavedBookFile, *book, journal); !written)
      note("ledger.book_not_saved", written.error());
  }

  // Once for as long as it is the same.
  void note(std::string_view event, const Error& error) {
    if (std::exchange(last_failure, error.reason + error.message) == error.reason + error.message) return;
    log.write(Level::error, event, {{"reason", error.reason}, {"why", error.message}});
  }
};

LedgerProjection::LedgerProjection(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LedgerProjection::~LedgerProjection() { stop(); }

Result<std::unique_ptr<LedgerProjection>> LedgerProjection::start(const std::filesystem::path& folder,
                                                                  licensing::Journal& journal,
                                                                  const licensing::Teller& teller, Log& log) {
  auto parts = std::make_unique<Parts>(folder, journal, teller, log);
  const auto why_anew = [&log](const Error& error) {
    log.write(Level::warn, "ledger.projection_anew", {{"reason", error.reason}, {"why", error.message}});
  };
  auto projection = licensing::Projection::open(folder / kProjectionFile, journal, why_anew);
  if (!projection) return std::unexpected(projection.error());
  parts->projection = std::move(*projection);
  log.write(Level::info, "ledger.projection",
            {{"entries", parts->projection->position()}, {"behind", parts->projection->lag()}});
  Parts& raw = *parts;
  raw.thread = std::jthread([&raw](const std::stop_token& stop) { raw.run(stop); });
  return std::unique_ptr<LedgerProjection>(new LedgerProjection(std::move(parts)));
}

const licensing::Projection& LedgerProjection::projection() const { return *parts_->projection; }

std::vector<api::HostGauge> LedgerProjection::gauges() const {
  return {{.name = "stoa_ledger_projection_entries",
           .help = "entries of the journal that its projection holds",
           .value = static_cast<double>(parts_->projection->position())},
          {.name = "stoa_ledger_projection_lag_entries",
           .help = "durable entries that the projection does not hold yet",
           .value = static_cast<double>(parts_->projection->lag())}};
}

void LedgerProjection::stop() {
  if (!parts_->thread.joinable()) return;
  parts_->thread.request_stop();
  parts_->thread.join();
}

}  // namespace stoa::app
