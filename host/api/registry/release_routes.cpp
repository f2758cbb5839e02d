// release_routes.cpp: a release's way: announced, sent, submitted, reviewed, and what becomes of it.
// SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/registry_json.hpp"
#include "host/api/registry/registry_routes.hpp"

namespace stoa::api {
namespace {

using http::Method;
using registry::Actor;
using registry::Catalogue;
using registry::ReleaseId;
using registry::ReleaseRecord;

Result<registry::UploadId> upload_in(const std::string& text) {
  if (const auto id = registry::UploadId::parse(text)) return *id;
  return failure(Code::not_found, "upload.not_found", "upload: '" + text.substr(0, 64) + "' is no upload's id");
}

Result<RegistryAnswer> announce(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  registry::NewRelease release;
  release.plugin = members.text("plugin");
  release.version = members.text("version");
  const std::string sha256 = members.text("sha256");
  release.package_bytes = members.number("bytes");
  release.changelog = members.text_or("changelog", "");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto digest = digest_in("sha256", sha256);
  if (!digest) return std::unexpected(digest.error());
  release.package_sha256 = *digest;
  auto announced = call.publishing.announce(*actor, release);
  if (!announced) return std::unexpected(announced.error());
  Json body = json_of(announced->release);
  if (announced->upload) body["upload"] = json_of(*announced->upload);
  return RegistryAnswer{201, std::move(body)};
}

Result<RegistryAnswer> upload_status(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  const auto id = upload_in(call.param("upload"));
  if (!id) return std::unexpected(id.error());
  const auto status = call.publishing.upload(*actor, *id);
  if (!status) return std::unexpected(status.error());
  return RegistryAnswer{200, json_of(*status)};
}

Result<RegistryAnswer> append(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  const auto id = upload_in(call.param("upload"));
  if (!id) return std::unexpected(id.error());
  const auto offset = call.query_number("offset", 0, {0, UINT64_MAX});
  if (!offset) return std::unexpected(offset.error());
  const auto status = call.publishing.append(*actor, *id, {*offset, std::as_bytes(std::span(call.bytes))});
  if (!status) return std::unexpected(status.error());
  return RegistryAnswer{200, json_of(*status)};
}

Result<RegistryAnswer> submit(RegistryApi& api, RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string upload_text = members.text_or("upload", "");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  std::optional<registry::UploadId> upload;
  if (!upload_text.empty()) {
    auto id = upload_in(upload_text);
    if (!id) return std::unexpected(id.error());
    upload = std::move(*id);
  }
  const auto release = call.publishing.submit(*actor, {call.param("release")}, upload);
  if (!release) return std::unexpected(release.error());
  check_later(api, release->id);
  return RegistryAnswer{202, json_of(*release)};
}

Result<RegistryAnswer> drop(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  auto gone = call.publishing.drop_draft(*actor, {call.param("release")});
  if (!gone) return std::unexpected(gone.error());
  return RegistryAnswer{204, nullptr};
}

Result<RegistryAnswer> one_release(RegistryCall& call) {
  const ReleaseId id{call.param("release")};
  return call.publishing.with_catalogue([&](Catalogue& catalogue) -> Result<RegistryAnswer> {
    auto release = catalogue.release(id);
    if (!release) return std::unexpected(release.error());
    if (!may_see(call.actor, *release))
      return failure(Code::not_found, "release.unknown", "there is no release '" + id.text + "'");
    const auto checks = catalogue.checks(id);
    if (!checks) return std::unexpected(checks.error());
    Json body = json_of(*release);
    body["checks"] = page_of(*checks)["items"];
    if (!release->manifest.empty()) body["manifest"] = Json::parse(release->manifest, nullptr, false);
    return RegistryAnswer{200, std::move(body)};
  });
}

Result<RegistryAnswer> list_releases(RegistryCall& call) {
  registry::ReleaseFilter filter;
  filter.publisher = call.query_or("publisher", "");
  filter.plugin = call.query_or("plugin", "");
  filter.model = call.query_or("model", "");
  filter.task = call.query_or("task", "");
  filter.text = call.query_or("q", "");
  filter.after = call.query_or("after", "");
  const auto limit = call.limit();
  if (!limit) return std::unexpected(limit.error());
  filter.most = *limit;
  if (const std::string state = call.query_or("state", ""); !state.empty()) {
    filter.state = registry::release_state_of(state);
    if (!filter.state)
      return failure(Code::invalid_argument, "registry.query", "state: '" + state + "' is no state of a release");
  }
  auto releases = call.publishing.with_catalogue([&](Catalogue& catalogue) { return catalogue.releases(filter); });
  if (!releases) return std::unexpected(releases.error());
  const bool is_full = releases->size() == filter.most && !releases->empty();
  const std::string last = is_full ? releases->back().id.text : std::string();
  std::erase_if(*releases, [&](const ReleaseRecord& release) { return !may_see(call.actor, release); });
  Json body = page_of(*releases);
  if (is_full) body["next"] = last;
  return RegistryAnswer{200, std::move(body)};
}

Result<RegistryAnswer> review(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string verdict_text = members.text("verdict"), because = members.text_or("because", "");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto verdict = verdict_text == "accept"       ? std::optional(registry::Verdict::accept)
                       : verdict_text == "reject"     ? std::optional(registry::Verdict::reject)
                       : verdict_text == "quarantine" ? std::optional(registry::Verdict::quarantine)
                                                      : std::nullopt;
  if (!verdict)
    return failure(Code::invalid_argument, "registry.field",
                   "verdict: '" + verdict_text + "' is none; want accept, reject or quarantine");
  auto release = call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return catalogue.review(*actor, {call.param("release")}, *verdict, because); });
  if (!release) return std::unexpected(release.error());
  return RegistryAnswer{200, json_of(*release)};
}

