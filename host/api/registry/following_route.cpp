// following_route.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/following_route.hpp"

#include <nlohmann/json.hpp>

namespace stoa::api {

http::Route following_route(std::function<Following()> following) {
  return {http::Method::get, "/v1/following", [following = std::move(following)](http::Exchange& exchange) {
            const Following now = following();
            nlohmann::ordered_json body;
            body["registry"] = now.registry;
            body["state"] = !now.reason.empty() ? "not_followed" : "followed";
            if (now.timestamp > 0) {
              body["timestamp"] = now.timestamp;
              body["heard_s"] = now.heard_s;
              body["expires_s"] = now.expires_s;
            }
            if (!now.reason.empty()) {
              body["reason"] = now.reason;
              body["message"] = now.message;
            }
            http::Response response;
            response.body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
            return http::answer_with(exchange, std::move(response));
          }};
}

}  // namespace stoa::api
