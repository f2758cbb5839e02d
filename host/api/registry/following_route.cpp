// following_route.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/following_route.hpp"

#include "host/api/registry/registry_json.hpp"

namespace stoa::api {

http::Route following_route(std::function<Following()> following) {
  return {http::Method::get, "/v1/following", [following = std::move(following)](http::Exchange& exchange) {
            const Following now = following();
            Json body;
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
            body["reports"] = {{"state", now.reports.state}, {"waiting", now.reports.waiting}};
            if (!now.reports.reason.empty()) {
              body["reports"]["reason"] = now.reports.reason;
              body["reports"]["message"] = now.reports.message;
            }
            body["verdicts"] = Json::array();
            for (const auto& [verdict, is_told] : now.verdicts) {
              Json one = json_of(verdict);
              one["told"] = is_told;
              body["verdicts"].push_back(std::move(one));
            }
            body["models"] = Json::array();
            for (const ModelReport& model : now.models) body["models"].push_back(json_of(model));
            http::Response response;
            response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
            return http::answer_with(exchange, std::move(response));
          }};
}

}  // namespace stoa::api
