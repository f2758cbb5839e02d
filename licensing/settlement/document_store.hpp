// document_store.hpp: SQL of months, statements and invoices. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "licensing/settlement/settlement.hpp"

namespace stoa::licensing {

Result<void> insert_month(database::Connection& connection, const ClosedMonth& month);
Result<std::optional<ClosedMonth>> last_month(database::Connection& connection);
// The newest first; page.after: a name.
Result<std::vector<ClosedMonth>> read_months(database::Connection& connection, const Page& page);

Result<void> insert_document(database::Connection& connection, const IssuedDocument& document);
Result<std::uint64_t> last_number(database::Connection& connection, IssuedKind kind);
Result<IssuedDocument> read_document(database::Connection& connection, IssuedKind kind, std::uint64_t number);
Result<std::vector<IssuedDocument>> read_documents(database::Connection& connection,
                                                   const Settlement::DocumentFilter& filter, const Page& page);
// Of each party and currency the newest one.
Result<std::vector<IssuedDocument>> newest_documents(database::Connection& connection, IssuedKind kind);
// How many of a party's statements in a row, the newest first, close below zero.
Result<std::uint32_t> statements_below_zero(database::Connection& connection, std::string_view party,
                                            Currency currency);

}  // namespace stoa::licensing
