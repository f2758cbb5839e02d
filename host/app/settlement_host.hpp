// settlement_host.hpp: money in and money out in this host: the settlement over the journal, its key, and what time
// brings. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "host/app/log.hpp"
#include "host/app/settlement_config.hpp"
#include "licensing/billing/teller.hpp"
#include "licensing/book/book.hpp"
#include "licensing/journal/journal.hpp"
#include "licensing/log/merkle.hpp"
#include "licensing/settlement/settlement.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

class SettlementHost {
 public:
  // What is referred to outlives it.
  struct Parts {
    const SettlementConfig& config;
    std::filesystem::path folder;  // of [billing]: settlement.db, statements.key.pem, payouts/
    licensing::Journal& journal;
    licensing::Teller& teller;
    licensing::Book& book;
    // Of the ledger's log, as it was with so many entries: a statement names the one at the end of its month, and every
    // later checkpoint is proved to go on from it. May wait a moment.
    std::function<Result<licensing::TreeHead>(std::uint64_t entries)> head;
    Log& log;
  };
  // Ends what a crash left. Errors: those of Settlement::open, of the key.
  static Result<std::unique_ptr<SettlementHost>> open(const Parts& parts);
  ~SettlementHost();
  SettlementHost(const SettlementHost&) = delete;
  SettlementHost& operator=(const SettlementHost&) = delete;

  licensing::Settlement& settlement();
  const std::string& statement_key() const;  // by which anybody verifies statements: "name+id+key"
  // After the server has drained, before the teller ends.
  void stop();

 private:
  struct Running;
  explicit SettlementHost(std::unique_ptr<Running> running);
  std::unique_ptr<Running> running_;
};

}  // namespace stoa::app
