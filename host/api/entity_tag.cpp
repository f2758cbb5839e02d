// entity_tag.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/entity_tag.hpp"

#include <string>

#include "registry/document/digest.hpp"

namespace stoa::api {

http::Response tagged(http::Response response, std::string_view if_none_match, std::string_view cache_control) {
  const std::string tag = '"' + registry::to_hex(registry::sha256_of(response.body)).substr(0, 32) + '"';
  response.fields.emplace_back("ETag", tag);
  response.fields.emplace_back("Cache-Control", std::string(cache_control));
  if (if_none_match == "*" || if_none_match.find(tag) != std::string_view::npos) {
    response.status = 304;
    response.body = {};
  }
  return response;
}

}  // namespace stoa::api
