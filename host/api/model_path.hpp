// model_path.hpp: which model, version and action a path under /v2/models/ means. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "stoa/result.hpp"

namespace stoa::api {

// Lifetime: views into the path that was parsed, or into what this and its copies keep.
struct ModelPath {
  std::string_view name;           // "publisher/model"
  std::string_view version;        // empty: the one served by default
  std::string_view selector = {};  // the range or alias that the version was found for; empty: none
  std::string_view action;         // "infer", "ready" …; empty: the model itself
  std::shared_ptr<const std::string> decoded = {}, found_version = {};  // null where nothing was

  void set_version(std::string found) {
    found_version = std::make_shared<const std::string>(std::move(found));
    version = *found_version;
  }
};

// rest: what follows "/v2/models/", still percent-encoded. The rule needs no list of models and no list of actions:
// the name is the first segment when that holds an encoded slash ("acme%2Fvision"), else the first two
// ("acme/vision"); then optionally "versions/{v}"; then optionally one action (of one segment, but for
// "trace/setting"). A version may also be part of the name, "acme/vision@1.2.0". Anything else is not_found
// "route.unknown".
Result<ModelPath> parse_model_path(std::string_view rest);

}  // namespace stoa::api
