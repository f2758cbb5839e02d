// publisher_folder.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/proof/publisher_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "registry/document/staging.hpp"

namespace stoa::licensing {
namespace {

namespace fs = std::filesystem;

// A page does not read more files than that, where a publisher has few rows in each.
constexpr std::uint64_t kFilesAPage = 64;

std::uint64_t rows_by_end(const PublisherRunHead& head, std::size_t place) {
  return place < head.publishers.size() ? head.publishers[place].before + head.publishers[place].rows : 0;
}

// From row `from` of all, where the first of these is row `before`.
void add_rows(const std::vector<PublisherRow>& rows, std::uint64_t before, std::uint64_t from, std::uint64_t most,
              std::vector<PublisherRow>& out) {
  if (out.size() >= most) return;
  const std::uint64_t skipped = from > before ? std::min<std::uint64_t>(from - before, rows.size()) : 0;
  const std::uint64_t taken = std::min<std::uint64_t>(rows.size() - skipped, most - out.size());
  const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(skipped);
  out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(taken));
}

}  // namespace

fs::path PublisherFolder::file_of(std::uint64_t run) const { return folder_ / fmt::format("{:012}.run", run); }

Result<std::unique_ptr<PublisherFolder>> PublisherFolder::open(fs::path folder, const LogFolder& log,
                                                               std::uint64_t run_entries) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return std::unexpected(registry::file_error("create", folder, error.value()));
  if (auto gone = registry::remove_stale_staging(folder); !gone) return std::unexpected(gone.error());
  std::unique_ptr<PublisherFolder> made(new PublisherFolder(std::move(folder), run_entries));
  if (auto found = made->find_runs(log); !found) return std::unexpected(found.error());
  return made;
}

Result<void> PublisherFolder::find_runs(const LogFolder& log) {
  std::error_code error;
  while (fs::exists(file_of(runs_), error)) ++runs_;
  // Behind a gap nothing counts.
  std::vector<fs::path> stray;
  for (const auto& file : fs::directory_iterator(folder_, error))
    if (file.path().extension() == ".run" && file.path() > file_of(runs_)) stray.push_back(file.path());
  for (const fs::path& file : stray) fs::remove(file, error);
  // What is bound to the log's root at its end is bound with all before it: the last one speaks for the others.
  std::optional<PublisherRunHead> last;
  for (; runs_ > 0; --runs_) {
    const auto file = PublisherRunFile::open(file_of(runs_ - 1));
    if (!file && file.error().code != Code::data_loss) return std::unexpected(file.error());
    if (file && file->head().first == (runs_ - 1) * run_entries_ && file->head().entries == run_entries_ &&
        file->head().end() <= log.size()) {
      const auto head = log.head_at(file->head().end());
      if (!head) return std::unexpected(head.error());
      if (head->root == file->head().root) {
        last = file->head();
        break;
      }
    }
    fs::remove(file_of(runs_ - 1), error);
    if (error) return std::unexpected(registry::file_error("remove", file_of(runs_ - 1), error.value()));
  }
  index_ =
      PublisherIndex(last.value_or(PublisherRunHead{}), [this](std::uint64_t number) { return owner_before(number); });
  return {};
}

Result<void> PublisherFolder::add(const Entry& entry) {
  if (auto added = index_.add(entry); !added) return added;
  if (index_.run().owners.size() == run_entries_) full_.push_back(index_.take());
  return {};
}

Result<void> PublisherFolder::keep(const LogFolder& log) {
  for (; !full_.empty() && full_.front().end() <= log.size(); full_.pop_front(), ++runs_) {
    const auto head = log.head_at(full_.front().end());
    if (!head) return std::unexpected(head.error());
    if (auto written = write_run(file_of(runs_), full_.front(), head->root); !written) return written;
  }
  return {};
}

Result<std::uint32_t> PublisherFolder::owner_before(std::uint64_t number) {
  const std::uint64_t run = number / run_entries_;
  if (run >= runs_) return full_[run - runs_].owners[number % run_entries_];
  if (!owners_ || owners_->run != run) {
    const auto file = PublisherRunFile::open(file_of(run));
    if (!file) return std::unexpected(file.error());
    auto owners = file->owners();
    if (!owners) return std::unexpected(owners.error());
    owners_ = Owners{run, std::move(*owners)};
  }
  return owners_->of_entries[number % run_entries_];
}

// The first one on the disk by whose end the publisher had more than `row` rows; runs_: none.
Result<std::uint64_t> PublisherFolder::first_run_with(std::size_t place, std::uint64_t row) const {
  std::uint64_t low = 0, high = runs_;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto file = PublisherRunFile::open(file_of(middle));
    if (!file) return std::unexpected(file.error());
    if (rows_by_end(file->head(), place) > row)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

Result<void> PublisherFolder::add_kept(std::size_t place, std::uint64_t from, Page& page, std::uint64_t most) const {
  const auto first = first_run_with(place, from);
  if (!first) return std::unexpected(first.error());
  const std::uint64_t end = std::min(runs_, *first + kFilesAPage);
  for (std::uint64_t run = *first; run < end && page.rows.size() < most; ++run) {
    const auto file = PublisherRunFile::open(file_of(run));
    if (!file) return std::unexpected(file.error());
    if (place >= file->head().publishers.size() || file->head().publishers[place].rows == 0) continue;
    const auto rows = file->rows(place);
    if (!rows) return std::unexpected(rows.error());
    add_rows(*rows, file->head().publishers[place].before, from, most, page.rows);
  }
  return {};
}

Result<PublisherFolder::Page> PublisherFolder::page(std::string_view publisher, std::uint64_t from, std::uint64_t most,
                                                    std::uint64_t size) const {
  Page page;
  const auto place = index_.place_of(publisher);
  if (!place) return page;
  // What is on the disk is below size: the log binds it.
  std::vector<const PublisherRun::Publisher*> unkept;
  for (const PublisherRun& run : full_)
    if (*place < run.publishers.size()) unkept.push_back(&run.publishers[*place]);
  unkept.push_back(&index_.run().publishers[*place]);
  const std::uint64_t kept = unkept.front()->before;
  if (from < kept)
    if (auto added = add_kept(*place, from, page, most); !added) return std::unexpected(added.error());
  page.all = kept;
  const bool is_joined = from >= kept || from + page.rows.size() == kept;
  for (const PublisherRun::Publisher* const run : unkept) {
    const auto end = std::ranges::lower_bound(run->rows, size, {}, &PublisherRow::number);
    const std::vector<PublisherRow> shown(run->rows.begin(), end);
    page.all += shown.size();
    if (is_joined) add_rows(shown, run->before, from, most, page.rows);
  }
  return page;
}

}  // namespace stoa::licensing
