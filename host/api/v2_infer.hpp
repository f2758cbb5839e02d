// v2_infer.hpp: POST /v2/models/{model}/infer: JSON, binary tensors or raw media in, the answer out.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/api/api_context.hpp"
#include "host/api/media_type.hpp"
#include "host/api/model_path.hpp"
#include "host/api/v2_request.hpp"
#include "host/http/exchange.hpp"
#include "host/runtime/call.hpp"

namespace stoa::api {

// What is left of a request once its inputs went into the call: how to write the answer.
struct AnswerForm {
  std::optional<std::string> id;
  bool binary_data_output = false;
  std::vector<V2Output> outputs;    // as asked; empty: all
  std::vector<std::string> wanted;  // their names
};

struct PreparedInfer {
  runtime::CallSpec call;  // deadline and trace are the handler's to set
  AnswerForm answer;
  std::optional<std::uint64_t> timeout_us;
};

// The pure half: bytes to a checked call.
Result<PreparedInfer> prepare_infer(ReaderPool& readers, const BodyFormat& format, const http::Body& body,
                                    const runtime::ModelSpec& spec);
// The other pure half: the model's parts to an answer. Moves parts into it. spare: memory its text may be written in.
Result<http::Response> render_infer(std::vector<runtime::OutputPart> parts, const AnswerForm& form,
                                    const runtime::ModelSpec& spec, std::string spare = {});

http::Task<void> infer(ApiContext& api, http::Exchange& exchange, const ModelPath& path);  // path: until it returns

}  // namespace stoa::api
