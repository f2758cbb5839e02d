// generate_request.hpp: the flat JSON of generate and generate_stream: {"text_input": …, "parameters": {…}}.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "host/api/v2_json_reader.hpp"
#include "host/api/v2_request.hpp"
#include "host/runtime/model_spec.hpp"

namespace stoa::api {

// Reads text against the model's ports into a v2 request. Every key is an input: a string
// for text, bytes and BYTES, any JSON for a json port, a number, boolean or (nested) array for a tensor. "text_input"
// also stands for the model's only text port. "id" and "parameters" are the request's. Other keys are refused by name,
// with the inputs there are: a misspelt input must not be dropped in silence.
Result<V2Request> read_generate(PaddedText text, const runtime::ModelSpec& spec);

// The port that "text_input" (of inputs) or "text_output" (of outputs) stands for; null when there is none, or several.
const runtime::PortSpec* only_text_port(const std::vector<runtime::PortSpec>& ports, std::string_view alias);

}  // namespace stoa::api
