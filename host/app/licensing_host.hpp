// licensing_host.hpp: who may call, in this host: the book, the folder of licence files, the clock, and admission over
// them. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/api/access_gate.hpp"
#include "host/api/metrics.hpp"
#include "host/app/config.hpp"
#include "host/app/log.hpp"
#include "host/http/server.hpp"
#include "host/runtime/host_services.hpp"
#include "licensing/billing/payer_name.hpp"
#include "licensing/book/lease_desk.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

class LicenceFiles;

class LicensingHost {
 public:
  struct Opening {
    const LicensingConfig& config;
    LicenceFiles& files;
    std::string node;  // the fingerprint of this host, to which licences may be locked
    licensing::PayerSecret payer_secret;
    Log& log;
  };
  // files and log outlive it. From then on calls are asked for their keys. Errors: file.*, and the book's.
  static Result<std::unique_ptr<LicensingHost>> open(const Opening& with);
  ~LicensingHost();
  LicensingHost(const LicensingHost&) = delete;
  LicensingHost& operator=(const LicensingHost&) = delete;

  api::AccessGate& gate();
  licensing::Book& book();
  licensing::LeaseDesk& leases();
  // Of a quota, by the id of the licence or key, as admission has counted. Any thread.
  std::uint64_t used(const std::string& holder, const licensing::Quota& quota) const;
  // Any thread.
  Result<runtime::Grant> entitlement(const runtime::EntitlementQuery& query) const;
  std::vector<api::HostGauge> gauges() const;
  // After each act on the book, by the thread that acted: prompt. One listener; none is told once this returns.
  void when_book_changes(std::function<void()> told);
  // Once no call is under way: what was reserved and not used goes back.
  void stop();

 private:
  struct Parts;
  explicit LicensingHost(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace stoa::app
