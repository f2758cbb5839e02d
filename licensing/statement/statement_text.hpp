// statement_text.hpp: a statement for people and for spreadsheets. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "licensing/statement/statement.hpp"

namespace stoa::licensing {

// RFC 4180, with a header; a row for each line, then opening and closing. Amounts with nine digits.
std::string statement_csv(const Statement& statement);
// A page of plain text.
std::string statement_page(const Statement& statement);

}  // namespace stoa::licensing
