// plain_request.hpp: the form nearly all v2 requests have, read in one pass over their text.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string_view>

#include "host/api/v2_request.hpp"

namespace stoa::api {

// An object of "id", "inputs" and "outputs"; inputs of "name", "datatype" and "shape" in any order before "data", a
// flat array of numbers or of strings; outputs of "name" alone; strings of ASCII without escapes. False for any other
// text, be it a right request or a wrong one, and request is then in pieces: V2JsonReader's walk, which reads all forms
// and knows what is wrong, reads it. Invariant: what is read here, the walk reads in the same way (held by v2_json_fuzz
// and plain_request_test). Rationale: an index of the text's tokens and a cursor over it took 10,000 instructions for a
// request of 1 KB, beside 9,400 for its 86 numbers themselves; this takes 1,000. text: followed by a byte that is no
// JSON, and 15 more.
bool read_plain_request(std::string_view text, std::uint64_t tensor_bytes_max, V2Request& request);

}  // namespace stoa::api
