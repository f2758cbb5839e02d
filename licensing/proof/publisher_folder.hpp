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

// Some of what a publisher may see. What is in files is read by rows(), which needs no lock: they never change.
struct PublisherPage {
  std::uint64_t all = 0;  // rows of this publisher
  // Errors: file.*; data_loss "publishers.broken". Perhaps fewer than were asked for before the end, never none. Any
  // thread.
  Result<std::vector<PublisherRow>> rows() const;

  std::filesystem::path folder = {};
  std::uint64_t runs = 0, kept = 0;  // files; rows that are in them
  std::size_t place = 0;             // of the publisher
  std::uint64_t from = 0, most = 0;
  std::vector<PublisherRow> unkept = {};  // of those asked for: what is in no file yet
};

// A projection: the folder may be lost, and is made again from the journal. Each run is a file that never changes, and
// says which log it was made from: where the journal came back from a backup, runs that are not of it are made again.
// Only what the log does not bind yet, and the run that is not full, are in memory: at most two runs and what the log
// is behind. Thread: one at a time.
class PublisherFolder {
 public:
  static constexpr std::uint64_t kRunEntries = 65'536;
  enum class Check { last_run, all };  // all: every byte of every run, once one was found that is broken

  // Makes the folder where there is none. Runs that are broken or not of this log, and those after them, go away.
  // Errors: file.*; those of LogFolder::head_at.
  static Result<std::unique_ptr<PublisherFolder>> open(std::filesystem::path folder, const LogFolder& log,
                                                       std::uint64_t run_entries = kRunEntries,
                                                       Check check = Check::last_run);

  std::uint64_t size() const { return index_.size(); }  // entries below it are known; where to go on
  // In their order, without a gap. Errors: those of PublisherIndex::add; of reading a run that a correction points to.
  Result<void> add(const Entry& entry);
  // Runs that are full and that the log binds become files. Errors: file.*; those of LogFolder::head_at; then they are
  // kept where they were.
  Result<void> keep(const LogFolder& log);

  // Of entries below `size`, from its row `from` on, at most `most`. size: at least that of the log.
  PublisherPage page(std::string_view publisher, std::uint64_t from, std::uint64_t most, std::uint64_t size) const;

  std::uint64_t runs() const { return runs_; }  // on the disk

 private:
  PublisherFolder(std::filesystem::path folder, std::uint64_t run_entries)
      : folder_(std::move(folder)), run_entries_(run_entries) {}
  std::filesystem::path file_of(std::uint64_t run) const;
  Result<std::uint64_t> count_runs(Check check);
  Result<void> find_runs(const LogFolder& log, Check check);
  Result<std::uint32_t> owner_before(std::uint64_t number);

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
