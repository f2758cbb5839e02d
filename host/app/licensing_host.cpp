// licensing_host.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/licensing_host.hpp"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <mutex>

#include "host/app/held_licences.hpp"
#include "host/app/licence_files.hpp"
#include "host/app/wall_clock.hpp"
#include "host/thread/monotonic.hpp"
#include "licensing/admission/access_keeper.hpp"
#include "licensing/book/book.hpp"
#include "licensing/book/book_copy.hpp"
#include "licensing/book/lease_desk.hpp"
#include "registry/document/lock_file.hpp"

namespace stoa::app {
namespace {

using namespace licensing;

// So many customers have figures of their own; the others are one.
constexpr std::size_t kCustomersMax = 50;

// Admission's quotas, in the book.
class BookQuotas final : public QuotaStore {
 public:
  explicit BookQuotas(Book& book) : book_(book) {}
  Result<std::uint64_t> reserved(const QuotaName& name) override {
    return book_.reserved(name.holder, name.meter, name.period_start_ms);
  }
  Result<void> reserve(std::span<const QuotaMark> marks) override {
    std::vector<Reservation> rows;
    for (const QuotaMark& mark : marks)
      rows.push_back({mark.name.holder, mark.name.meter, mark.name.period_start_ms, mark.amount});
    return book_.reserve(rows);
  }

 private:
  Book& book_;
};

Seat seat_of(const Lease& lease) {
  return {lease.hash, seat_number_of(lease.licence.text), seat_number_of(lease.customer.text), lease.expires_ms};
}

}  // namespace

// In the order in which one needs the other.
struct LicensingHost::Parts {
  Parts(LicenceFiles& its_files, std::string its_node, Log& its_log)
      : log(its_log), node(std::move(its_node)), files(its_files) {}

  Log& log;
  const std::string node;
  LicenceFiles& files;
  LicenceFiles::Seen seen;  // the keeper's
  SeatTable seats;
  Admission admission{seats};
  api::AccessGate gate{admission};
  HeldLicences held;  // the keeper's
  std::atomic<bool> book_has_changed{true};
  std::atomic<AccessKeeper*> woken{nullptr};
  std::mutex listening;
  std::function<void()> listener = [] {};  // Lock: listening
  std::unique_ptr<Book> book;
  std::unique_ptr<BookQuotas> quotas;
  std::unique_ptr<LeaseDesk> leases;
  std::unique_ptr<AccessKeeper> keeper;

  BookOptions book_options(const LicensingConfig& config) {
    BookOptions options;
    options.file = config.folder / kBookFile;
    options.now_ms = &unix_ms;
    options.publishers_may_issue = config.publishers_may_issue;
    options.on_change = [this](std::int64_t) {
      book_has_changed = true;
      if (AccessKeeper* const told = woken) told->wake();
      const std::lock_guard lock(listening);
      listener();
    };
    options.on_lease = [this](const Lease& lease) { seats.hold(seat_of(lease)); };
    options.on_lease_end = [this](const Lease& lease) { seats.release(lease.hash); };
    options.files = [this] {
      LicenceFiles::Seen now = files.look();
      return FileLicences{std::move(now.licences), node, now.trusted_floor_ms};
    };
    return options;
  }

  AccessSources sources() {
    return {.look = [this] { return look(); },
            .holdings = [this]() -> const Holdings& { return held.all(); },
            .host = [this] { return HostFacts{node, seen.trusted_floor_ms}; },
            .unix_ns = &unix_ns,
            .monotonic_ns = &thread::monotonic_ns,
            .failed = [this](const Error& error) { note(error); },
            .quotas = quotas.get()};
  }

  bool files_have_changed = false;
  std::shared_ptr<const std::vector<HeldLicence>> noted_files;  // what is in the audit log

  // A host takes what lies in its folder, whoever put it there.
  void note_files() {
    if (noted_files == seen.licences) return;
    if (auto noted = book->note_files(*seen.licences); !noted) return note(noted.error());
    noted_files = seen.licences;
  }

  // On the keeper's thread.
  Result<bool> look() {
    bool has_changed = std::exchange(files_have_changed, false);
    const std::uint64_t number = seen.number;
    seen = files.look();
    note_files();
    if (seen.number != number) has_changed = true;
    if (has_changed) held.set_files(*seen.licences);
    if (book_has_changed.exchange(false)) {
      auto changed = book->holdings(held.revision());
      if (!changed) {
        book_has_changed = true;  // and what the files say goes with it, the next time
        files_have_changed = has_changed;
        return std::unexpected(changed.error());
      }
      held.merge_book(std::move(*changed));
      has_changed = true;
    }
    return has_changed;
  }

