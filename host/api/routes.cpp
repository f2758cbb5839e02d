// routes.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/routes.hpp"

#include <array>

#include "host/api/model_path.hpp"
#include "host/api/openapi.hpp"
#include "host/api/problem.hpp"
#include "host/api/v2_generate.hpp"
#include "host/api/v2_infer.hpp"
#include "host/api/v2_server.hpp"

namespace stoa::api {
namespace {

using http::Exchange;
using http::Method;
using http::Task;

enum class Action : std::uint8_t { metadata, ready, stats, infer, generate, generate_stream };
struct ActionRow {
  std::string_view name;
  Action action;
  Method method;
};
constexpr ActionRow kActions[] = {
    {"", Action::metadata, Method::get},          {"ready", Action::ready, Method::get},
    {"stats", Action::stats, Method::get},        {"infer", Action::infer, Method::post},
    {"generate", Action::generate, Method::post}, {"generate_stream", Action::generate_stream, Method::post},
};

Result<std::pair<ModelPath, Action>> action_of(const http::RequestHead& head) {
  auto path = parse_model_path(head.param("model"));
  if (!path) return std::unexpected(std::move(path.error()));
  const Method method = head.method == Method::head ? Method::get : head.method;
  if (method == Method::post && path->action.empty())  // a name of one segment before its action, most likely
    return failure(Code::not_found, "route.unknown",
                   "no action behind '" + path->name.substr(0, 64) + "': want /v2/models/{publisher}/{model}/infer");
  for (const auto& row : kActions) {
    if (row.name != path->action) continue;
    if (row.method == method) return std::pair{std::move(*path), row.action};
    const std::string_view wanted = row.method == Method::get ? "GET, HEAD" : "POST";
    return failure(Code::unimplemented, "request.method",
                   std::string(head.method_text) + " is not allowed here, " + std::string(wanted) + " is");
  }
  return failure(
      Code::not_found, "route.unknown",
      "a model has no '" + path->action.substr(0, 64) + "', it has infer, generate, generate_stream, ready and stats");
}

http::Response look_up(const ApiContext& api, const ModelPath& path, Action action) {
  auto model = api.catalog.find(path.name, path.version);
  if (!model) return v2_error(model.error());
  if (action == Action::ready) return model_ready(api, **model);
  if (action == Action::stats) return model_statistics({*model});
  return model_metadata(api.catalog, **model);
}

// Everything under /v2/models/: the model's name may hold a slash, so that the router cannot take the path apart.
Task<void> model_route(ApiContext& api, Exchange& exchange) {
  auto target = action_of(exchange.head());
  if (!target) {
    http::Response response = v2_error(target.error());
    if (response.status == 405) {
      const bool is_post = target.error().message.ends_with("POST is");
      response.fields.emplace_back("Allow", is_post ? "POST" : "GET, HEAD");
    }
    co_await exchange.reply(std::move(response));
    co_return;
  }
  auto& [path, action] = *target;
  switch (action) {
    case Action::infer:
      co_await infer(api, exchange, std::move(path));
      co_return;
    case Action::generate:
      co_await generate(api, exchange, std::move(path));
      co_return;
    case Action::generate_stream:
      co_await generate_stream(api, exchange, std::move(path));
      co_return;
    case Action::metadata:
    case Action::ready:
    case Action::stats:
      break;
  }
  co_await exchange.reply(look_up(api, path, action));
}

// A route whose answer needs nothing but the context.
template <class Make>
http::Route fixed(std::string pattern, Make make) {
  return {Method::get, std::move(pattern),
          [make](Exchange& exchange) -> Task<void> { co_await exchange.reply(make()); }};
}

void add_health(ApiContext& api, std::vector<http::Route>& routes) {
  routes.push_back(fixed("/v2/health/live", [] { return server_live(); }));
  routes.push_back(fixed("/v2/health/ready", [&api] { return server_ready(api); }));
}

void add_openapi(std::vector<http::Route>& routes) {
  const auto document = std::make_shared<const OpenApiDocument>(describe_api());
  routes.push_back({Method::get, "/openapi.json", [document](Exchange& exchange) -> Task<void> {
                      co_await exchange.reply(document->answer(exchange.head().find("if-none-match")));
                    }});
}

}  // namespace

std::vector<http::Route> customer_routes(ApiContext& api) {
  std::vector<http::Route> routes;
  routes.push_back(fixed("/v2", [&api] { return server_metadata(api); }));  // the router takes "/v2/" for the same
  add_health(api, routes);
  routes.push_back(fixed("/v2/models", [&api] { return model_list(api); }));
  routes.push_back(fixed("/v2/models/stats", [&api] { return model_statistics(api.catalog.list()); }));
  for (const Method method : {Method::get, Method::post})
    routes.push_back(
        {method, "/v2/models/{model...}", [&api](Exchange& exchange) { return model_route(api, exchange); }});
  routes.push_back(
      {Method::post, "/v2/repository/index", [&api](Exchange& exchange) { return repository_index(api, exchange); }});
  add_openapi(routes);
  return routes;
}

std::vector<http::Route> operator_routes(ApiContext& api) {
  std::vector<http::Route> routes;
  add_health(api, routes);
  routes.push_back(fixed("/metrics", [&api] {
    http::Response response;
    response.content_type = Metrics::kContentType;
    response.body = api.metrics.render(api.catalog, api.server_statistics());
    return response;
  }));
  add_openapi(routes);
  return routes;
}

}  // namespace stoa::api
