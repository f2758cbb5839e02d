// settlement_config.hpp: the section [settlement]: what is paid when, by whom. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace stoa::app {

class Section;

struct SettlementConfig {
  std::string signer = "stoa-platform";  // the name of the key that signs statements and invoices
  std::string payout_min = "10";         // less waits for the next statement
  std::uint32_t hold_days = 0;           // from a statement until it is paid
  std::uint32_t reserve_ppm = 0;         // of a month's earnings, kept back
  std::uint32_t reserve_days = 90;       // for so long
  std::uint32_t write_off_months = 3;    // statements below zero until the platform pays
  std::string provider = "bank";         // whose cash it is: cash:<provider>
  std::string name, iban, bic;           // the platform's own account; without it payouts are held
  std::filesystem::path folder;          // of payment files; empty: "payouts" in the folder of [billing]
  std::filesystem::path command;         // a program that pays, in place of files; empty: none
};

void read_settlement(Section& section, SettlementConfig& settlement);

}  // namespace stoa::app
