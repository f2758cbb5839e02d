// proof_host.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/proof_host.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "licensing/billing/ledger_log.hpp"
#include "registry/document/file.hpp"
#include "registry/signature/key_file.hpp"

namespace stoa::app {
namespace {

using namespace licensing;
using std::chrono::milliseconds;

constexpr milliseconds kEvery{1'000}, kReceiptWait{3'000};
constexpr std::size_t kBatch = 10'000;
constexpr std::size_t kLastBatches = 100;  // at a stop; what is behind then comes at the next start
// A publisher's entries that lie no further apart are read in one go.
constexpr std::uint64_t kGapMax = 5'000;

// The name that was chosen; else the one that the log has; else that of this machine.
std::string name_of_log(const ProofHost::Parts& parts, const std::filesystem::path& folder) {
  if (!parts.origin.empty()) return parts.origin;
  constexpr std::size_t kNoteBytesMax = 1u << 20;
  if (const auto note = registry::read_small_file(folder / "checkpoint", kNoteBytesMax))
    return note->substr(0, note->find('\n'));
  std::array<char, 256> name{};
  const bool has_name = ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0';
  return std::string(has_name ? name.data() : "localhost") + "/ledger";
}

}  // namespace

class ProofHost::Keeper {
 public:
  Keeper(const Parts& parts, registry::PrivateKey key, NoteVerifier verifier)
      : journal_(parts.journal), log_(parts.log), key_(std::move(key)), verifier_(std::move(verifier)) {}

  Result<void> open(const Parts& parts, const std::filesystem::path& folder) {
    auto opened = LogFolder::open(folder, verifier_, key_);
    if (!opened) return std::unexpected(opened.error());
    folder_ = std::move(*opened);
    auto index = PublisherFolder::open(parts.folder / "publishers", *folder_, parts.run_entries);
    if (!index) return std::unexpected(index.error());
    index_ = std::move(*index);
    size_ = folder_->size();
    thread_ = std::thread([this] { run(); });
    return {};
  }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    moved_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  const NoteVerifier& verifier() const { return verifier_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t behind() const {
    const std::uint64_t durable = journal_.durable(), size = size_;
    return durable > size ? durable - size : 0;
  }
  bool has_failed() const { return has_failed_; }

  Result<Receipt> receipt(std::uint64_t number) {
    const bool is_there = number < journal_.durable() && wait_for(number + 1);
    if (!is_there && has_failed_) return no_log();
    const std::lock_guard lock(folder_mutex_);
    return receipt_of(number, Reader::customer, journal_, *folder_);
  }

  Result<TreeHead> head(std::uint64_t entries) {
    if (auto there = await(entries); !there) return std::unexpected(there.error());
    const std::lock_guard lock(folder_mutex_);
    return folder_->checkpoint().head;
  }
  Result<TreeHead> head_at(std::uint64_t entries) {
    if (auto there = await(entries); !there) return std::unexpected(there.error());
    const std::lock_guard lock(folder_mutex_);
    return folder_->head_at(entries);
  }

  Result<api::PublishersPage> page(const std::string& publisher, std::uint64_t from, std::uint64_t most) {
    api::PublishersPage page;
    std::vector<PublisherRow> rows;
    {
      const std::lock_guard lock(folder_mutex_);
      if (index_->size() < folder_->size()) {
        if (has_failed_) return no_log();
        return failure(Code::unavailable, "log.starting",
                       "the host has begun just now, and reads its journal; ask again in a moment");
      }
      page.checkpoint = folder_->note();
      auto shown = index_->page(publisher, from, most, folder_->size());
      if (!shown) return std::unexpected(shown.error());
      page.rows = shown->all;
      rows = std::move(shown->rows);
    }
    for (std::size_t first = 0; first < rows.size();) {
      const auto read = read_run(rows, first, page.entries);
      if (!read) return std::unexpected(read.error());
      first = page.entries.size();
    }
    return page;
  }

 private:
  static std::unexpected<Error> no_log() {
    return failure(Code::unavailable, "log.failed", "the log could not be written; the operator has to look after it");
  }

  // The log holds so many entries, or will in a moment.
  bool wait_for(std::uint64_t entries) {
    std::unique_lock lock(mutex_);
    if (size_ < entries && !has_failed_) {
      is_asked_ = true;
      moved_.notify_all();
      grown_.wait_for(lock, kReceiptWait, [&] { return entries <= size_ || has_failed_ || ends_; });
    }
    return entries <= size_;
  }

  Result<void> await(std::uint64_t entries) {
    if (wait_for(entries)) return {};
    if (has_failed_) return no_log();
    return failure(
        Code::unavailable, "log.behind",
        fmt::format("the log holds {} entries, {} are wanted; ask again in a moment", size_.load(), entries));
  }

  // Of rows from `first` on those that lie close together.
  Result<void> read_run(const std::vector<PublisherRow>& rows, std::size_t first,
                        std::vector<api::PublishersEntry>& out) const {
    std::size_t next = first;
    Result<void> result;
    const auto read = journal_.read(rows[first].number, [&](std::uint64_t number, std::string_view record) {
      if (number < rows[next].number) return true;
      const auto opened = open_record(record);
      if (!opened) {
        result = std::unexpected(opened.error());
        return false;
      }
      out.push_back({number, rows[next].total, opened->salts.of_public,
                     private_commitment(opened->salts.of_private, opened->private_half),
                     std::string(opened->public_half)});
      ++next;
      return next < rows.size() && rows[next].number - number <= kGapMax;
    });
    return read ? result : std::unexpected(read.error());
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      moved_.wait_for(lock, kEvery, [this] { return is_asked_ || ends_; });
      const bool is_last = ends_;
      is_asked_ = false;
      lock.unlock();
      const auto grown = keep_up(is_last ? kLastBatches : SIZE_MAX);
      lock.lock();
      if (!grown) {
        has_failed_ = true;
        log_.write(Level::error, "ledger_log.failed",
                   {{"reason", grown.error().reason}, {"why", grown.error().message}, {"entries", size_.load()}});
      }
      grown_.notify_all();
      if (is_last || has_failed_) return;
    }
  }

