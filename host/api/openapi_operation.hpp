// openapi_operation.hpp: operations as rows of a table, and what becomes of them in /openapi.json.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

namespace stoa::api {

// body: its members, "name" a string, "bytes#" an integer, "targets[]" a list, "limits{}" an object, "promotes!" a
// boolean; "?" behind: it may be left out. "*": the bytes as they are, "*json": an object that is described elsewhere.
// query: parameters, none of them required.
struct ApiOperation {
  const char *method, *path, *id, *summary, *body, *query;
  unsigned status = 200;
  bool is_public = false;  // anybody may ask
};

// Adds paths to a document that has the schemas Problem and AnyObject. scheme: of security.
void describe_operations(nlohmann::json& document, std::span<const ApiOperation> operations, std::string_view tag,
                         std::string_view scheme);

}  // namespace stoa::api
