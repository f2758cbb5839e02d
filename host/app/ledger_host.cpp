// ledger_host.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/ledger_host.hpp"

#include <utility>

#include "licensing/book/book.hpp"

namespace stoa::app {

Result<std::unique_ptr<LedgerHost>> LedgerHost::open(const BillingConfig& config, BillingHost& billing,
                                                     LicensingHost& licensing, Log& log) {
  std::unique_ptr<LedgerHost> made(new LedgerHost);
  auto follower = LedgerProjection::start(config.folder, billing.journal(), billing.teller(), log);
  if (!follower) return std::unexpected(follower.error());
  made->follower_ = std::move(*follower);
  made->verifier_ = std::make_unique<LedgerVerifier>(LedgerVerifier::Parts{
      .folder = config.folder,
      .journal = billing.journal(),
      .teller = billing.teller(),
      .terms = [&book = licensing.book()]() -> Result<std::shared_ptr<const licensing::BillingTerms>> {
        auto now = book.billing_terms();
        if (!now) return std::unexpected(now.error());
        return std::move(now->terms);
      },
      .log = log});
  made->api_ = std::unique_ptr<api::LedgerApi>(
      new api::LedgerApi{.projection = made->projection(),
                         .begin_verification = [&verifier = *made->verifier_] { return verifier.begin(); },
                         .verification = [&verifier = *made->verifier_] { return verifier.state(); }});
  return made;
}

void LedgerHost::add_routes(api::LicensingApi& licences, std::vector<http::Route>& operators,
                            std::vector<http::Route>& customers) {
  api::add_ledger_routes(licences, *api_, api::Plane::operators, operators);
  api::add_ledger_routes(licences, *api_, api::Plane::customers, customers);
}

void LedgerHost::stop() {
  verifier_->stop();
  follower_->stop();
}

}  // namespace stoa::app
