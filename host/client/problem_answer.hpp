// problem_answer.hpp: what a server refused, as an Error. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "stoa/error.hpp"

namespace stoa::client {

// From problem details (RFC 9457) with a reason; of any other body: "client.status" with the number. The server's words
// may go to a terminal: control characters are replaced.
Error error_of(unsigned status, std::string_view body);

// Control characters, DEL and those of C1 become '?'.
std::string printable(std::string_view text);

}  // namespace stoa::client
