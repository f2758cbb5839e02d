// media_type.hpp: how the body of an infer request is to be read. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "host/http/exchange.hpp"
#include "host/runtime/model_spec.hpp"
#include "stoa/result.hpp"

namespace stoa::api {

enum class BodyForm : std::uint8_t {
  json,        // a v2 request
  framed,      // JSON, then binary tensors: Inference-Header-Content-Length > 0
  raw_tensor,  // one tensor alone: Inference-Header-Content-Length: 0
  media,       // an image, sound or text for the port that takes its media type
};

struct BodyFormat {
  BodyForm form = BodyForm::json;
  std::uint64_t json_bytes = 0;             // framed
  const runtime::PortSpec* port = nullptr;  // media
  std::string media_type;                   // media, in lower case, without parameters
};

// In this order: the binary extension's header decides; then a media type one of the model's ports takes; then the
// types JSON clients send (none, application/json, +json, octet-stream and the form type of `curl -d`). Else
// invalid_argument "request.media_type" (415) with the list of what is accepted.
Result<BodyFormat> body_format(const http::RequestHead& head, const runtime::ModelSpec& spec);

// The type a Content-Type names: in lower case, without parameters.
std::string media_type_of(std::string_view content_type);

// "image/png, image/jpeg, application/json": for the Accept field of a 415.
std::string accepted_media_types(const runtime::ModelSpec& spec);

}  // namespace stoa::api
