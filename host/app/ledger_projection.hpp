// ledger_projection.hpp: keeps the journal's projection up to date, and the teller's book saved, off the calls' way.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <memory>
#include <vector>

#include "host/api/metrics.hpp"
#include "host/app/log.hpp"
#include "licensing/billing/teller.hpp"
#include "licensing/journal/journal.hpp"
#include "licensing/projection/projection.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// Below a billing folder: what Projection and open_from_saved() read.
inline constexpr const char *kProjectionFile = "projection.db", *kSavedBookFile = "book.saved";

// One thread. Where the projection cannot be written, it says so once and tries again: calls are served meanwhile,
// because the journal is the truth.
class LedgerProjection {
 public:
  // Lifetime: journal, teller and log outlive it. Errors: file.*, database.*.
  static Result<std::unique_ptr<LedgerProjection>> start(const std::filesystem::path& folder,
                                                         licensing::Journal& journal, const licensing::Teller& teller,
                                                         Log& log);
  ~LedgerProjection();
  LedgerProjection(const LedgerProjection&) = delete;
  LedgerProjection& operator=(const LedgerProjection&) = delete;

  // Any thread.
  const licensing::Projection& projection() const;
  std::vector<api::HostGauge> gauges() const;
  // Once no call is under way: takes up what is durable by then, and saves the book, so that the next start is short.
  void stop();

 private:
  struct Parts;
  explicit LedgerProjection(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace stoa::app