using Step = Result<ReleaseRecord> (Catalogue::*)(const Actor&, const ReleaseId&, std::string_view);

Result<RegistryAnswer> step(RegistryCall& call, Step to) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string because = members.text("because");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  auto release = call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return (catalogue.*to)(*actor, {call.param("release")}, because); });
  if (!release) return std::unexpected(release.error());
  return RegistryAnswer{200, json_of(*release)};
}

Result<RegistryAnswer> revoke(RegistryApi& api, RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string because = members.text("because");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto release = call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return catalogue.revoke(*actor, {call.param("release")}, because); });
  if (!release) return std::unexpected(release.error());
  api.on_revoked(*release);
  return RegistryAnswer{200, json_of(*release)};
}

}  // namespace

// What is not public is its publisher's and the operators'.
bool may_see(const std::optional<Actor>& actor, const ReleaseRecord& release) {
  if (holds_version(release.state) && (is_servable(release.state) || release.state == registry::ReleaseState::revoked))
    return true;
  const std::string owner = release.plugin.substr(0, release.plugin.find('/'));
  return actor && require_publisher(*actor, owner, registry::Permission::read_catalogue).has_value();
}

void add_release_routes(RegistryApi& api, std::vector<http::Route>& routes) {
  routes.push_back(registry_route(api, Method::get, "/v1/releases", BodyIs::none, list_releases));
  routes.push_back(registry_route(api, Method::post, "/v1/releases", BodyIs::json, announce));
  routes.push_back(registry_route(api, Method::get, "/v1/releases/{release}", BodyIs::none, one_release));
  routes.push_back(registry_route(api, Method::del, "/v1/releases/{release}", BodyIs::none, drop));
  routes.push_back(registry_route(api, Method::get, "/v1/uploads/{upload}", BodyIs::none, upload_status));
  routes.push_back(registry_route(api, Method::put, "/v1/uploads/{upload}", BodyIs::bytes, append));
  routes.push_back(registry_route(
      api, Method::post, "/v1/releases/{release}/submit", BodyIs::json,
      [&api](RegistryCall& call) { return submit(api, call); }, &RegistryApi::slow));
  routes.push_back(registry_route(api, Method::post, "/v1/releases/{release}/review", BodyIs::json, review));
  constexpr std::pair<const char*, Step> kSteps[] = {{"/v1/releases/{release}/deprecate", &Catalogue::deprecate},
                                                     {"/v1/releases/{release}/yank", &Catalogue::yank},
                                                     {"/v1/releases/{release}/restore", &Catalogue::restore}};
  for (const auto& [pattern, to] : kSteps)
    routes.push_back(
        registry_route(api, Method::post, pattern, BodyIs::json, [to](RegistryCall& call) { return step(call, to); }));
  routes.push_back(registry_route(api, Method::post, "/v1/releases/{release}/revoke", BodyIs::json,
                                  [&api](RegistryCall& call) { return revoke(api, call); }));
}

}  // namespace stoa::api
