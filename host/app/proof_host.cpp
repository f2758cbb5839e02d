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

#include "host/app/publisher_entries.hpp"
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
      : journal_(parts.journal),
        log_(parts.log),
        key_(std::move(key)),
        verifier_(std::move(verifier)),
        entries_(parts.journal, parts.log, parts.folder / "publishers", parts.run_entries) {}

  Result<void> open(const std::filesystem::path& folder) {
    auto opened = LogFolder::open(folder, verifier_, key_);
    if (!opened) return std::unexpected(opened.error());
    folder_ = std::move(*opened);
    // Where it has more than the journal, nothing of it is to be shown beside that: keep_up will say so.
    size_ = folder_->size() > journal_.durable() ? 0 : folder_->size();
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
  bool has_no_index() const { return entries_.has_failed(); }

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
    Result<PublisherPage> chosen;
    std::string checkpoint;
    {
      const std::lock_guard lock(folder_mutex_);
      chosen = entries_.choose(publisher, from, most, *folder_);
      checkpoint = folder_->note();
    }
    if (!chosen) return has_failed_ ? no_log() : std::unexpected(chosen.error());
    auto page = entries_.read(*chosen);
    if (page) page->checkpoint = std::move(checkpoint);
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
    bool is_behind = true;
    for (; batches > 0 && is_behind; --batches) {
      const std::lock_guard lock(folder_mutex_);
      // Also where nothing came: a journal that is shorter than its log is found here.
      const auto grown = advance(*folder_, journal_, kBatch, 1);
      if (!grown) return std::unexpected(grown.error());
      size_ = grown->head.size;
      {
        const std::lock_guard told(mutex_);
        grown_.notify_all();
      }
      is_behind = entries_.keep_up(*folder_) || size_ < journal_.durable();
    }
    return {};
  }

  const Journal& journal_;
  Log& log_;
  const registry::PrivateKey key_;
  const NoteVerifier verifier_;

  std::mutex folder_mutex_;
  std::unique_ptr<LogFolder> folder_;  // Lock: folder_mutex_
  PublisherEntries entries_;           // Lock: folder_mutex_, but for read()

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
  if (auto opened = keeper->open(folder); !opened) return std::unexpected(opened.error());
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
  return {
      {.name = "stoa_ledger_log_entries",
       .help = "entries of the ledger that the log has signed",
       .value = static_cast<double>(keeper_->size())},
      {.name = "stoa_ledger_log_behind",
       .help = "entries that are durable and not in the log yet",
       .value = static_cast<double>(keeper_->behind())},
      {.name = "stoa_ledger_log_failed",
       .help = "1: the log could not be written, and does not grow any more",
       .value = keeper_->has_failed() ? 1.0 : 0.0},
      {.name = "stoa_publisher_index_failed",
       .help = "1: the index of publishers cannot be kept, and is tried again; publishers cannot read their entries",
       .value = keeper_->has_no_index() ? 1.0 : 0.0}};
}

void ProofHost::stop() {
  if (proof_) proof_->desk.close();
  if (keeper_) keeper_->stop();
}

}  // namespace stoa::app
