// settlement_config.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/settlement_config.hpp"

#include <algorithm>

#include "host/app/config_section.hpp"
#include "licensing/ledger/chart.hpp"
#include "licensing/money/amount.hpp"
#include "licensing/statement/payment_file.hpp"

namespace stoa::app {

void read_settlement(Section& section, SettlementConfig& settlement) {
  section.text("signer", settlement.signer);
  const auto is_wrong = [](char c) { return c <= ' ' || c == '+' || c >= 0x7f; };
  if (settlement.signer.empty() || std::ranges::any_of(settlement.signer, is_wrong))
    section.fail("signer", "value", "is not a name without spaces and '+'");
  section.text("payout_min", settlement.payout_min);
  if (const auto amount = licensing::parse_amount(settlement.payout_min); !amount || *amount < 0)
    section.fail("payout_min", "value", fmt::format("is \"{}\", want an amount as \"10.00\"", settlement.payout_min));
  section.number<std::uint32_t>("hold_days", settlement.hold_days, 0, 365);
  section.number<std::uint32_t>("reserve_ppm", settlement.reserve_ppm, 0, 1'000'000);
  section.number<std::uint32_t>("reserve_days", settlement.reserve_days, 0, 3'650);
  section.number<std::uint32_t>("write_off_months", settlement.write_off_months, 2, 120);
  section.text("provider", settlement.provider);
  if (!licensing::kind_of_account("cash:" + settlement.provider))
    section.fail("provider", "value", "is not 1 to 128 letters, digits and ._-/:");
  section.text("name", settlement.name);
  section.text("iban", settlement.iban);
  section.text("bic", settlement.bic);
  if (!settlement.name.empty() || !settlement.iban.empty())
    if (const auto good = licensing::check_bank_account({settlement.name, settlement.iban, settlement.bic}); !good)
      section.fail(settlement.name.empty() ? "name" : "iban", "value", good.error().message);
  section.path("folder", settlement.folder);
  section.path("command", settlement.command);
}

}  // namespace stoa::app
