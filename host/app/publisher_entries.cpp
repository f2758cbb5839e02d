// publisher_entries.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/publisher_entries.hpp"

#include "licensing/ledger/entry_codec.hpp"

namespace stoa::app {
namespace {

using namespace licensing;

constexpr std::size_t kBatchEntries = 10'000;
// A publisher's entries that lie no further apart are read in one go.
constexpr std::uint64_t kGapMax = 5'000;

}  // namespace

bool PublisherEntries::keep_up(const LogFolder& ledger_log) {
  const bool is_looked_over = is_doubted_;
  if (is_looked_over) index_.reset();
  auto kept = index_ ? Result<void>() : open(ledger_log);
  if (kept) kept = add_batch(ledger_log);
  if (kept) kept = index_->keep(ledger_log);
  if (kept) {
    if (has_failed_.exchange(false)) log_.write(Level::info, "publishers.kept", {{"entries", index_->size()}});
    return index_->size() < ledger_log.size();
  }
  index_.reset();
  is_doubted_ = kept.error().code == Code::data_loss && !is_looked_over;  // else it is not the folder that is broken
  if (!has_failed_.exchange(true))
    log_.write(Level::error, "publishers.failed",
               {{"reason", kept.error().reason},
                {"why", kept.error().message},
                {"folder", std::string_view(folder_.native())}});
  return false;
}

Result<void> PublisherEntries::open(const LogFolder& ledger_log) {
  using Check = PublisherFolder::Check;
  auto opened = PublisherFolder::open(folder_, ledger_log, run_entries_, is_doubted_ ? Check::all : Check::last_run);
  if (!opened) return std::unexpected(opened.error());
  index_ = std::move(*opened);
  is_doubted_ = false;
  return {};
}

Result<void> PublisherEntries::add_batch(const LogFolder& ledger_log) {
  Result<void> result;
  if (index_->size() >= ledger_log.size()) return result;
  std::size_t left = kBatchEntries;
  const auto read = journal_.read(index_->size(), [&](std::uint64_t number, std::string_view record) {
    const auto opened = open_record(record);
    const auto entry = opened ? decode_public(opened->public_half) : std::unexpected(opened.error());
    result = entry ? index_->add(*entry) : std::unexpected(entry.error());
    return result && --left > 0 && number + 1 < ledger_log.size();
  });
  return read ? result : std::unexpected(read.error());
}

Result<PublisherPage> PublisherEntries::choose(const std::string& publisher, std::uint64_t from, std::uint64_t most,
                                               const LogFolder& ledger_log) const {
  if (index_ && index_->size() >= ledger_log.size()) return index_->page(publisher, from, most, ledger_log.size());
  if (has_failed_)
    return failure(Code::unavailable, "publishers.failed",
                   "the index of publishers cannot be kept; the operator has to look after its folder");
  return failure(Code::unavailable, "log.starting",
                 "the host has begun just now, and reads its journal; ask again in a moment");
}

Result<api::PublishersPage> PublisherEntries::read(const PublisherPage& chosen) {
  api::PublishersPage page{.entries = {}, .rows = chosen.all, .checkpoint = {}};
  const auto rows = chosen.rows();
  if (!rows) {
    if (rows.error().code == Code::data_loss) is_doubted_ = true;
    return std::unexpected(rows.error());
  }
  while (page.entries.size() < rows->size())
    if (auto near = read_near(*rows, page); !near) return std::unexpected(near.error());
  return page;
}

// Of the rows that the page does not have yet those that lie close together.
Result<void> PublisherEntries::read_near(const std::vector<PublisherRow>& rows, api::PublishersPage& page) const {
  std::size_t next = page.entries.size();
  Result<void> result;
  const auto read = journal_.read(rows[next].number, [&](std::uint64_t number, std::string_view record) {
    if (number < rows[next].number) return true;
    const auto opened = open_record(record);
    if (!opened) {
      result = std::unexpected(opened.error());
      return false;
    }
    page.entries.push_back({number, rows[next].total, opened->salts.of_public,
                            private_commitment(opened->salts.of_private, opened->private_half),
                            std::string(opened->public_half)});
    ++next;
    return next < rows.size() && rows[next].number - number <= kGapMax;
  });
  return read ? result : std::unexpected(read.error());
}

}  // namespace stoa::app
