// invoice_text.hpp: an invoice for people and for spreadsheets. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "licensing/statement/invoice.hpp"

namespace stoa::licensing {

// As statement_csv, with the tax and what is due behind it.
std::string invoice_csv(const Invoice& invoice);
std::string invoice_page(const Invoice& invoice);

}  // namespace stoa::licensing
