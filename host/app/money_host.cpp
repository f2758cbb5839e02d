// money_host.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/money_host.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace stoa::app {
namespace {

template <class Part>
Result<void> keep(std::unique_ptr<Part>& part, Result<std::unique_ptr<Part>> opened) {
  if (!opened) return std::unexpected(opened.error());
  part = std::move(*opened);
  return {};
}

}  // namespace

Result<std::unique_ptr<MoneyHost>> MoneyHost::open(const Config& config, LicensingHost& licensing, Log& log) {
  const BillingConfig& billing = *config.billing;
  std::unique_ptr<MoneyHost> money(new MoneyHost);
  MoneyHost& m = *money;
  auto opened = keep(m.billing_, BillingHost::open(billing, licensing, log));
  if (opened)
    opened = keep(
        m.proof_,
        ProofHost::open({.journal = m.journal(), .folder = billing.folder, .origin = billing.log_origin, .log = log}));
  if (opened) opened = keep(m.ledger_, LedgerHost::open(billing, *m.billing_, licensing, log));
  if (opened) opened = keep(m.answers_, AnswersHost::open(billing.folder, m.journal(), log));
  if (opened)
    opened = keep(
        m.settlement_,
        SettlementHost::open({.config = config.settlement,
                              .folder = billing.folder,
                              .journal = m.journal(),
                              .teller = m.billing_->teller(),
                              .book = licensing.book(),
                              .head = [&proof = *m.proof_](std::uint64_t entries) { return proof.head_at(entries); },
                              .log = log}));
  if (!opened) return std::unexpected(opened.error());
  return money;
}

void MoneyHost::join(LicensingHost& licensing, api::ApiContext& api) {
  licensing.gate().charge_by(billing_->gate());
  api.billing = &billing_->gate();
  api.keys = &answers_->gate();
}

void MoneyHost::add_routes(api::LicensingApi& licences, std::vector<http::Route>& operators,
                           std::vector<http::Route>& customers) {
  proof_->add_routes(licences, operators, customers);
  ledger_->add_routes(licences, operators, customers);
}

std::vector<api::HostGauge> MoneyHost::gauges() const {
  std::vector<api::HostGauge> all = billing_->gauges();
  std::ranges::move(proof_->gauges(), std::back_inserter(all));
  std::ranges::move(ledger_->gauges(), std::back_inserter(all));
  std::ranges::move(answers_->gauges(), std::back_inserter(all));
  return all;
}

void MoneyHost::stop() {
  settlement_->stop();
  proof_->stop();
  ledger_->stop();
  answers_->stop();
  billing_->stop();
}

}  // namespace stoa::app