  // Once for as long as it is the same: it is tried again several times a second.
  void note(const Error& error) {
    if (std::exchange(last_failure, error.reason + error.message) == error.reason + error.message) return;
    log.write(Level::error, "licensing.failed", {{"reason", error.reason}, {"why", error.message}});
  }
  std::string last_failure;
};

LicensingHost::LicensingHost(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LicensingHost::~LicensingHost() { stop(); }

Result<std::unique_ptr<LicensingHost>> LicensingHost::open(const Opening& with) {
  const LicensingConfig& config = with.config;
  auto parts = std::make_unique<Parts>(with.files, with.node, with.log);
  if (auto folder = registry::make_private_folder(config.folder); !folder) return std::unexpected(folder.error());
  BookOptions options = parts->book_options(config);
  options.payer_secret = with.payer_secret;
  auto book = Book::open(std::move(options));
  if (!book) return std::unexpected(book.error());
  parts->book = std::move(*book);
  parts->quotas = std::make_unique<BookQuotas>(*parts->book);
  parts->leases = std::make_unique<LeaseDesk>(*parts->book);
  auto keeper = AccessKeeper::start(parts->admission, parts->sources());
  if (!keeper) return std::unexpected(keeper.error());
  parts->keeper = std::move(*keeper);
  parts->woken = parts->keeper.get();
  return std::unique_ptr<LicensingHost>(new LicensingHost(std::move(parts)));
}

api::AccessGate& LicensingHost::gate() { return parts_->gate; }
Book& LicensingHost::book() { return *parts_->book; }
LeaseDesk& LicensingHost::leases() { return *parts_->leases; }

void LicensingHost::when_book_changes(std::function<void()> told) {
  const std::lock_guard lock(parts_->listening);
  parts_->listener = std::move(told);
}

std::uint64_t LicensingHost::used(const std::string& holder, const Quota& quota) const {
  const auto snapshot = parts_->admission.current();
  const auto used_of = [&](const PeriodMeters& meters) -> std::uint64_t {
    const auto& now = meters.at(unix_ms());
    if (!now) return 0;
    const auto row = std::ranges::find_if(
        now->rows, [&](const MeterSet::Row& one) { return one.meter == quota.meter && one.period == quota.period; });
    return row == now->rows.end() ? 0 : row->count->used();
  };
  if (const auto licence = std::ranges::find(snapshot->licences, holder, &LicenceAccess::id);
      licence != snapshot->licences.end())
    return used_of(licence->meters);
  const auto key = std::ranges::find(snapshot->keys, holder, &KeyAccess::id);
  return key == snapshot->keys.end() ? 0 : used_of(key->budget);
}

Result<runtime::Grant> LicensingHost::entitlement(const runtime::EntitlementQuery& query) const {
  const auto grant = parts_->admission.entitlement(query.tenant, query.licence, query.feature, unix_ms());
  if (!grant)
    return failure(Code::permission_denied, "licence.entitlement",
                   "the licence that admitted the call of " + std::string(query.model) + " does not grant '" +
                       std::string(query.feature) + "'");
  return runtime::Grant{.expires_unix_s = grant->expires_ms == INT64_MAX ? 0 : grant->expires_ms / 1'000,
                        .limit = grant->limit};
}

std::vector<api::HostGauge> LicensingHost::gauges() const {
  const auto snapshot = parts_->admission.current();
  std::vector<api::HostGauge> gauges;
  const auto add_call = [&](std::string_view reason, std::uint64_t count) {
    gauges.push_back({.name = "stoa_access_calls_total",
                      .help = "calls that were admitted, and that were refused, by reason",
                      .value = static_cast<double>(count),
                      .labels = {{"reason", std::string(reason)}},
                      .is_counter = true});
  };
  add_call("admitted", parts_->admission.count_of(Refusal::none));
  for (const RefusalRow& row : refusals()) add_call(row.reason, parts_->admission.count_of(row.refusal));
  const auto add = [&](const char* name, const char* help, double value) {
    gauges.push_back({.name = name, .help = help, .value = value});
  };
  add("stoa_access_snapshot_revision", "the book's revision that admission reads",
      static_cast<double>(snapshot->revision));
  add("stoa_access_snapshot_age_seconds", "since admission's snapshot was made",
      static_cast<double>(std::max<std::int64_t>(unix_ms() - snapshot->built_ms, 0)) / 1e3);
  add("stoa_access_keys", "API keys that admission knows", static_cast<double>(snapshot->keys.size()));
  add("stoa_access_licences", "licences that admission knows", static_cast<double>(snapshot->licences.size()));

  struct Row {
    std::string customer;
    std::uint64_t admitted, refused;
  };
  std::vector<Row> rows;
  for (const CustomerAccess& customer : snapshot->customers)
    if (const std::uint64_t admitted = customer.counts->admitted, refused = customer.counts->refused;
        admitted + refused > 0)
      rows.push_back({customer.id, admitted, refused});
  std::ranges::sort(rows, std::ranges::greater(), [](const Row& row) { return row.admitted + row.refused; });
  for (std::size_t i = kCustomersMax; i < rows.size(); ++i) {
    rows[kCustomersMax - 1].customer = "other";
    rows[kCustomersMax - 1].admitted += rows[i].admitted;
    rows[kCustomersMax - 1].refused += rows[i].refused;
  }
  rows.resize(std::min(rows.size(), kCustomersMax));
  for (const Row& row : rows)
    for (const auto& [outcome, count] : {std::pair("admitted", row.admitted), {"refused", row.refused}})
      gauges.push_back({.name = "stoa_access_customer_calls_total",
                        .help = "calls of the customers who call most, and of all others together",
                        .value = static_cast<double>(count),
                        .labels = {{"customer", row.customer}, {"outcome", outcome}},
                        .is_counter = true});
  return gauges;
}

void LicensingHost::stop() {
  if (parts_->leases) parts_->leases->close();
  parts_->woken = nullptr;
  if (parts_->keeper) parts_->keeper->stop();
}

}  // namespace stoa::app
