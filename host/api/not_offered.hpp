// not_offered.hpp: what the protocol and its extensions have and this host has not: 501 with what to do instead, since
// a 404 would look like a wrong address. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string_view>

#include "host/http/exchange.hpp"

namespace stoa::api {

struct NotOffered {
  std::string_view path;  // a route; without a leading slash: an action of a model
  std::string_view id;    // in /openapi.json, behind the method
  bool takes_get, takes_post;
  std::string_view says;
};

std::span<const NotOffered> not_offered();

// 501 "route.not_offered".
http::Response refuse_not_offered(const NotOffered& row);

}  // namespace stoa::api
