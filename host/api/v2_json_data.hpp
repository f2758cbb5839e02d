// v2_json_data.hpp: the "data" array of a JSON tensor, parsed straight into the tensor's memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "host/api/json_walk.hpp"
#include "host/api/v2_request.hpp"

namespace stoa::api {

// Reads data, flat or nested row-major (the nesting then equals shape), into input.data. input.datatype, shape and
// elements are set. json_bytes: length of the text that holds the array, which bounds how many elements it can have, so
// that a huge shape allocates nothing. 13 bytes before the array must be readable (FlatNumbers).
Result<void> read_json_data(od::array data, std::size_t json_bytes, const FieldPath& where, V2Input& input);

// The same for a flat array of numbers that begins at begin ('['): where it ends, or null for any other array, and for
// what is no array of that many numbers; read_json_data then says what it is. Text as FlatNumbers wants it.
const char* read_plain_data(const char* begin, std::size_t json_bytes, V2Input& input);

}  // namespace stoa::api
