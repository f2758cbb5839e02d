// ledger_verifier.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/ledger_verifier.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "host/api/licensing/ledger_json.hpp"
#include "host/app/ledger_projection.hpp"
#include "host/app/wall_clock.hpp"
#include "licensing/log/checkpoint.hpp"
#include "licensing/settlement/issued_statement_store.hpp"
#include "registry/document/file.hpp"
#include "registry/document/lock_file.hpp"
#include "registry/signature/key_file.hpp"

namespace stoa::app {
namespace {

constexpr std::size_t kVerifiedNoteBytesMax = 1 << 20;
constexpr const char* kVerifierScratch = "verification";
constexpr std::chrono::milliseconds kVerifierLook{10};
constexpr int kVerifierLooks = 500;

}  // namespace

Result<std::optional<licensing::Checkpoint>> checkpoint_in(const std::filesystem::path& billing_folder) {
  const auto file = billing_folder / "log" / "checkpoint";
  std::error_code none;
  if (!std::filesystem::exists(file, none)) return std::nullopt;
  const auto note = registry::read_small_file(file, kVerifiedNoteBytesMax);
  if (!note) return std::unexpected(note.error());
  const auto key = registry::read_private_key(billing_folder / "log.key");
  if (!key) return std::unexpected(key.error());
  auto verifier = licensing::NoteVerifier::make(note->substr(0, note->find('\n')), key->public_key());
  if (!verifier) return std::unexpected(verifier.error());
  auto checkpoint = licensing::open_checkpoint(*note, *verifier);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  return std::move(*checkpoint);
}

nlohmann::ordered_json LedgerVerifier::begin() {
  const std::lock_guard lock(mutex_);
  if (state_["state"] == "running") return state_;
  if (thread_.joinable()) thread_.join();
  state_ = {{"state", "running"}, {"at_ms", unix_ms()}, {"done", 0}, {"all", parts_.journal.durable()}};
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  return state_;
}

nlohmann::ordered_json LedgerVerifier::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void LedgerVerifier::stop() {
  std::jthread ended;
  {
    const std::lock_guard lock(mutex_);
    ended = std::move(thread_);
  }
  ended.request_stop();
  if (ended.joinable()) ended.join();
}

void LedgerVerifier::run(const std::stop_token& stop) {
  const auto verified = verify(stop);
  nlohmann::ordered_json ended{{"state", verified ? "ended" : "failed"}, {"at_ms", unix_ms()}};
  if (verified) {
    ended["report"] = api::json_of(*verified);
    for (const licensing::RuleVerdict& rule : verified->rules)
      if (rule.flaw)
        parts_.log.write(Level::error, "ledger.unsound",
                         {{"rule", rule.rule}, {"reason", rule.flaw->reason}, {"why", rule.flaw->message}});
  } else {
    ended["reason"] = verified.error().reason;
    ended["message"] = verified.error().message;
  }
  const std::lock_guard lock(mutex_);
  state_ = std::move(ended);
}

Result<licensing::Verification> LedgerVerifier::verify(const std::stop_token& stop) {
  // Saved first, and then the checkpoint: both are of entries that are durable when all is read.
  licensing::VerificationSources sources{.journal = parts_.journal, .terms = {}};
  sources.book = parts_.teller.save();
  if (!sources.book) return failure(Code::unavailable, "journal.failed", "an entry could not be appended");
  for (int looks = 0; parts_.journal.durable() < sources.book->entries; ++looks) {
    if (parts_.journal.has_failed() || looks == kVerifierLooks)
      return failure(Code::unavailable, "journal.failed", "entries that were booked are not durable");
    std::this_thread::sleep_for(kVerifierLook);
  }
  auto checkpoint = checkpoint_in(parts_.folder);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  sources.checkpoint = std::move(*checkpoint);
  auto terms = parts_.terms();
  if (!terms) return std::unexpected(terms.error());
  sources.terms = std::move(*terms);
  auto statements = licensing::issued_statements(parts_.folder / licensing::kSettlementFile);
  if (!statements) return std::unexpected(statements.error());
  sources.statements = std::move(*statements);
  sources.scratch = parts_.folder / kVerifierScratch;
  if (auto made = registry::make_private_folder(sources.scratch); !made) return std::unexpected(made.error());
  sources.projection = parts_.folder / kProjectionFile;
  sources.told = [&](std::uint64_t done, std::uint64_t all) {
    const std::lock_guard lock(mutex_);
    state_["done"] = done;
    state_["all"] = all;
    return !stop.stop_requested();
  };
  return licensing::verify_ledger(sources);
}

}  // namespace stoa::app
