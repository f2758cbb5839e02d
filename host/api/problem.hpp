// problem.hpp: the two error bodies: {"error": …} under /v2, problem details (RFC 9457) everywhere else.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "host/http/exchange.hpp"
#include "stoa/error.hpp"

namespace stoa::api {

// {"error":"message"}; the stable reason goes into the field x-stoa-reason, which v2 clients ignore.
http::Response v2_error(const Error& error);
http::Response v2_error(const Error& error, unsigned status);

// application/problem+json: type urn:stoa:problem:<reason>, title, status, detail, reason, request_id.
http::Response problem(const Error& error, unsigned status, std::string_view request_id);

// The body of an error the server answers by itself, in the form the target's clients read. head is null when there
// was no readable request head.
http::Response render_error(unsigned status, const Error& error, const http::RequestHead* head);

}  // namespace stoa::api
