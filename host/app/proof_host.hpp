// proof_host.hpp: the journal's log kept up beside the calls, and what is asked of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/api/licensing/proof_routes.hpp"
#include "host/api/metrics.hpp"
#include "host/app/log.hpp"
#include "licensing/journal/journal.hpp"
#include "licensing/log/merkle.hpp"
#include "licensing/proof/publisher_folder.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// A thread of its own signs a new head at least each second while there are new entries, and at once where a receipt is
// asked for. No call waits for it: where it fails, the log ends, calls go on, and a line and a figure say so.
class ProofHost {
 public:
  // What is referred to outlives it.
  struct Parts {
    const licensing::Journal& journal;
    std::filesystem::path folder;  // the billing folder: "log" and "log.key" are made there
    std::string origin;            // the log's name, for good; empty: what it is, and at first this machine's
    Log& log;
    std::uint64_t run_entries = licensing::PublisherFolder::kRunEntries;
  };
  // Errors: file.*, key.*, note.*, those of LogFolder::open.
  static Result<std::unique_ptr<ProofHost>> open(const Parts& parts);
  ~ProofHost();
  ProofHost(const ProofHost&) = delete;
  ProofHost& operator=(const ProofHost&) = delete;

  // Of either plane; api: who asks is known there.
  void add_routes(api::LicensingApi& api, std::vector<http::Route>& operators, std::vector<http::Route>& customers);
  // Of the log once it holds so many entries; waits a moment for them. Errors: unavailable "log.failed", "log.behind".
  // Any thread that may wait.
  Result<licensing::TreeHead> head(std::uint64_t entries);
  // The same, as it was when it held exactly so many.
  Result<licensing::TreeHead> head_at(std::uint64_t entries);
  std::vector<api::HostGauge> gauges() const;
  // After the server has drained, before the journal closes: what is durable by then is in the log, or a million of it.
  void stop();

 private:
  class Keeper;
  explicit ProofHost(std::unique_ptr<Keeper> keeper);
  std::unique_ptr<Keeper> keeper_;
  std::unique_ptr<api::LedgerProof> proof_;
};

}  // namespace stoa::app
