// openapi.hpp: the description of this API (OpenAPI 3.1), made once from data. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "host/http/exchange.hpp"

namespace stoa::api {

// The document and its strong entity tag: the same bytes, the same tag.
class OpenApiDocument {
 public:
  explicit OpenApiDocument(std::string json);
  // 304 without a body when if_none_match names the tag (or is "*").
  http::Response answer(std::string_view if_none_match) const;
  const std::string& json() const { return json_; }
  const std::string& etag() const { return etag_; }

 private:
  std::string json_, etag_;
};

// All operations of both planes; those of the operator plane carry the tag "operator".
OpenApiDocument describe_api();

}  // namespace stoa::api
