// json_file.hpp: a file with one JSON object, for a command that sends it on. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "host/client/http_client.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

// Errors: file.*; invalid_argument "usage": it is no JSON object.
Result<client::Json> read_json_object(const std::string& file);

}  // namespace stoa::cli
