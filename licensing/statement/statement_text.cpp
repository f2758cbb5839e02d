// statement_text.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/statement/statement_text.hpp"

#include <fmt/format.h>

#include "registry/document/utc_time.hpp"

namespace stoa::licensing {
namespace {

using registry::utc_text;

constexpr int kDigits = 9;

// A text that a spreadsheet would take for a formula stays text.
std::string cell(std::string_view text) {
  const bool is_formula = !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos;
  if (!is_formula && text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = is_formula ? "\"'" : "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string units_text(const StatementLine& line) {
  std::string text;
  for (const auto& [meter, units] : line.units) text += fmt::format("{}{} {}", text.empty() ? "" : "; ", units, meter);
  return text;
}

}  // namespace

std::string statement_csv(const Statement& statement) {
  std::string text = "kind,model,price,agreement,entries,units,gross,amount,currency\r\n";
  const std::string_view currency = statement.currency.code();
  for (const StatementLine& line : statement.lines)
    text += fmt::format("{},{},{},{},{},{},{},{},{}\r\n", name_of(line.kind), cell(line.model), cell(line.price),
                        cell(line.agreement), line.entries, cell(units_text(line)), amount_text(line.gross, kDigits),
                        amount_text(line.amount, kDigits), currency);
  text += fmt::format("opening,,,,,,,{},{}\r\n", amount_text(statement.opening, kDigits), currency);
  return text + fmt::format("closing,,,,,,,{},{}\r\n", amount_text(statement.closing, kDigits), currency);
}

std::string statement_page(const Statement& statement) {
  std::string text = fmt::format("Statement of {}\nbooked from {} until {}, in {}\n\n", statement.party,
                                 utc_text(statement.from_ms), utc_text(statement.until_ms), statement.currency.code());
  text += fmt::format("{:<44}{:>20}\n", "opening", amount_text(statement.opening, kDigits));
  for (const StatementLine& line : statement.lines) {
    const std::string what = line.model.empty() ? std::string(name_of(line.kind)) : line.model;
    text += fmt::format("{:<44}{:>20}\n", fmt::format("{} ({} entries)", what, line.entries),
                        amount_text(line.amount, kDigits));
    if (!line.model.empty())
      text += fmt::format("  {}\n  gross {}, price {}, agreement {}\n", units_text(line),
                          amount_text(line.gross, kDigits), line.price, line.agreement);
  }
  text += fmt::format("{:<44}{:>20}\n\n", "closing", amount_text(statement.closing, kDigits));
  return text + fmt::format("entries {} to {}, in a log of {} with the root {}\n", statement.first, statement.last,
                            statement.head.size, registry::to_hex(statement.head.root));
}

}  // namespace stoa::licensing
