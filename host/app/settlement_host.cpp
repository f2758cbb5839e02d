// settlement_host.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/settlement_host.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "host/app/command_payout_provider.hpp"
#include "host/app/wall_clock.hpp"
#include "licensing/log/signed_note.hpp"
#include "licensing/settlement/issued_statement_store.hpp"
#include "registry/signature/key_file.hpp"

namespace stoa::app {
namespace {

using namespace licensing;

constexpr std::chrono::seconds kSettlementTick{60};

SettlementRules rules_of(const SettlementConfig& config) {
  return {.payout_min = parse_amount(config.payout_min).value_or(0),
          .hold_days = config.hold_days,
          .reserve_ppm = config.reserve_ppm,
          .reserve_days = config.reserve_days,
          .write_off_months = config.write_off_months,
          .provider = config.provider,
          .from = {config.name, config.iban, config.bic}};
}

}  // namespace

struct SettlementHost::Running {
  Running(const Parts& parts, registry::PrivateKey its_key, NoteVerifier its_verifier)
      : log(parts.log), key(std::move(its_key)), verifier(std::move(its_verifier)), statement_key(verifier.text()) {}

  Log& log;
  const registry::PrivateKey key;
  const NoteVerifier verifier;
  const std::string statement_key;
  std::unique_ptr<PayoutProvider> provider;
  std::unique_ptr<Settlement> settlement;
  std::mutex mutex;
  std::condition_variable_any woken;
  std::jthread ticking;  // last: it uses all of the above

  void run(const std::stop_token& stop) {
    std::string last_failure;
    while (!stop.stop_requested()) {
      const auto ticked = settlement->tick();  // also at the start: what fell due meanwhile
      const std::string failed = ticked ? "" : ticked.error().reason + ticked.error().message;
      if (failed != std::exchange(last_failure, failed) && !ticked)
        log.write(Level::error, "billing.settlement_failed",
                  {{"reason", ticked.error().reason}, {"why", ticked.error().message}});
      std::unique_lock lock(mutex);
      woken.wait_for(lock, stop, kSettlementTick, [] { return false; });
    }
  }
};

SettlementHost::SettlementHost(std::unique_ptr<Running> running) : running_(std::move(running)) {}
SettlementHost::~SettlementHost() { stop(); }

Result<std::unique_ptr<SettlementHost>> SettlementHost::open(const Parts& parts) {
  auto key = registry::read_or_make_private_key(parts.folder / "statements.key.pem");
  if (!key) return std::unexpected(key.error());
  auto verifier = NoteVerifier::make(parts.config.signer, key->public_key());
  if (!verifier) return std::unexpected(verifier.error());
  auto running = std::make_unique<Running>(parts, std::move(*key), std::move(*verifier));
  Running& raw = *running;
  if (!parts.config.iban.empty()) {
    if (parts.config.command.empty())
      raw.provider = std::make_unique<FilePayoutProvider>(parts.config.folder.empty() ? parts.folder / "payouts"
                                                                                      : parts.config.folder);
    else
      raw.provider = std::make_unique<CommandPayoutProvider>(parts.config.command);
  }
  auto opened = Settlement::open({.file = parts.folder / kSettlementFile,
                                  .journal = parts.journal,
                                  .teller = parts.teller,
                                  .terms = [&book = parts.book]() -> std::shared_ptr<const BillingTerms> {
                                    auto now = book.billing_terms();
                                    return now ? now->terms : nullptr;
                                  },
                                  .now_ms = &unix_ms,
                                  .head = parts.head,
                                  .sign =
                                      [&raw](std::string_view text) {
                                        const std::pair<NoteVerifier, const registry::PrivateKey*> signer[] = {
                                            {raw.verifier, &raw.key}};
                                        return sign_note(text, signer);
                                      },
                                  .provider = raw.provider.get(),
                                  .rules = rules_of(parts.config)});
  if (!opened) return std::unexpected(opened.error());
  raw.settlement = std::move(*opened);
  raw.ticking = std::jthread([&raw](const std::stop_token& stop) { raw.run(stop); });
  return std::unique_ptr<SettlementHost>(new SettlementHost(std::move(running)));
}

Settlement& SettlementHost::settlement() { return *running_->settlement; }
const std::string& SettlementHost::statement_key() const { return running_->statement_key; }

void SettlementHost::stop() {
  if (!running_->ticking.joinable()) return;
  running_->ticking.request_stop();
  running_->ticking.join();
}

}  // namespace stoa::app
