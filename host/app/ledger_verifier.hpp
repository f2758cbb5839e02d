// ledger_verifier.hpp: the constitution checked over this host's ledger, beside the calls, when an operator asks.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "host/app/log.hpp"
#include "licensing/billing/teller.hpp"
#include "licensing/journal/journal.hpp"
#include "licensing/verification/verification.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// What of a billing folder is compared with its journal: the log's checkpoint, where there is one, signed by the key
// that lies beside it. Errors: file.*, key.*, those of open_checkpoint.
Result<std::optional<licensing::Checkpoint>> checkpoint_in(const std::filesystem::path& billing_folder);

class LedgerVerifier {
 public:
  // Lifetime: what is referred to outlives it. terms: those of now; any thread.
  struct Parts {
    std::filesystem::path folder;  // the billing folder
    licensing::Journal& journal;
    const licensing::Teller& teller;
    std::function<Result<std::shared_ptr<const licensing::BillingTerms>>()> terms;
    Log& log;
  };
  explicit LedgerVerifier(Parts parts) : parts_(std::move(parts)) {}
  ~LedgerVerifier() { stop(); }
  LedgerVerifier(const LedgerVerifier&) = delete;

  // Any thread. Where one runs already, it is that one. state: "never", "running" with "done" and "all", "ended" with
  // the report, or "failed" with reason and message; "at_ms": since when.
  nlohmann::ordered_json begin();
  nlohmann::ordered_json state() const;
  // Ends one that runs, without a report.
  void stop();

 private:
  void run(const std::stop_token& stop);
  Result<licensing::Verification> verify(const std::stop_token& stop);

  const Parts parts_;
  mutable std::mutex mutex_;
  nlohmann::ordered_json state_{{"state", "never"}};  // Lock: mutex_
  std::jthread thread_;                               // Lock: mutex_; its own end is state_'s
};

}  // namespace stoa::app
