// publisher_entries.hpp: what each publisher may see of the ledger, kept up beside the log.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/api/licensing/ledger_proof.hpp"
#include "host/app/log.hpp"
#include "licensing/journal/journal.hpp"
#include "licensing/log/log_folder.hpp"
#include "licensing/proof/publisher_folder.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// It is made of the journal, and no call and no receipt needs it: where its folder fails, a line and a figure say so,
// pages are refused, and it is tried again. What is broken in there is made again.
// Thread: one at a time, but for read() and has_failed().
class PublisherEntries {
 public:
  // What is referred to outlives it.
  PublisherEntries(const licensing::Journal& journal, Log& log, std::filesystem::path folder, std::uint64_t run_entries)
      : journal_(journal), log_(log), folder_(std::move(folder)), run_entries_(run_entries) {}

  // A batch further, of what the ledger's log has. True: there is more to do.
  bool keep_up(const licensing::LogFolder& ledger_log);
  // Errors: unavailable "log.starting": it is not as far as the log yet; "publishers.failed".
  Result<licensing::PublisherPage> choose(const std::string& publisher, std::uint64_t from, std::uint64_t most,
                                          const licensing::LogFolder& ledger_log) const;
  // Its entries, out of the journal; without a checkpoint. Errors: those of PublisherPage::rows, of Journal::read; then
  // the folder is looked over by the next keep_up. Any thread.
  Result<api::PublishersPage> read(const licensing::PublisherPage& chosen);
  bool has_failed() const { return has_failed_; }

 private:
  Result<void> open(const licensing::LogFolder& ledger_log);
  Result<void> add_batch(const licensing::LogFolder& ledger_log);
  Result<void> read_near(const std::vector<licensing::PublisherRow>& rows, api::PublishersPage& page) const;

  const licensing::Journal& journal_;
  Log& log_;
  const std::filesystem::path folder_;
  const std::uint64_t run_entries_;
  std::unique_ptr<licensing::PublisherFolder> index_;  // none: it is opened anew
  std::atomic<bool> has_failed_{false}, is_doubted_{false};
};

}  // namespace stoa::app
