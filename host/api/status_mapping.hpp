// status_mapping.hpp: the one table from our errors to HTTP statuses. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "host/http/exchange.hpp"
#include "stoa/error.hpp"

namespace stoa::api {

// What an error answers under /v2, where clients know the statuses of the Open Inference Protocol.
unsigned v2_status(const Error& error);
// What it answers elsewhere, as problem details.
unsigned problem_status(const Error& error);
// "Not Found" for 404; empty for a status we never send.
std::string_view status_title(unsigned status);

// Adds Retry-After (seconds) and retry-after-ms to an answer of status 429 or 503.
void advise_retry(const Error& error, http::Response& response);

}  // namespace stoa::api
