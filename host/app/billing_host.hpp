// billing_host.hpp: what calls cost in this host: the journal, the teller over it, and the book's terms as they change.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <vector>

#include "host/api/billing_gate.hpp"
#include "host/api/metrics.hpp"
#include "host/app/config.hpp"
#include "host/app/licensing_host.hpp"
#include "host/app/log.hpp"
#include "licensing/billing/payer_name.hpp"
#include "licensing/billing/teller.hpp"
#include "licensing/journal/journal.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// Whatever else lives of the journal (projections, the log, statements) is made of journal() and teller() by whoever
// makes this, and ends before stop().
class BillingHost {
 public:
  // Makes the folder, and in it the secret that names payers, where there is none: the book needs it. Errors: file.*;
  // those of read_or_make_payer_secret.
  static Result<licensing::PayerSecret> payer_secret(const BillingConfig& config);
  // licensing and log outlive it. Reads the journal from where a saved book ends. Errors: file.*, journal.*, those of
  // Teller::open and of the book.
  static Result<std::unique_ptr<BillingHost>> open(const BillingConfig& config, LicensingHost& licensing, Log& log);
  ~BillingHost();
  BillingHost(const BillingHost&) = delete;
  BillingHost& operator=(const BillingHost&) = delete;

  licensing::Journal& journal();
  licensing::Teller& teller();
  api::BillingGate& gate();
  std::vector<api::HostGauge> gauges() const;
  // Once no call is under way: all that was appended is durable, or the journal has failed.
  void stop();

 private:
  struct Parts;
  explicit BillingHost(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace stoa::app
