// examination_store.hpp: what only a broken act could have left, and how much there is.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "licensing/book/book_copy.hpp"

namespace stoa::licensing {

Result<BookSummary> summarize(database::Connection& connection, const registry::AuditHead& audit, std::int64_t now_ms);

}  // namespace stoa::licensing
