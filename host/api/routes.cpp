// routes.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/routes.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "host/api/media_type.hpp"
#include "host/api/model_call.hpp"
#include "host/api/model_path.hpp"
#include "host/api/not_offered.hpp"
#include "host/api/openapi.hpp"
#include "host/api/problem.hpp"
#include "host/api/rollout_metrics.hpp"
#include "host/api/v2_generate.hpp"
#include "host/api/v2_infer.hpp"
#include "host/api/v2_server.hpp"
#include "host/thread/monotonic.hpp"

namespace stoa::api {
namespace {

using http::Exchange;
using http::Method;
using http::Task;

enum class Action : std::uint8_t { metadata, ready, stats, infer, generate, generate_stream, not_offered };
struct ActionRow {
  std::string_view name;
  Action action;
  bool takes_get, takes_post;
};
constexpr ActionRow kActions[] = {
    {"", Action::metadata, true, false},         {"ready", Action::ready, true, false},
    {"stats", Action::stats, true, false},       {"infer", Action::infer, false, true},
    {"generate", Action::generate, false, true}, {"generate_stream", Action::generate_stream, false, true},
};

const NotOffered* find_not_offered(std::string_view action) {
  if (action.starts_with('/')) return nullptr;  // such rows are routes
  const auto rows = not_offered();
  const auto row = std::ranges::find(rows, action, &NotOffered::path);
  return row == rows.end() ? nullptr : &*row;
}

std::optional<ActionRow> find_action(std::string_view name) {
  if (const auto* const row = std::ranges::find(kActions, name, &ActionRow::name); row != std::end(kActions))
    return *row;
  if (const NotOffered* const row = find_not_offered(name))
    return ActionRow{row->path, Action::not_offered, row->takes_get, row->takes_post};
  return std::nullopt;
}

bool takes(const ActionRow& row, Method method) {
  return method == Method::get || method == Method::head ? row.takes_get : method == Method::post && row.takes_post;
}

std::string_view allow_of(const ActionRow& row) {
  if (!row.takes_post) return "GET, HEAD";
  return row.takes_get ? "GET, HEAD, POST" : "POST";
}

struct Target {
  ModelPath path;
  ActionRow row;
};

Result<Target> target_of(const http::RequestHead& head) {
  auto path = parse_model_path(head.param("model"));
  if (!path) return std::unexpected(std::move(path.error()));
  const auto row = find_action(path->action);
  if (row) return Target{std::move(*path), *row};
  return failure(Code::not_found, "route.unknown",
                 "path: a model has no '" + std::string(path->action.substr(0, 64)) +
                     "', it has infer, generate, generate_stream, ready and stats");
}

// "null/infer" reads as a model's name: a name of one segment before its action, most likely.
bool lacks_publisher(const ApiContext& api, const ModelPath& path) {
  const std::string_view name = path.name;
  const std::string_view last = name.substr(name.find('/') + 1);
  return path.action.empty() && find_action(last) && !api.catalog.find(name, path.version);
}

// The answer to a method that does not run the action; OPTIONS asks for nothing else.
http::Response other_method(const ApiContext& api, const http::RequestHead& head, const Target& target) {
  const std::string_view allow = allow_of(target.row);
  http::Response response;
  if (head.method == Method::options) {
    response.status = 204;
  } else if (head.method == Method::post && lacks_publisher(api, target.path)) {
    return v2_error({Code::not_found, "route.unknown",
                     "path: no action behind '" + std::string(target.path.name.substr(0, 64)) +
                         "', want /v2/models/{publisher}/{model}/infer",
                     0});
  } else {
    response = v2_error({Code::unimplemented, "request.method",
                         "method: " + std::string(head.method_text.substr(0, 32)) +
                             " is not one of those allowed here: " + std::string(allow),
                         0});
  }
  response.fields.emplace_back("Allow", allow);
  return response;
}

http::Response look_up(const ApiContext& api, const ModelPath& path, Action action) {
  auto model = api.catalog.find(path.name, path.version);
  if (!model) return v2_error(why_none(api, path.name, path.version, model.error()));
  if (action == Action::ready) return model_ready(api, **model);
  if (action == Action::stats) return model_statistics({*model});
  return model_metadata(api.catalog, **model);
}

// A range or an alias becomes the version it means; a version stays what it is. "default" is the alias that the bare
// name means: the same rules for both, whatever it points at.
Result<void> settle_version(const ApiContext& api, Exchange& exchange, ModelPath& path) {
  if (path.version == "default" && api.resolve) path.version = {};
  if (path.version.empty() || !api.resolve || api.catalog.find(path.name, path.version)) return {};
  auto version = resolve_for(api, path.name, path.version, asker_of(api, exchange));
  if (version) {
    path.selector = path.version;
    path.set_version(std::move(*version));
  } else {
    return std::unexpected(std::move(version.error()));
  }
  return {};
}

// The catalogue knows nothing of the model: then what is served under its own name says what is wrong.
bool is_of_folder(const Error& unresolved) { return unresolved.reason == "model.unknown"; }

Task<void> act(ApiContext& api, Exchange& exchange, Target target) {
  switch (target.row.action) {
    case Action::infer:
      return infer(api, exchange, target.path);
    case Action::generate:
      return generate(api, exchange, std::move(target.path));
    case Action::generate_stream:
      return generate_stream(api, exchange, std::move(target.path));
    case Action::not_offered:
      return http::answer_with(exchange, refuse_not_offered(*find_not_offered(target.row.name)));
    case Action::metadata:
    case Action::ready:
    case Action::stats:
      break;
  }
  return http::answer_with(exchange, look_up(api, target.path, target.row.action));
}

// What is published and nothing here names is loaded because somebody asks for it; who only looks loads nothing.
bool may_be_loaded(const ApiContext& api, const Target& target, Method method, const Error& unresolved) {
  if (!api.demand || unresolved.code != Code::not_found || !takes(target.row, method)) return false;
  return target.row.takes_post && target.row.action != Action::not_offered;
}

Task<void> await_release(ApiContext& api, Exchange& exchange, Target target, Error unresolved) {
  const std::uint64_t deadline_ns = thread::monotonic_ns() + std::uint64_t{api.demand_wait_ms} * 1'000'000;
  while (true) {
    // Listed before it is asked: what loads in between wakes it.
    const auto signal = exchange.make_signal();
    const bool is_waiting = api.releases_changed.add(signal);
    auto version = api.demand(target.path.name, target.path.version);
    if (version) {
      target.path.set_version(std::move(*version));
      co_return co_await act(api, exchange, std::move(target));
    }
    const bool is_loading = version.error().reason == "release.loading";
    if (!is_loading || !is_waiting || thread::monotonic_ns() >= deadline_ns) {
      const bool says_more = is_loading || version.error().code != Code::not_found;
      if (!says_more && is_of_folder(unresolved)) co_return co_await act(api, exchange, std::move(target));
      // What it was may have changed meanwhile: one that loaded was revoked.
      const auto again = resolve_for(api, target.path.name, target.path.version, asker_of(api, exchange));
      if (!again && again.error().code != Code::not_found) unresolved = again.error();
      co_await exchange.reply(v2_error(says_more ? version.error() : unresolved));
      co_return;
    }
    if (co_await exchange.wait(*signal, deadline_ns) == http::Waited::client_gone) co_return;
  }
}

Task<void> run_target(ApiContext& api, Exchange& exchange, Target target) {
  const http::RequestHead& head = exchange.head();
  if (auto settled = settle_version(api, exchange, target.path); !settled) {
    if (may_be_loaded(api, target, head.method, settled.error()))
      return await_release(api, exchange, std::move(target), std::move(settled.error()));
    if (!is_of_folder(settled.error())) return http::answer_with(exchange, v2_error(settled.error()));
  }
  if (!takes(target.row, head.method)) return http::answer_with(exchange, other_method(api, head, target));
  return act(api, exchange, std::move(target));
}

// Read before anybody knows which release will answer: by what the model's name alone means now.
http::BodyLimits keyed_limits(const ApiContext& api, Exchange& exchange, const ModelPath& path) {
  http::BodyLimits limits;
  const auto route = api.catalog.route(path.name, "", asker_of(api, exchange));
  if (!route) return limits;
  limits.bytes_max = route->model->spec().limits.request_bytes_max;
  const auto format = body_format(exchange.head(), route->model->spec());
  if (format && format->json_bytes <= limits.bytes_max) limits.align_at = format->json_bytes;
  return limits;
}

// Nothing: the call has no key.
std::optional<Task<void>> keyed_call(ApiContext& api, Exchange& exchange, Target& target) {
  auto key = idempotency_key_of(exchange.head());
  if (!key) return http::answer_with(exchange, v2_error(key.error(), 400));
  if (!*key) return std::nullopt;
  // An answer is its customer's, whichever of its keys asked for it: but no key gets one that it could not have asked
  // for. What the customer's licences say by now does not take back what was paid.
  if (auto refused = api.gate->refusal_of_key(exchange, target.path.name))
    return http::answer_with(exchange, std::move(*refused));
  const http::BodyLimits limits = keyed_limits(api, exchange, target.path);
  return api.keys->serve(
      exchange, std::string(api.gate->customer_for(exchange, target.path.name)), std::move(**key), limits,
      [&api, target = std::move(target)](Exchange& keyed) { return run_target(api, keyed, target); });
}

// Everything under /v2/models/: the model's name may hold a slash, so that the router cannot take the path apart.
Task<void> model_route(ApiContext& api, Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  auto target = target_of(head);
  if (!target) return http::answer_with(exchange, v2_error(target.error()));
  const ActionRow& row = target->row;
  const bool is_call =
      row.action == Action::infer || row.action == Action::generate || row.action == Action::generate_stream;
  if (api.gate != nullptr && is_call && takes(row, head.method))
    if (auto refused = api.gate->refusal_of_caller(exchange)) return http::answer_with(exchange, std::move(*refused));
  if (api.keys != nullptr && is_call && takes(row, head.method))
    if (auto keyed = keyed_call(api, exchange, *target)) return std::move(*keyed);
  return run_target(api, exchange, std::move(*target));
}

// A route whose answer needs nothing but the context.
template <class Make>
http::Route fixed(std::string pattern, Make make) {
  return {Method::get, std::move(pattern), [make](Exchange& exchange) { return http::answer_with(exchange, make()); }};
}

// What others keep, for /metrics.
std::vector<HostGauge> all_gauges(const ApiContext& api) {
  std::vector<HostGauge> gauges = api.gauges();
  std::ranges::move(rollout_gauges(api.rollouts()), std::back_inserter(gauges));
  return gauges;
}

void add_health(ApiContext& api, std::vector<http::Route>& routes) {
  routes.push_back(fixed("/v2/health/live", [] { return server_live(); }));
  routes.push_back(fixed("/v2/health/ready", [&api] { return server_ready(api); }));
}

void add_not_offered(std::vector<http::Route>& routes) {
  for (const NotOffered& row : not_offered()) {
    if (!row.path.starts_with('/')) continue;  // an action of a model
    const auto handler = [&row](Exchange& exchange) { return http::answer_with(exchange, refuse_not_offered(row)); };
    if (row.takes_get) routes.push_back({Method::get, std::string(row.path), handler});
    if (row.takes_post) routes.push_back({Method::post, std::string(row.path), handler});
  }
}

void add_openapi(std::vector<http::Route>& routes) {
  const auto document = std::make_shared<const OpenApiDocument>(describe_api());
  routes.push_back({Method::get, "/openapi.json", [document](Exchange& exchange) {
                      return http::answer_with(exchange, document->answer(exchange.head().find("if-none-match")));
                    }});
}

}  // namespace

std::vector<http::Route> customer_routes(ApiContext& api) {
  std::vector<http::Route> routes;
  routes.push_back(fixed("/v2", [&api] { return server_metadata(api); }));  // the router takes "/v2/" for the same
  add_health(api, routes);
  routes.push_back(fixed("/v2/models", [&api] { return model_list(api); }));
  routes.push_back(fixed("/v2/models/stats", [&api] { return model_statistics(api.catalog.list()); }));
  // Every method: the action behind the name says which ones are allowed. HEAD comes with GET.
  for (const Method method :
       {Method::get, Method::post, Method::put, Method::patch, Method::del, Method::options, Method::other})
    routes.push_back(
        {method, "/v2/models/{model...}", [&api](Exchange& exchange) { return model_route(api, exchange); }});
  routes.push_back(
      {Method::post, "/v2/repository/index", [&api](Exchange& exchange) { return repository_index(api, exchange); }});
  add_not_offered(routes);
  add_openapi(routes);
  return routes;
}

std::vector<http::Route> operator_routes(ApiContext& api) {
  std::vector<http::Route> routes;
  add_health(api, routes);
  routes.push_back(fixed("/metrics", [&api] {
    http::Response response;
    response.content_type = Metrics::kContentType;
    response.body = api.metrics.render(api.catalog, api.server_statistics(), all_gauges(api));
    return response;
  }));
  add_openapi(routes);
  return routes;
}

}  // namespace stoa::api
