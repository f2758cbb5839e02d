// openapi_registry.hpp: the registry's part of /openapi.json. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nlohmann/json.hpp>

namespace stoa::api {

// Adds paths, their tag and the scheme of tokens to a document that has the schemas Problem and AnyObject.
void describe_registry(nlohmann::json& document);

}  // namespace stoa::api
