// v2_json_writer.hpp: an inference response's JSON, numbers through std::to_chars straight into the body.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "host/api/json_text.hpp"
#include "host/api/v2_response.hpp"
#include "stoa/result.hpp"

namespace stoa::api {

// The whole object. A binary output has parameters.binary_data_size in place of data. Floats are in the shortest form
// that reads back as the same bits. invalid_argument "output.needs_binary", naming the output and the element: NaN and
// infinities, BYTES that are not UTF-8, FP16 and BF16. JSON cannot say them, and null or "NaN" would be read as
// something else; the caller asks for that output with binary_data. spare: memory the text may be written in.
Result<std::string> write_v2_response(const V2Response& response, std::string spare = {});

// Bytes an output takes behind the JSON: its data, or for BYTES its length-prefixed elements.
std::uint64_t binary_size(const runtime::OutputPart& part);

// One output's elements as a flat JSON array (also for server-sent events and generate).
Result<void> write_elements(JsonText& text, const runtime::OutputPart& part);

}  // namespace stoa::api