  // All that is durable now; whoever asks for a receipt waits for one batch at most.
  Result<void> keep_up(std::size_t batches) {
    for (; batches > 0 && (index_->size() < journal_.durable() || size_ < journal_.durable()); --batches) {
      const std::lock_guard lock(folder_mutex_);
      if (auto indexed = add_to_index(); !indexed) return indexed;
      if (index_->size() < folder_->size() && index_->size() < journal_.durable()) continue;
      const auto grown = advance(*folder_, journal_, kBatch, 1);
      if (!grown) return std::unexpected(grown.error());
      size_ = grown->head.size;
      if (auto kept = index_->keep(*folder_); !kept) return kept;
    }
    return {};
  }

  Result<void> add_to_index() {
    Result<void> result;
    std::size_t left = kBatch;
    const auto read = journal_.read(index_->size(), [&](std::uint64_t, std::string_view record) {
      const auto opened = open_record(record);
      const auto entry = opened ? decode_public(opened->public_half) : std::unexpected(opened.error());
      result = entry ? index_->add(*entry) : std::unexpected(entry.error());
      return result && --left > 0;
    });
    return read ? result : std::unexpected(read.error());
  }

  const Journal& journal_;
  Log& log_;
  const registry::PrivateKey key_;
  const NoteVerifier verifier_;

  std::mutex folder_mutex_;
  std::unique_ptr<LogFolder> folder_;       // Lock: folder_mutex_
  std::unique_ptr<PublisherFolder> index_;  // Lock: folder_mutex_; the keeper's thread alone changes it

  std::mutex mutex_;
  std::condition_variable moved_, grown_;
  bool is_asked_ = false, ends_ = false;  // Lock: mutex_
  std::atomic<std::uint64_t> size_{0};
  std::atomic<bool> has_failed_{false};
  std::thread thread_;  // last: it uses all of the above
};

ProofHost::ProofHost(std::unique_ptr<Keeper> keeper) : keeper_(std::move(keeper)) {}
ProofHost::~ProofHost() { stop(); }

Result<std::unique_ptr<ProofHost>> ProofHost::open(const Parts& parts) {
  auto key = registry::read_or_make_private_key(parts.folder / "log.key");
  if (!key) return std::unexpected(key.error());
  const auto folder = parts.folder / "log";
  auto verifier = NoteVerifier::make(name_of_log(parts, folder), key->public_key());
  if (!verifier) return std::unexpected(verifier.error());
  auto keeper = std::make_unique<Keeper>(parts, std::move(*key), std::move(*verifier));
  if (auto opened = keeper->open(parts, folder); !opened) return std::unexpected(opened.error());
  std::unique_ptr<ProofHost> made(new ProofHost(std::move(keeper)));
  made->proof_ = std::unique_ptr<api::LedgerProof>(new api::LedgerProof{
      .folder = folder,
      .key = made->keeper_->verifier().text(),
      .receipt = [&keeper = *made->keeper_](std::uint64_t number) { return keeper.receipt(number); },
      .page = [&keeper = *made->keeper_](const std::string& publisher, std::uint64_t from,
                                         std::uint64_t most) { return keeper.page(publisher, from, most); }});
  return made;
}

void ProofHost::add_routes(api::LicensingApi& api, std::vector<http::Route>& operators,
                           std::vector<http::Route>& customers) {
  add_log_routes(*proof_, operators);
  add_log_routes(*proof_, customers);
  add_receipt_routes(api, *proof_, api::Plane::operators, operators);
  add_receipt_routes(api, *proof_, api::Plane::customers, customers);
}

Result<TreeHead> ProofHost::head(std::uint64_t entries) { return keeper_->head(entries); }
Result<TreeHead> ProofHost::head_at(std::uint64_t entries) { return keeper_->head_at(entries); }

std::vector<api::HostGauge> ProofHost::gauges() const {
  return {{.name = "stoa_ledger_log_entries",
           .help = "entries of the ledger that the log has signed",
           .value = static_cast<double>(keeper_->size())},
          {.name = "stoa_ledger_log_behind",
           .help = "entries that are durable and not in the log yet",
           .value = static_cast<double>(keeper_->behind())},
          {.name = "stoa_ledger_log_failed",
           .help = "1: the log could not be written, and does not grow any more",
           .value = keeper_->has_failed() ? 1.0 : 0.0}};
}

void ProofHost::stop() {
  if (proof_) proof_->desk.close();
  if (keeper_) keeper_->stop();
}

}  // namespace stoa::app
