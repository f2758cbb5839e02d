// v2_response.hpp: what an inference answers, before it is JSON or binary. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/container/small_vector.hpp>
#include <optional>
#include <string_view>

#include "host/runtime/part.hpp"

namespace stoa::api {

struct V2ResponseOutput {
  const runtime::OutputPart* part = nullptr;
  bool is_binary = false;
};

// Lifetime: views into the model's spec and the request; used at once to write the body.
struct V2Response {
  std::string_view model_name, model_version;
  std::optional<std::string_view> id;
  boost::container::small_vector<V2ResponseOutput, 4> outputs;
};

}  // namespace stoa::api
