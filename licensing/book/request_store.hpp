// request_store.hpp: what was asked with a token, so that it is done once. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "licensing/book/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

// The id of what the request made when it was asked before. failed_precondition "request.token_reused",
// invalid_argument "request.token".
Result<std::optional<std::string>> find_request(database::Connection& connection, std::string_view actor,
                                                const RequestToken& request);
// Forgets those of more than a day ago.
Result<void> write_request(database::Connection& connection, std::string_view actor, const RequestToken& request,
                           std::string_view made, std::int64_t now_ms);

}  // namespace stoa::licensing
