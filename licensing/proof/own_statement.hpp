// own_statement.hpp: the statement that a publisher works out by itself, of a time that is not over, too.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/statement/statement.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// Of each currency that the publisher was owed anything in until then, what was booked in [from, until). entries: a
// file of shown entries, from the publisher's first on, which audit() found to be right; head: of the log that holds
// them. Errors: data_loss "audit.form"; those of StatementBuilder.
Result<std::vector<Statement>> own_statements(std::string_view entries, const std::string& publisher,
                                              std::int64_t from_ms, std::int64_t until_ms, const TreeHead& head);

}  // namespace stoa::licensing
