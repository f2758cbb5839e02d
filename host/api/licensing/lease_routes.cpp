// lease_routes.cpp: seats of floating licences. Hundreds may ask at once: none holds a thread while the book's desk
// brings their wishes into one transaction. SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <memory>

#include "host/api/licensing/licensing_json.hpp"
#include "host/api/licensing/licensing_routes.hpp"

namespace stoa::api {
namespace {

using http::Method;
using licensing::LeaseWish;

Result<LeaseWish> take_in(const JsonCall& call) {
  Members members(call.body);
  LeaseWish wish;
  wish.licence = members.text_or("licence", "");
  wish.model = members.text_or("model", "");
  wish.holder = members.text_or("holder", "");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const std::string text = call.body.dump(-1, ' ', false, Json::error_handler_t::replace);
  wish.request = {call.request_token, registry::sha256_of(text)};
  return wish;
}

Result<LeaseWish> about_in(const JsonCall& call, LeaseWish::Kind kind) {
  if (auto read = no_members(call); !read) return std::unexpected(read.error());
  LeaseWish wish;
  wish.kind = kind;
  wish.lease = {call.param("lease")};
  return wish;
}

http::Response answer_of(const Result<licensing::LeaseOutcome>& outcome, LeaseWish::Kind kind,
                         std::string_view request_id) {
  if (!outcome) return problem_of(outcome.error(), request_id);
  if (kind == LeaseWish::Kind::release) return {.status = 204};
  return response_of({kind == LeaseWish::Kind::take ? 201u : 200u, json_of(*outcome)});
}

http::Task<void> serve(LicensingApi& api, http::Exchange& exchange, LeaseWish::Kind kind, BodyIs body_is) {
  const std::string request_id(exchange.head().request_id);
  auto key = api_key_of(exchange.head());
  if (key && !*key) key = std::unexpected(no_key());
  if (!key) {
    co_await exchange.reply(problem_of(key.error(), request_id));
    co_return;
  }
  JsonCall call;
  call.is_token_needed = false;
  if (!co_await read_call(exchange, body_is, call)) co_return;
  auto wish = kind == LeaseWish::Kind::take ? take_in(call) : about_in(call, kind);
  if (!wish) {
    co_await exchange.reply(problem_of(wish.error(), request_id));
    co_return;
  }
  // Shared: the handler may be gone when the book has decided.
  struct Outcome {
    std::shared_ptr<http::Signal> signal;
    std::optional<Result<licensing::LeaseOutcome>> said;
    std::atomic<bool> is_said{false};
  };
  auto outcome = std::make_shared<Outcome>();
  outcome->signal = exchange.make_signal();
  const bool is_taken = api.leases.post_by_key(std::move(**key), std::move(*wish), [outcome](auto said) {
    outcome->said = std::move(said);
    outcome->is_said.store(true, std::memory_order_release);
    outcome->signal->notify();
  });
  if (!is_taken) {
    co_await exchange.reply(problem_of(
        {Code::unavailable, "registry.busy", "too many ask for leases at once; try again", 1000}, request_id));
    co_return;
  }
  while (!outcome->is_said.load(std::memory_order_acquire))
    if (co_await exchange.wait(*outcome->signal, 0) == http::Waited::client_gone) co_return;
  co_await exchange.reply(answer_of(*outcome->said, kind, request_id));
}

}  // namespace

void add_lease_routes(LicensingApi& api, std::vector<http::Route>& routes) {
  const auto add = [&](Method method, const char* path, LeaseWish::Kind kind, BodyIs body) {
    routes.push_back(
        {method, path, [&api, kind, body](http::Exchange& exchange) { return serve(api, exchange, kind, body); }});
  };
  add(Method::post, "/v1/leases", LeaseWish::Kind::take, BodyIs::json);
  add(Method::post, "/v1/leases/{lease}/heartbeat", LeaseWish::Kind::renew, BodyIs::json);
  add(Method::del, "/v1/leases/{lease}", LeaseWish::Kind::release, BodyIs::none);
}

}  // namespace stoa::api
