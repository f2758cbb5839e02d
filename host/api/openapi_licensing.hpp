// openapi_licensing.hpp: customers, keys, licences and leases in /openapi.json. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nlohmann/json.hpp>

namespace stoa::api {

// After describe_registry(), whose scheme of tokens it uses.
void describe_licensing(nlohmann::json& document);

}  // namespace stoa::api
