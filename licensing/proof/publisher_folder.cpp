// publisher_folder.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/proof/publisher_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <system_error>

#include "registry/document/file.hpp"

namespace stoa::licensing {
namespace {

namespace fs = std::filesystem;

// A page does not read more files than that, where a publisher has few rows in each.
constexpr std::uint64_t kFilesAPage = 64;

std::uint64_t rows_by_end(const PublisherRunHead& head, std::size_t place) {
  return place < head.publishers.size() ? head.publishers[place].before + head.publishers[place].rows : 0;
}

// From row `from` of all, where the first of these is row `before`.
void add_rows(std::span<const PublisherRow> rows, std::uint64_t before, std::uint64_t from, std::uint64_t most,
              std::vector<PublisherRow>& out) {
  if (out.size() >= most) return;
  const std::uint64_t skipped = from > before ? std::min<std::uint64_t>(from - before, rows.size()) : 0;
  const std::uint64_t taken = std::min<std::uint64_t>(rows.size() - skipped, most - out.size());
  const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(skipped);
  out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(taken));
}

fs::path run_file(const fs::path& folder, std::uint64_t run) { return folder / fmt::format("{:012}.run", run); }

// The first one in files by whose end the publisher had more than `row` rows; page.runs: none.
Result<std::uint64_t> first_run_with(const PublisherPage& page, std::uint64_t row) {
  std::uint64_t low = 0, high = page.runs;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto file = PublisherRunFile::open(run_file(page.folder, middle));
    if (!file) return std::unexpected(file.error());
    if (rows_by_end(file->head(), page.place) > row)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

// Errors: those of reading it.
Result<void> check_whole(const PublisherRunFile& file) {
  if (auto owners = file.owners(); !owners) return std::unexpected(owners.error());
  for (std::size_t place = 0; place < file.head().publishers.size(); ++place)
    if (auto rows = file.rows(place); !rows) return std::unexpected(rows.error());
  return {};
}

}  // namespace

Result<std::vector<PublisherRow>> PublisherPage::rows() const {
  std::vector<PublisherRow> rows;
  if (from < kept) {
    const auto first = first_run_with(*this, from);
    if (!first) return std::unexpected(first.error());
    const std::uint64_t end = std::min(runs, *first + kFilesAPage);
    for (std::uint64_t run = *first; run < end && rows.size() < most; ++run) {
      const auto file = PublisherRunFile::open(run_file(folder, run));
      if (!file) return std::unexpected(file.error());
      if (place >= file->head().publishers.size() || file->head().publishers[place].rows == 0) continue;
      const auto some = file->rows(place);
      if (!some) return std::unexpected(some.error());
      add_rows(*some, file->head().publishers[place].before, from, most, rows);
    }
  }
  if (from >= kept || from + rows.size() == kept) add_rows(unkept, std::max(from, kept), 0, most, rows);
  return rows;
}

fs::path PublisherFolder::file_of(std::uint64_t run) const { return run_file(folder_, run); }

Result<std::unique_ptr<PublisherFolder>> PublisherFolder::open(fs::path folder, const LogFolder& log,
                                                               std::uint64_t run_entries, Check check) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return std::unexpected(registry::file_error("create", folder, error.value()));
  std::unique_ptr<PublisherFolder> made(new PublisherFolder(std::move(folder), run_entries));
  if (auto found = made->find_runs(log, check); !found) return std::unexpected(found.error());
  return made;
}

// How many there are without a gap; what lies behind one goes away.
Result<std::uint64_t> PublisherFolder::count_runs(Check check) {
  std::error_code error;
  std::uint64_t runs = 0;
  for (; fs::exists(file_of(runs), error); ++runs) {
    if (check == Check::last_run) continue;
    const auto file = PublisherRunFile::open(file_of(runs));
    if (!file || !check_whole(*file)) break;
  }
  std::vector<fs::path> stray;
  for (const auto& file : fs::directory_iterator(folder_, error))
    if (file.path().extension() == ".run" && file.path() >= file_of(runs)) stray.push_back(file.path());
  for (const fs::path& file : stray)
    if (fs::remove(file, error); error) return std::unexpected(registry::file_error("remove", file, error.value()));
  return runs;
}

Result<void> PublisherFolder::find_runs(const LogFolder& log, Check check) {
  const auto counted = count_runs(check);
  if (!counted) return std::unexpected(counted.error());
  // What is bound to the log's root at its end is bound with all before it: the last one speaks for the others.
  std::optional<PublisherRunHead> last;
  for (runs_ = *counted; runs_ > 0; --runs_) {
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
    std::error_code error;
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

PublisherPage PublisherFolder::page(std::string_view publisher, std::uint64_t from, std::uint64_t most,
                                    std::uint64_t size) const {
  const auto place = index_.place_of(publisher);
  if (!place) return {};
  std::vector<const PublisherRun::Publisher*> unkept;
  for (const PublisherRun& run : full_)
    if (*place < run.publishers.size()) unkept.push_back(&run.publishers[*place]);
  unkept.push_back(&index_.run().publishers[*place]);
  // What is on the disk is below size: the log binds it.
  const std::uint64_t kept = unkept.front()->before;
  PublisherPage page{
      .all = kept, .folder = folder_, .runs = runs_, .kept = kept, .place = *place, .from = from, .most = most};
  for (const PublisherRun::Publisher* const run : unkept) {
    const auto end = std::ranges::lower_bound(run->rows, size, {}, &PublisherRow::number);
    const std::span<const PublisherRow> shown(run->rows.begin(), end);
    page.all += shown.size();
    add_rows(shown, run->before, from, most, page.unkept);
  }
  return page;
}

}  // namespace stoa::licensing
