// publisher_folder.hpp: the index of publishers on the disk, run by run, so that neither a start nor the memory grows
// with the journal. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "licensing/log/log_folder.hpp"
#include "licensing/proof/publisher_index.hpp"
#include "licensing/proof/publisher_run.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// A projection: the folder may be lost, and is made again from the journal. Each run is a file that never changes, and
// says which log it was made from: where the journal came back from a backup, runs that are not of it are made again.
// Only what the log does not bind yet, and the run that is not full, are in memory: at most two runs and what the log
// is behind. Thread: one at a time.
class PublisherFolder {
 public:
  static constexpr std::uint64_t kRunEntries = 65'536;

  // Makes the folder where there is none. Runs that are broken or not of this log, and those after them, go away.
  // Errors: file.*; those of LogFolder::head_at.
  static Result<std::unique_ptr<PublisherFolder>> open(std::filesystem::path folder, const LogFolder& log,
                                                       std::uint64_t run_entries = kRunEntries);

  std::uint64_t size() const { return index_.size(); }  // entries below it are known; where to go on
  // In their order, without a gap. Errors: those of PublisherIndex::add; of reading a run that a correction points to.
  Result<void> add(const Entry& entry);
  // Runs that are full and that the log binds become files. Errors: file.*; those of LogFolder::head_at; then they are
  // kept where they were.
  Result<void> keep(const LogFolder& log);

  struct Page {
    std::uint64_t all = 0;  // rows of this publisher
    std::vector<PublisherRow> rows = {};
  };
  // Of entries below `size`, from its row `from` on, at most `most`; perhaps fewer before the end, never none. size: at
  // least that of the log. Errors: file.*; data_loss "publishers.broken".
  Result<Page> page(std::string_view publisher, std::uint64_t from, std::uint64_t most, std::uint64_t size) const;

  std::uint64_t runs() const { return runs_; }  // on the disk

 private:
  PublisherFolder(std::filesystem::path folder, std::uint64_t run_entries)
      : folder_(std::move(folder)), run_entries_(run_entries) {}
  std::filesystem::path file_of(std::uint64_t run) const;
  Result<void> find_runs(const LogFolder& log);
  Result<std::uint32_t> owner_before(std::uint64_t number);
  Result<std::uint64_t> first_run_with(std::size_t place, std::uint64_t row) const;
  Result<void> add_kept(std::size_t place, std::uint64_t from, Page& page, std::uint64_t most) const;

  const std::filesystem::path folder_;
  const std::uint64_t run_entries_;
  std::uint64_t runs_ = 0;
  std::deque<PublisherRun> full_;  // behind the last file, in order
  PublisherIndex index_;
  struct Owners {
    std::uint64_t run = 0;
    std::vector<std::uint32_t> of_entries = {};
  };
  std::optional<Owners> owners_;  // of the run that a correction pointed to last
};

}  // namespace stoa::licensing
