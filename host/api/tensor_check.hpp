// tensor_check.hpp: the crossing from wire to domain: a v2 request against a model's ports.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/api/v2_request.hpp"
#include "host/runtime/model_spec.hpp"
#include "host/runtime/part.hpp"
#include "stoa/result.hpp"

namespace stoa::api {

// Moves the request's inputs into parts the plugin may see: each names a port, with its datatype, rank and extents;
// none is missing or given twice; of each one_of group exactly one is there. Ports of kind text, bytes and json are
// BYTES [1] on the wire; text must be UTF-8, json must be JSON. invalid_argument, "inputs[1].shape[0]: ...", or
// "times.shape[0]: ..." where the request is an object of inputs.
enum class InputsAre : std::uint8_t { listed, keyed };
Result<std::vector<runtime::InputPart>> check_inputs(V2Request& request, const runtime::ModelSpec& spec,
                                                     InputsAre form = InputsAre::listed);

// The names asked for, empty for all; unknown and repeated ones are refused.
Result<std::vector<std::string>> check_outputs(const V2Request& request, const runtime::ModelSpec& spec);

// Missing inputs and one_of groups, over the names given: shared with raw media and generate.
Result<void> check_presence(const std::vector<runtime::InputPart>& parts, const runtime::ModelSpec& spec);

// The content of a text or JSON port.
Result<void> check_content(const runtime::PortSpec& port, std::string_view bytes, const class FieldPath& where);

}  // namespace stoa::api
