// listing_routes.cpp: the catalogue for everybody, on either plane: search, a model's page, its versions, its card.
// SPDX-License-Identifier: Apache-2.0
// Under /v1/catalogue and not /v1/models: that name is the OpenAI protocol's.
#include <fmt/format.h>

#include <algorithm>

#include "host/api/entity_tag.hpp"
#include "host/api/problem.hpp"
#include "host/api/registry/listing_json.hpp"
#include "host/api/registry/registry_json.hpp"
#include "host/api/registry/registry_routes.hpp"

namespace stoa::api {
namespace {

using http::Method;

constexpr std::string_view kJsonType = "application/json", kMarkdownType = "text/markdown; charset=utf-8";

struct ListingCall {
  ListingQuery query;
  std::string model;  // "acme/classify"; empty: of all
  std::string if_none_match, request_id;
};
struct ListingAnswer {
  std::string body;
  std::string_view content_type = kJsonType;
};
using ListingAct = std::function<Result<ListingAnswer>(registry::Listing& listing, const ListingCall& call)>;

std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n'; }

http::Response response_of(ListingAnswer answer, const std::string& if_none_match) {
  http::Response response;
  response.content_type = answer.content_type;
  response.body = std::move(answer.body);
  response.fields.emplace_back("X-Content-Type-Options", "nosniff");
  return tagged(std::move(response), if_none_match, "public, no-cache");
}

// No token is looked at: on the customer plane the field is another's, and nothing here is anybody's alone.
http::Task<void> serve_listing(RegistryApi& api, http::Exchange& exchange, ListingAct act) {
  const http::RequestHead& head = exchange.head();
  const std::string request_id(head.request_id);
  auto query = parse_query(head.query);
  if (!query) {
    co_await exchange.reply(problem_of(query.error(), request_id));
    co_return;
  }
  std::string model;
  if (const std::string_view name = head.param("model"); !name.empty())
    model = fmt::format("{}/{}", head.param("publisher"), name);
  auto call = std::make_shared<const ListingCall>(
      ListingCall{{std::move(*query)}, std::move(model), std::string(head.find("if-none-match")), request_id});
  co_await exchange.reply(co_await api.browse.answer(exchange, [&api, call, act = std::move(act)] {
    auto answer = act(api.listing, *call);
    return answer ? response_of(std::move(*answer), call->if_none_match) : problem_of(answer.error(), call->request_id);
  }));
}

Result<ListingAnswer> search_models(registry::Listing& listing, const ListingCall& call) {
  const auto query = search_in(call.query);
  if (!query) return std::unexpected(query.error());
  const auto index = listing.index();
  if (!index) return std::unexpected(index.error());
  const auto page = (*index)->find(*query);
  if (!page) return std::unexpected(page.error());
  Json items = Json::array();
  for (const auto& entry : page->entries) items.push_back(json_of(*entry));
  Json body{{"items", std::move(items)}};
  if (!page->next.empty()) body["next"] = page->next;
  return ListingAnswer{line_of(body)};
}

// The card of a release that is shown, for as long as use takes.
template <class Use>
Result<ListingAnswer> with_card(registry::Listing& listing, const ListingCall& call, Use&& use) {
  const auto model = listing.model(call.model);
  if (!model) return std::unexpected(model.error());
  const auto chosen = choose(*model, call.query.value("version"));
  if (!chosen) return std::unexpected(chosen.error());
  const auto release = listing.release(chosen->id);
  if (!release) return std::unexpected(release.error());
  const auto manifest = registry::parse_manifest(release->manifest);
  if (!manifest) return std::unexpected(manifest.error());
  const auto declared = std::ranges::find(manifest->models, call.model.substr(call.model.find('/') + 1),
                                          &registry::ModelDeclaration::name);
  if (declared == manifest->models.end())
    return failure(Code::data_loss, "database.corrupt", "the release has no model '" + call.model + "'");
  const std::string published = time_text(chosen->published_ms);
  constexpr std::size_t kEvaluationsOnPage = 20;
  const auto evaluations = listing.evaluations(chosen->id, call.model, kEvaluationsOnPage);
  if (!evaluations) return std::unexpected(evaluations.error());
  return use(*model, registry::ModelCard{*release, *manifest, *declared, published, *evaluations});
}

Result<ListingAnswer> one_model(registry::Listing& listing, const ListingCall& call) {
  return with_card(listing, call, [](const registry::ListedModel& model, const registry::ModelCard& card) {
    return ListingAnswer{line_of(page_json(model, card))};
  });
}

Result<ListingAnswer> one_card(registry::Listing& listing, const ListingCall& call) {
  return with_card(listing, call, [](const registry::ListedModel&, const registry::ModelCard& card) {
    return ListingAnswer{line_of(json_of(card))};
  });
}

Result<ListingAnswer> card_markdown(registry::Listing& listing, const ListingCall& call) {
  return with_card(listing, call, [](const registry::ListedModel&, const registry::ModelCard& card) {
    return ListingAnswer{markdown_of(card), kMarkdownType};
  });
}

Result<ListingAnswer> list_versions(registry::Listing& listing, const ListingCall& call) {
  const auto most = call.query.limit();
  if (!most) return std::unexpected(most.error());
  const auto model = listing.model(call.model);
  if (!model) return std::unexpected(model.error());
  const auto page = versions_of(*model, call.query.value("after"), *most);
  if (!page) return std::unexpected(page.error());
  Json body{{"items", Json::array()}};
  for (const registry::ListedRelease& release : page->releases) {
    const auto record = listing.release(release.id);
    if (!record) return std::unexpected(record.error());
    Json item = json_of(release);
    if (!record->state_because.empty()) item["state_because"] = record->state_because;
    item["package"] = {{"sha256", registry::to_hex(record->package_sha256)}, {"bytes", record->package_bytes}};
    if (!record->changelog.empty()) item["changelog"] = record->changelog;
    body["items"].push_back(std::move(item));
  }
  if (!page->next.empty()) body["next"] = page->next;
  return ListingAnswer{line_of(body)};
}

}  // namespace

void add_listing_routes(RegistryApi& api, std::vector<http::Route>& routes) {
  const std::pair<const char*, Result<ListingAnswer> (*)(registry::Listing&, const ListingCall&)> rows[] = {
      {"/v1/catalogue", search_models},
      {"/v1/catalogue/{publisher}/{model}", one_model},
      {"/v1/catalogue/{publisher}/{model}/versions", list_versions},
      {"/v1/catalogue/{publisher}/{model}/card", one_card},
      {"/v1/catalogue/{publisher}/{model}/card.md", card_markdown}};
  for (const auto& [pattern, act] : rows)
    routes.push_back(
        {Method::get, pattern, [&api, act](http::Exchange& exchange) { return serve_listing(api, exchange, act); }});
}

}  // namespace stoa::api
