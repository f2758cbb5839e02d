// v2_generate.hpp: POST …/generate and …/generate_stream: flat JSON in, flat JSON or server-sent events out.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>

#include "host/api/api_context.hpp"
#include "host/api/model_path.hpp"
#include "host/http/exchange.hpp"

namespace stoa::api {

// {"model_name":…,"model_version":…,"id"?:…,"<output>":…}: text as a string, a tensor of one element as a scalar,
// others as a flat array. The model's only text output is called "text_output".
Result<std::string> render_generated(std::span<const runtime::OutputPart* const> parts,
                                     const std::optional<std::string>& id, const runtime::ModelSpec& spec);

http::Task<void> generate(ApiContext& api, http::Exchange& exchange, ModelPath path);
// One event "data: {json}" per part. An error before the first event has its real status; a later one is the last
// event, data: {"error": …}. The next parts are taken from the model only once the client has taken the last event.
http::Task<void> generate_stream(ApiContext& api, http::Exchange& exchange, ModelPath path);

}  // namespace stoa::api
