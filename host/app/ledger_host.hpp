// ledger_host.hpp: what is made of the journal to be asked: its projection, and the check of it all.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <vector>

#include "host/api/licensing/ledger_routes.hpp"
#include "host/api/metrics.hpp"
#include "host/app/billing_host.hpp"
#include "host/app/config.hpp"
#include "host/app/ledger_projection.hpp"
#include "host/app/ledger_verifier.hpp"
#include "host/app/licensing_host.hpp"
#include "host/app/log.hpp"
#include "host/http/server.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

class LedgerHost {
 public:
  // billing, licensing and log outlive it. Errors: file.*, database.*.
  static Result<std::unique_ptr<LedgerHost>> open(const BillingConfig& config, BillingHost& billing,
                                                  LicensingHost& licensing, Log& log);

  // Lifetime: licences and this outlive the server.
  void add_routes(api::LicensingApi& licences, std::vector<http::Route>& operators,
                  std::vector<http::Route>& customers);
  // Any thread.
  const licensing::Projection& projection() const { return follower_->projection(); }
  std::vector<api::HostGauge> gauges() const { return follower_->gauges(); }
  // Once no call is under way, before billing stops.
  void stop();

 private:
  LedgerHost() = default;
  std::unique_ptr<LedgerProjection> follower_;
  std::unique_ptr<LedgerVerifier> verifier_;
  std::unique_ptr<api::LedgerApi> api_;
};

}  // namespace stoa::app
