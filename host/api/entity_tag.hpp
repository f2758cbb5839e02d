// entity_tag.hpp: what a client has already is not sent again. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "host/http/exchange.hpp"

namespace stoa::api {

// A 200 with the tag of its bytes: whoever has them has everything that would be said again, and gets a 304 without
// them. if_none_match: the field as it came. cache_control: who may keep it, for how long.
http::Response tagged(http::Response response, std::string_view if_none_match, std::string_view cache_control);

}  // namespace stoa::api
