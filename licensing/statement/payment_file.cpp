// payment_file.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/statement/payment_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "registry/document/utc_time.hpp"

namespace stoa::licensing {
namespace {

using registry::utc_text;

constexpr std::size_t kIdMax = 35, kTextMax = 140, kPayoutsMax = 100'000;

Nano smallest_unit(Currency currency) {
  Nano unit = kNanoPerUnit;
  for (int digits = currency.minor_digits(); digits > 0; --digits) unit /= 10;
  return unit;
}

std::unexpected<Error> refuse(std::string_view field, std::string_view rule) {
  return failure(Code::invalid_argument, "payout.terms", fmt::format("{}: {}", field, rule));
}

// XML text; control characters, which it cannot hold, become spaces.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      default:
        out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return out;
}

std::string decimal(Nano amount, Currency currency) { return amount_text(amount, currency.minor_digits()); }

Result<void> check_text(std::string_view field, std::string_view text, std::size_t most) {
  if (!text.empty() && text.size() <= most) return {};
  return refuse(field, fmt::format("has {} characters, allowed are 1 to {}", text.size(), most));
}

Result<void> check(const PaymentFile& file) {
  if (auto fine = check_text("id", file.id, kIdMax); !fine) return fine;
  if (auto fine = check_bank_account(file.from); !fine) return fine;
  if (file.payouts.empty() || file.payouts.size() > kPayoutsMax)
    return refuse("payouts", fmt::format("{} of them, allowed are 1 to {}", file.payouts.size(), kPayoutsMax));
  std::set<std::string_view> ids;
  for (const Payout& payout : file.payouts) {
    if (auto fine = check_text("payouts[].id", payout.id, kIdMax); !fine) return fine;
    if (!ids.insert(payout.id).second) return refuse("payouts[].id", fmt::format("'{}' is there twice", payout.id));
    if (auto fine = check_text("payouts[].statement", payout.statement, kTextMax); !fine) return fine;
    if (auto fine = check_bank_account(payout.to); !fine) return fine;
    if (payout.amount <= 0 || payout.amount % smallest_unit(file.currency) != 0)
      return refuse("payouts[].amount", fmt::format("{} is not above zero in whole smallest units of {}",
                                                    amount_text(payout.amount), file.currency.code()));
  }
  return {};
}

std::string agent(std::string_view element, const BankAccount& account) {
  const std::string bank = account.bic.empty() ? std::string("<Othr><Id>NOTPROVIDED</Id></Othr>")
                                               : fmt::format("<BICFI>{}</BICFI>", escaped(account.bic));
  return fmt::format("<{0}><FinInstnId>{1}</FinInstnId></{0}>", element, bank);
}

std::string transfer(const Payout& payout, Currency currency) {
  return fmt::format(
      "      <CdtTrfTxInf>\n"
      "        <PmtId><EndToEndId>{}</EndToEndId></PmtId>\n"
      "        <Amt><InstdAmt Ccy=\"{}\">{}</InstdAmt></Amt>\n"
      "        {}\n"
      "        <Cdtr><Nm>{}</Nm></Cdtr>\n"
      "        <CdtrAcct><Id><IBAN>{}</IBAN></Id></CdtrAcct>\n"
      "        <RmtInf><Ustrd>{}</Ustrd></RmtInf>\n"
      "      </CdtTrfTxInf>\n",
      escaped(payout.id), currency.code(), decimal(payout.amount, currency), agent("CdtrAgt", payout.to),
      escaped(payout.to.name), payout.to.iban, escaped(payout.statement));
}

}  // namespace

Payable payable_of(Nano owed, Currency currency) {
  if (owed <= 0) return {0, owed};
  const Nano rest = owed % smallest_unit(currency);
  return {owed - rest, rest};
}

Result<void> check_iban(std::string_view iban) {
  const auto refuse_iban = [&](std::string_view why) {
    return failure(Code::invalid_argument, "payout.iban", fmt::format("IBAN '{}': {}", iban.substr(0, 40), why));
  };
  const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (iban.size() < 15 || iban.size() > 34) return refuse_iban("has another length than 15 to 34");
  if (!is_letter(iban[0]) || !is_letter(iban[1]) || !is_digit(iban[2]) || !is_digit(iban[3]))
    return refuse_iban("does not begin with a country and two digits");
  // Source: ISO 7064, MOD 97-10: the first four characters go behind the others, letters count from ten.
  unsigned rest = 0;
  for (std::size_t i = 0; i < iban.size(); ++i) {
    const char c = iban[(i + 4) % iban.size()];
    if (!is_letter(c) && !is_digit(c)) return refuse_iban("has a character that is no capital letter and no digit");
    rest = is_digit(c) ? rest * 10 + static_cast<unsigned>(c - '0') : rest * 100 + static_cast<unsigned>(c - 'A' + 10);
    rest %= 97;
  }
  return rest == 1 ? Result<void>() : refuse_iban("its check digits do not fit");
}

Result<void> check_bic(std::string_view bic) {
  const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto fits = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  // Source: ISO 9362: the bank, its country in letters, the place; perhaps the branch.
  if ((bic.size() == 8 || bic.size() == 11) && std::ranges::all_of(bic, fits) && is_letter(bic[4]) && is_letter(bic[5]))
    return {};
  return failure(Code::invalid_argument, "payout.bic",
                 fmt::format("BIC '{}': is not 8 or 11 capital letters and digits with the country at the fifth, as "
                             "COBADEFF",
                             bic.substr(0, 40)));
}

Result<void> check_bank_account(const BankAccount& account) {
  if (auto fine = check_text("name", account.name, kTextMax); !fine) return fine;
  if (auto fine = check_iban(account.iban); !fine) return fine;
  return account.bic.empty() ? Result<void>() : check_bic(account.bic);
}

Result<std::string> payment_file_xml(const PaymentFile& file) {
  if (auto fine = check(file); !fine) return std::unexpected(fine.error());
  Nano sum = 0;
  std::string transfers;
  for (const Payout& payout : file.payouts) {
    const auto more = plus(sum, payout.amount);
    if (!more) return std::unexpected(more.error());
    sum = *more;
    transfers += transfer(payout, file.currency);
  }
  const std::string totals =
      fmt::format("<NbOfTxs>{}</NbOfTxs><CtrlSum>{}</CtrlSum>", file.payouts.size(), decimal(sum, file.currency));
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\">\n"
      "  <CstmrCdtTrfInitn>\n"
      "    <GrpHdr><MsgId>{0}</MsgId><CreDtTm>{1}</CreDtTm>{2}<InitgPty><Nm>{3}</Nm></InitgPty></GrpHdr>\n"
      "    <PmtInf>\n"
      "      <PmtInfId>{0}</PmtInfId><PmtMtd>TRF</PmtMtd>{2}\n"
      "      <ReqdExctnDt><Dt>{4}</Dt></ReqdExctnDt>\n"
      "      <Dbtr><Nm>{3}</Nm></Dbtr>\n"
      "      <DbtrAcct><Id><IBAN>{5}</IBAN></Id></DbtrAcct>\n"
      "      {6}\n"
      "{7}"
      "    </PmtInf>\n"
      "  </CstmrCdtTrfInitn>\n"
      "</Document>\n",
      escaped(file.id), utc_text(file.created_ms), totals, escaped(file.from.name),
      utc_text(file.execute_ms).substr(0, 10), file.from.iban, agent("DbtrAgt", file.from), transfers);
}

}  // namespace stoa::licensing
