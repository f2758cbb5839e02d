// registry_call.hpp: one request to the registry's API: who asks, what the path, query and JSON body say, strictly
// read. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "host/api/desk.hpp"
#include "host/api/registry/signal_list.hpp"
#include "host/api/rollout_report.hpp"
#include "host/http/exchange.hpp"
#include "registry/listing/listing.hpp"
#include "registry/publishing/publishing.hpp"
#include "stoa/result.hpp"

namespace stoa::api {

using Json = nlohmann::ordered_json;

// The members of a body, each asked for once; what nobody asked for is refused, so that a misspelt name never passes
// silently. Errors are kept: the first one is end()'s.
class Members {
 public:
  explicit Members(const Json& object, std::string path = "") : object_(object), path_(std::move(path)) {}

  std::string text(const char* name);  // required, not empty
  std::string text_or(const char* name, std::string otherwise);
  std::uint64_t number(const char* name);                   // required, 0 or more
  std::optional<std::int64_t> number_if(const char* name);  // negative ones, too
  const Json* list(const char* name);                       // required
  const Json* list_if(const char* name);
  const Json* object_if(const char* name);
  std::uint64_t number_or(const char* name, std::uint64_t otherwise);
  bool flag_or(const char* name, bool otherwise);
  // invalid_argument "registry.field": the first member that was missing, of another kind, or unknown.
  Result<void> end();

 private:
  const Json* find(const char* name, bool is_required, Json::value_t kind, const char* kind_name);
  void refuse(std::string message);

  const Json& object_;
  std::string path_;
  std::vector<std::string> asked_;
  std::optional<Error> error_;
};

// Values, not views: it is worked on by another thread than the connection's.
struct JsonCall {
  std::map<std::string, std::string, std::less<>> params = {}, query = {};
  Json body = Json::object();
  std::string bytes = {};                 // of a route that takes them as they are
  std::optional<std::string> token = {};  // nothing: none was shown
  bool is_token_needed = true;            // for a body to be read; false: who may send one is known already
  std::string request_token = {};         // Idempotency-Key; empty: none
  std::int64_t now_ms = 0;

  const std::string& param(std::string_view name) const { return params.find(name)->second; }
  std::string query_or(std::string_view name, std::string_view otherwise) const;
  // invalid_argument "registry.query" with the name and the range.
  struct Range {
    std::uint64_t min = 0, max = 0;
  };
  Result<std::uint64_t> query_number(std::string_view name, std::uint64_t otherwise, Range range) const;
  // Of a path. invalid_argument "registry.path".
  Result<std::uint64_t> param_number(std::string_view name) const;
  // How long a page is to be: "limit", 1 to 1000, 50 where nothing is said.
  Result<std::uint64_t> limit() const { return query_number("limit", 50, {1, 1000}); }
};

struct RegistryCall : JsonCall {
  RegistryCall(registry::Publishing& registry, std::int64_t now) : publishing(registry) { now_ms = now; }

  registry::Publishing& publishing;
  std::optional<registry::Actor> actor;  // nothing: no token was shown

  // unauthenticated "token.missing".
  Result<registry::Actor> who() const;
};

struct RegistryAnswer {
  unsigned status = 200;
  Json body = nullptr;
  std::string text = {};            // where it is no JSON
  std::string_view text_type = {};  // of it; static storage
};

// What the endpoints share. Lifetime: outlives the server.
struct RegistryApi {
  registry::Publishing& publishing;
  Desk quick;           // acts on the catalogue, chunks
  Desk slow;            // packages are read
  Desk checks;          // minutes of golden cases: nobody waits behind them
  Desk browse{2, 256};  // everybody looks through the catalogue: no act waits behind them
  registry::Listing listing{[this](const auto& use) { return publishing.with_catalogue(use); },
                            publishing.folder() / ".listing"};
  std::function<std::int64_t()> now_ms;
  std::function<void()> on_change = [] {};  // the catalogue may have changed; any thread
  // Was revoked just now: for who serves it and must not wait until the whole catalogue is read again. Any thread.
  std::function<void(const registry::ReleaseRecord&)> on_revoked = [](const registry::ReleaseRecord&) {};
  // Where this host stands with each model's releases; and a verdict of its own alone. Any thread.
  std::function<std::vector<ModelReport>()> rollouts = [] { return std::vector<ModelReport>(); };
  std::function<Result<void>(const std::string& model, const std::string& version)> forgive_here =
      [](const std::string&, const std::string&) -> Result<void> {
    return failure(Code::failed_precondition, "rollout.no_verdict", "nothing runs here");
  };
  // The checks of a release could not be ended: they begin anew at the next start. Any thread.
  std::function<void(const registry::ReleaseId&, const Error&)> on_unchecked = [](const registry::ReleaseId&,
                                                                                  const Error&) {};
  std::filesystem::path metadata = {};  // the folder of what is signed
  // Bytes of packages whose release anybody may see. Public: anybody's. Else whoever shows the token of an operator or
  // of their publisher, or a customer's key of which this says nothing. On the desk `slow`.
  bool downloads_are_public = true;
  std::function<Result<void>(std::string_view key, const registry::ReleaseRecord&)> key_may_download =
      [](std::string_view, const registry::ReleaseRecord&) -> Result<void> {
    return failure(Code::unauthenticated, "key.unknown", "this host knows no customer's keys: it has no [licensing]");
  };
  SignalList metadata_changed = {};  // wakes who waits for another timestamp
};

// Nobody need wait for golden cases; what a full desk or a stop leaves undone is taken up at the next start.
void check_later(RegistryApi& api, const registry::ReleaseId& id);

enum class BodyIs : std::uint8_t { none, json, bytes };

// "Bearer <token>"; nothing where the field is absent. unauthenticated "token.scheme".
Result<std::optional<std::string>> token_of(const http::RequestHead& head);
// Problem details, and WWW-Authenticate beside a 401.
http::Response problem_of(const Error& error, std::string_view request_id);
// Names and values of a query, decoded. invalid_argument "registry.query": a name is given twice.
Result<std::map<std::string, std::string, std::less<>>> parse_query(std::string_view query);
// For a route whose JSON body has no members.
Result<void> no_members(const JsonCall& call);
// Reads head and body. False: it was refused, and that is answered.
http::Task<bool> read_call(http::Exchange& exchange, BodyIs body_is, JsonCall& call);
// 200 or whatever it says, with its JSON.
http::Response response_of(const RegistryAnswer& answer);

// A route whose answer is made on a desk. Errors become problem details. An unsafe method tells on_change afterwards.
http::Route registry_route(RegistryApi& api, http::Method method, std::string pattern, BodyIs body,
                           std::function<Result<RegistryAnswer>(RegistryCall&)> act,
                           Desk RegistryApi::* desk = &RegistryApi::quick);

}  // namespace stoa::api
