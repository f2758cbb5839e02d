// token_answer.hpp: a token that a registry shows once goes into a file. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "host/client/http_client.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

// The answer; where a file is named, with "token_file" instead of the token. The file is made before the question is
// asked: a token with nowhere to go would be lost. member: what the answer calls it: "token", "key", "lease".
Result<client::Json> ask_for_token(client::HttpClient& registry, const std::string& token_out,
                                   const client::Question& question, const std::string& member = "token");

}  // namespace stoa::cli
