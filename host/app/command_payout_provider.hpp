// command_payout_provider.hpp: payouts by a program of the operator's. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>

#include "licensing/settlement/payout_provider.hpp"

namespace stoa::app {

// Runs the program with a batch as JSON on its standard input: {"batch", "created", "currency", "from", "payouts":
// [{"id", "statement", "name", "iban", "bic", "amount"}]}. It has taken the batch when it ends with 0; the first line
// that it writes is its reference. It may be given the same batch again, and pays it once. It has a minute.
class CommandPayoutProvider final : public licensing::PayoutProvider {
 public:
  explicit CommandPayoutProvider(std::filesystem::path program) : program_(std::move(program)) {}
  // Error: unavailable "payout.command", with what became of it.
  Result<std::string> submit(const licensing::PaymentFile& batch) override;

 private:
  const std::filesystem::path program_;
};

}  // namespace stoa::app
