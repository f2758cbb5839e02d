// ledger_json.hpp: a projection's lines as JSON. docs/reference/ledger-api.md. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string_view>

#include "host/api/registry/registry_json.hpp"
#include "licensing/projection/lines.hpp"
#include "licensing/verification/verification.hpp"

namespace stoa::api {

// Amounts are texts of units with up to nine digits behind the point: no reader makes a float of them.
Json json_of(const licensing::UsageLine& line);
Json json_of(const licensing::SpendLine& line);
Json json_of(const licensing::EarningsLine& line);
Json json_of(const licensing::AccountLine& line);
Json json_of(const licensing::EntryLine& line);

// {"sound", "entries", "rules": [{"rule", "says", "checked", "flaw": {"entry", "reason", "message"}}]}; a rule that was
// not checked has "checked": null.
Json json_of(const licensing::Verification& verification);

// Of "usage", "top_up", …
std::optional<licensing::EntryKind> kind_in(std::string_view name);

}  // namespace stoa::api
