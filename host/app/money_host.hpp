// money_host.hpp: what calls cost in this host, and all that is made of it: the journal, its log, its tables, the
// answers kept with it, and money in and out beside calls. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <vector>

#include "host/api/api_context.hpp"
#include "host/api/licensing/licensing_call.hpp"
#include "host/app/answers_host.hpp"
#include "host/app/billing_host.hpp"
#include "host/app/config.hpp"
#include "host/app/ledger_host.hpp"
#include "host/app/licensing_host.hpp"
#include "host/app/log.hpp"
#include "host/app/proof_host.hpp"
#include "host/app/settlement_host.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

class MoneyHost {
 public:
  // Of a configuration with a section [billing]. licensing and log outlive it. Errors: those of its parts' open().
  static Result<std::unique_ptr<MoneyHost>> open(const Config& config, LicensingHost& licensing, Log& log);

  // From now on calls are charged, and those with a key are answered once. Lifetime: this outlives both.
  void join(LicensingHost& licensing, api::ApiContext& api);
  void add_routes(api::LicensingApi& licences, std::vector<http::Route>& operators,
                  std::vector<http::Route>& customers);
  licensing::Journal& journal() { return billing_->journal(); }
  SettlementHost& settlement() { return *settlement_; }
  std::vector<api::HostGauge> gauges() const;
  // Once no call is under way: what lives of the journal ends first.
  void stop();

 private:
  MoneyHost() = default;
  // Invariant: in the order they are needed.
  std::unique_ptr<BillingHost> billing_;
  std::unique_ptr<ProofHost> proof_;
  std::unique_ptr<LedgerHost> ledger_;
  std::unique_ptr<AnswersHost> answers_;
  std::unique_ptr<SettlementHost> settlement_;
};

}  // namespace stoa::app
