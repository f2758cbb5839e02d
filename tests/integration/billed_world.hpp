// billed_world.hpp: a host that charges, with customers who can pay. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/api/billing_gate.hpp"
#include "host/app/commit_wake.hpp"
#include "host/app/ledger_projection.hpp"
#include "host/app/log.hpp"
#include "licensing/billing/test_billing.hpp"
#include "licensing/journal/test_journal.hpp"
#include "registry/document/test_folder.hpp"
#include "tests/integration/access_world.hpp"

namespace stoa::test {

inline constexpr licensing::Nano kCent = licensing::kNanoPerUnit / 100;
inline constexpr std::string_view kMetered = "stoa-test/metered", kNull = "stoa-demo/null";

// A call of the identity model costs a cent; one of the metered model a cent, and a tenth of one for each token.
class BilledWorld {
 public:
  // kept: a folder that outlives it, and is taken up where the last one left it, as a host does, with a projection and
  // a saved book beside the journal; empty: one of its own.
  explicit BilledWorld(api::BillingRules rules = {}, licensing::Disk& disk = licensing::real_disk(),
                       std::uint32_t window_us = 0, std::filesystem::path kept = {}, api::TellUncharged tell = {});

  struct Payer {
    std::string customer, key;
  };
  // With a wallet; nothing: it pays nothing here.
  Payer add(std::optional<licensing::Nano> funds);
  struct Serving {
    bool is_in_workers = false;  // the probe's models, each in a process of its own
    bool is_charging = true;
    unsigned io_threads = 2;
    ServedHost::Keeping keeping = {};
  };
  void serve(const Serving& serving);
  void serve() { serve(Serving{}); }

  std::uint16_t port() const { return world.host.port(); }
  licensing::Nano available(const Payer& payer) const;
  // Of calls, in order; once all that was appended is durable.
  std::vector<licensing::Entry> calls() const;

  registry::TestFolder folder;
  std::filesystem::path files;
  licensing::BillingTerms terms;
  std::shared_ptr<app::CommitWake> wake = std::make_shared<app::CommitWake>();
  std::unique_ptr<licensing::Journal> journal;
  std::unique_ptr<licensing::Teller> teller;
  std::unique_ptr<app::Log> log;                    // of what is kept
  std::unique_ptr<app::LedgerProjection> follower;  // the same
  std::unique_ptr<api::BillingGate> gate;
  AccessWorld world;
};

// One request on a line of its own, and the answer to it.
std::string ask(const BilledWorld& world, const BilledWorld::Payer& payer, std::string_view target = {},
                std::string_view body = kBody);

}  // namespace stoa::test
