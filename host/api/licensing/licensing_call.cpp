// licensing_call.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/licensing/licensing_call.hpp"

#include <fmt/format.h>

#include "host/api/entity_tag.hpp"
#include "host/api/key_in_url.hpp"
#include "licensing/terms/refusal.hpp"

namespace stoa::api {
namespace {

Result<void> authenticate(LicensingCall& call, Plane plane) {
  if (!call.token) return {};
  if (plane == Plane::customers) {
    auto holder = call.book.authenticate(*call.token);
    if (!holder) return std::unexpected(std::move(holder.error()));
    call.holder = std::move(*holder);
    return {};
  }
  if (!call.api.publishing)
    return failure(Code::unimplemented, "licensing.no_registry",
                   "operators and publishers are known to a registry, and this host has none: add [registry] to its "
                   "configuration");
  auto actor = call.api.publishing->with_catalogue(
      [&](registry::Catalogue& catalogue) { return catalogue.authenticate(*call.token); });
  if (!actor) return std::unexpected(std::move(actor.error()));
  call.actor = std::move(*actor);
  return {};
}

http::Response run(LicensingCall& call, Plane plane, std::string_view request_id, const LicensingAct& act) {
  if (auto known = authenticate(call, plane); !known) return problem_of(known.error(), request_id);
  auto answer = act(call);
  if (!answer) return problem_of(answer.error(), request_id);
  http::Response response = response_of(*answer);
  return call.is_get ? tagged(std::move(response), call.if_none_match, "private, no-cache") : response;
}

http::Task<void> serve(LicensingApi& api, http::Exchange& exchange, Plane plane, BodyIs body_is, LicensingAct act,
                       Desk& desk) {
  auto call = std::make_shared<LicensingCall>(api);
  auto key = plane == Plane::customers ? api_key_of(exchange.head()) : Result<std::optional<std::string>>();
  if (plane == Plane::customers && key && !*key) key = std::unexpected(no_key());
  if (!key) {
    co_await exchange.reply(problem_of(key.error(), exchange.head().request_id));
    co_return;
  }
  call->is_get = exchange.head().method == http::Method::get || exchange.head().method == http::Method::head;
  call->if_none_match = exchange.head().find("if-none-match");
  call->is_token_needed = plane == Plane::operators;
  if (!co_await read_call(exchange, body_is, *call)) co_return;
  if (plane == Plane::customers) call->token = std::move(*key);
  co_await exchange.reply(
      co_await desk.answer(exchange, [call, plane, request_id = std::string(exchange.head().request_id),
                                      act = std::move(act)] { return run(*call, plane, request_id, act); }));
}

}  // namespace

Error no_key() {
  return {Code::unauthenticated, "key.missing", "this is asked with a key: send 'Authorization: Bearer sk_…'", 0};
}

Result<std::optional<std::string>> api_key_of(const http::RequestHead& head) {
  if (has_key(head.target)) return std::unexpected(error_of(licensing::Refusal::key_in_url));
  const auto field = head.find_single("X-Api-Key");
  auto bearer = token_of(head);
  if (!field || !bearer) {
    const Error& error = field ? bearer.error() : field.error();
    if (error.reason == "http.repeated_field") return std::unexpected(error_of(licensing::Refusal::key_repeated));
    return std::unexpected(error);
  }
  if (!*field) return bearer;
  if (*bearer) return std::unexpected(error_of(licensing::Refusal::key_repeated));
  return std::optional<std::string>(**field);
}

Result<licensing::Actor> LicensingCall::operator_who(registry::Permission permission) const {
  if (!actor)
    return failure(Code::unauthenticated, "token.missing", "Authorization: is missing, want 'Bearer' and a token");
  if (auto allowed = require(*actor, permission); !allowed) return std::unexpected(allowed.error());
  return licensing::Actor{licensing::Actor::Kind::operators, actor->name, {}, {}, 0};
}

Result<licensing::Actor> LicensingCall::issuer_who(registry::Permission permission) const {
  if (actor && actor->kind == registry::Actor::Kind::publisher)
    return licensing::Actor{licensing::Actor::Kind::publisher, actor->name, {}, {}, 0};
  return operator_who(permission);
}

Result<licensing::Book::Holder> LicensingCall::customer_who(licensing::Scope scope) const {
  if (!holder) return std::unexpected(no_key());
  if (!has(holder->key.scopes, scope) && !has(holder->key.scopes, licensing::Scope::manage))
    return failure(Code::permission_denied, "key.scope",
                   fmt::format("the key lacks the scope '{}'", licensing::name_of(scope)));
  return *holder;
}

licensing::RequestToken LicensingCall::once() const {
  std::string text;
  for (const auto& [name, value] : params) text += name + '=' + value + '\n';
  text += body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return {request_token, registry::sha256_of(text)};
}

Result<licensing::Page> LicensingCall::page() const {
  const auto most = limit();
  if (!most) return std::unexpected(most.error());
  return licensing::Page{.after = query_or("after", ""), .most = *most};
}

http::Route licensing_route(LicensingApi& api, Plane plane, http::Method method, std::string pattern, BodyIs body,
                            LicensingAct act, Desk* desk) {
  Desk& its_desk = desk ? *desk : api.desk;
  return {method, std::move(pattern), [&api, &its_desk, plane, body, act = std::move(act)](http::Exchange& exchange) {
            return serve(api, exchange, plane, body, act, its_desk);
          }};
}

}  // namespace stoa::api
