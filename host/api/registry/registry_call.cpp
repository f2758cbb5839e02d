// registry_call.cpp: from an exchange to a call, and from a Result to an answer. SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/registry_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "host/api/problem.hpp"
#include "host/api/status_mapping.hpp"

namespace stoa::api {
namespace {

constexpr std::uint64_t kJsonBytesMax = 1 << 20, kChunkBytesMax = 16 << 20;
constexpr std::size_t kMembersMax = 64;  // the longest body here has five
// Far more than any body here needs. Copying, comparing and writing a value call themselves once a level, so that no
// deeper one is ever made.
constexpr int kLevelsMax = 64;

// '+' is a space in a query, as forms write it.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

// nlohmann keeps the last of two members with one name; a body has one meaning. And it looks through all members of an
// object for each new one: a body of many would hold up the I/O thread, so that only a few are kept.
Result<Json> parse_body(std::string_view text) {
  std::vector<std::vector<std::string>> names;
  std::string twice;
  bool is_crowded = false, is_deep = false;
  const auto watch = [&](int level, Json::parse_event_t event, Json& value) {
    const bool is_opened = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    is_deep = is_deep || (is_opened && level >= kLevelsMax);
    if (is_deep) return false;  // nothing is kept any more
    if (event == Json::parse_event_t::object_start) names.emplace_back();
    if (event == Json::parse_event_t::object_end && !names.empty()) names.pop_back();
    if (event == Json::parse_event_t::key && !names.empty()) {
      is_crowded = is_crowded || names.back().size() == kMembersMax;
      if (is_crowded) return false;
      const std::string name = value.get<std::string>();
      if (std::ranges::find(names.back(), name) != names.back().end()) twice = name;
      names.back().push_back(name);
    }
    return true;
  };
  Json body = Json::parse(text, watch, false);
  if (is_deep)
    return failure(Code::invalid_argument, "registry.json",
                   fmt::format("body: is nested deeper than {} levels", kLevelsMax));
  if (body.is_discarded() || !body.is_object())
    return failure(Code::invalid_argument, "registry.json", "body: is no JSON object");
  if (is_crowded)
    return failure(Code::invalid_argument, "registry.json",
                   fmt::format("body: has an object of more than {} members", kMembersMax));
  if (!twice.empty()) return failure(Code::invalid_argument, "registry.json", "body: '" + twice + "' is given twice");
  return body;
}

Error no_token() {
  return {Code::unauthenticated, "token.missing", "Authorization: is missing, want 'Bearer' and a token", 0};
}

Result<void> authenticate(RegistryApi& api, RegistryCall& call) {
  if (!call.token) return {};
  auto actor = api.publishing.with_catalogue(
      [&](registry::Catalogue& catalogue) { return catalogue.authenticate(*call.token); });
  if (!actor) return std::unexpected(std::move(actor.error()));
  call.actor = std::move(*actor);
  return {};
}

http::Response run(RegistryApi& api, RegistryCall& call, std::string_view request_id, bool is_unsafe,
                   const std::function<Result<RegistryAnswer>(RegistryCall&)>& act) {
  if (const auto known = authenticate(api, call); !known) return problem_of(known.error(), request_id);
  auto answer = act(call);
  if (!answer) return problem_of(answer.error(), request_id);
  if (is_unsafe) api.on_change();
  return response_of(*answer);
}

http::Task<bool> read_head(http::Exchange& exchange, BodyIs body_is, JsonCall& call) {
  const http::RequestHead& head = exchange.head();
  const std::string request_id(head.request_id);
  auto query = parse_query(head.query);
  if (!query) {
    co_await exchange.reply(problem_of(query.error(), request_id));
    co_return false;
  }
  call.query = std::move(*query);
  for (const http::Field& param : head.params) call.params.emplace(param.name, param.value);
  auto token = token_of(head);
  const auto once = head.find_single("Idempotency-Key");
  if (!token || !once) {
    co_await exchange.reply(problem_of(token ? once.error() : token.error(), request_id));
    co_return false;
  }
  call.token = std::move(*token);
  call.request_token = once->value_or("");
  if (body_is != BodyIs::none && call.is_token_needed && !call.token) {
    co_await exchange.reply(problem_of(no_token(), request_id));
    co_return false;
  }
  co_return true;
}

http::Task<bool> read_body(http::Exchange& exchange, BodyIs body_is, JsonCall& call) {
  if (body_is == BodyIs::none) co_return true;
  const std::string request_id(exchange.head().request_id);
  auto read = co_await exchange.read_body({.bytes_max = body_is == BodyIs::json ? kJsonBytesMax : kChunkBytesMax});
  if (!read) {
    co_await exchange.reply(problem(read.error(), http::status_of(read.error()), request_id));
    co_return false;
  }
  if (body_is == BodyIs::bytes) {
    call.bytes = read->text();
  } else if (read->size() > 0) {
    auto parsed = parse_body(read->text());
    if (!parsed) {
      co_await exchange.reply(problem_of(parsed.error(), request_id));
      co_return false;
    }
    call.body = std::move(*parsed);
  }
  co_return true;
}

http::Task<void> serve(RegistryApi& api, http::Exchange& exchange, BodyIs body_is, bool is_unsafe,
                       std::function<Result<RegistryAnswer>(RegistryCall&)> act, Desk& desk) {
  auto call = std::make_shared<RegistryCall>(api.publishing, api.now_ms());
  const std::string request_id(exchange.head().request_id);
  if (!co_await read_head(exchange, body_is, *call)) co_return;
  // A long body is read once the token is known to be good. It is looked at again behind the body: it may have been
  // revoked meanwhile.
  if (body_is == BodyIs::bytes) {
    http::Response refused = co_await desk.answer(exchange, [&api, call, request_id] {
      const auto known = authenticate(api, *call);
      return known ? http::Response{} : problem_of(known.error(), request_id);
    });
    if (refused.status != 200) {
      co_await exchange.reply(std::move(refused));
      co_return;
    }
  }
  if (!co_await read_body(exchange, body_is, *call)) co_return;
  co_await exchange.reply(co_await desk.answer(exchange, [&api, call, request_id, is_unsafe, act = std::move(act)] {
    return run(api, *call, request_id, is_unsafe, act);
  }));
}

}  // namespace

http::Response response_of(const RegistryAnswer& answer) {
  http::Response response;
  response.status = answer.status;
  if (!answer.text_type.empty()) {
    response.content_type = answer.text_type;
    response.body = answer.text;
    return response;
  }
  if (!answer.body.is_null()) response.body = answer.body.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
  return response;
}

http::Task<bool> read_call(http::Exchange& exchange, BodyIs body_is, JsonCall& call) {
  co_return co_await read_head(exchange, body_is, call) && co_await read_body(exchange, body_is, call);
}

// "Bearer <token>"; nothing where the field is absent.
Result<std::optional<std::string>> token_of(const http::RequestHead& head) {
  const auto field = head.find_single("Authorization");
  if (!field) return std::unexpected(field.error());
  if (!*field) return std::optional<std::string>();
  constexpr std::string_view kScheme = "Bearer ";
  // A scheme's name is told apart by no case (RFC 9110, 11.1).
  const auto is_same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == std::tolower(b); };
  if (!std::ranges::equal((*field)->substr(0, kScheme.size()), kScheme, is_same))
    return failure(Code::unauthenticated, "token.scheme", "Authorization: want 'Bearer' and a token");
  return std::optional<std::string>((*field)->substr(kScheme.size()));
}

http::Response problem_of(const Error& error, std::string_view request_id) {
  http::Response response = problem(error, problem_status(error), request_id);
  if (response.status == 401) response.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"stoa\"");
  return response;
}

Result<std::map<std::string, std::string, std::less<>>> parse_query(std::string_view query) {
  std::map<std::string, std::string, std::less<>> values;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (pair.empty()) continue;
    const auto [at, is_new] =
        values.emplace(decoded(pair.substr(0, equals)), equals == pair.npos ? "" : decoded(pair.substr(equals + 1)));
    if (!is_new) return failure(Code::invalid_argument, "registry.query", at->first.substr(0, 64) + ": is given twice");
  }
  return values;
}

Result<void> no_members(const JsonCall& call) { return Members(call.body).end(); }

void Members::refuse(std::string message) {
  if (!error_) error_ = Error{Code::invalid_argument, "registry.field", std::move(message), 0};
}

const Json* Members::find(const char* name, bool is_required, Json::value_t kind, const char* kind_name) {
  asked_.emplace_back(name);
  const auto member = object_.find(name);
  if (member == object_.end() || member->is_null()) {
    if (is_required) refuse(fmt::format("{}{}: is missing, want {}", path_, name, kind_name));
    return nullptr;
  }
  const bool is_kind = member->type() == kind || (kind == Json::value_t::number_integer && member->is_number_integer());
  if (!is_kind) refuse(fmt::format("{}{}: is {}, want {}", path_, name, member->type_name(), kind_name));
  return is_kind ? &*member : nullptr;
}

std::string Members::text(const char* name) {
  const Json* member = find(name, true, Json::value_t::string, "a string");
  std::string value = member ? member->get<std::string>() : std::string();
  if (member && value.empty()) refuse(fmt::format("{}{}: is empty", path_, name));
  return value;
}

std::string Members::text_or(const char* name, std::string otherwise) {
  const Json* member = find(name, false, Json::value_t::string, "a string");
  return member ? member->get<std::string>() : std::move(otherwise);
}

std::uint64_t Members::number(const char* name) {
  const Json* member = find(name, true, Json::value_t::number_integer, "an integer");
  if (member && !member->is_number_unsigned()) refuse(fmt::format("{}{}: is negative", path_, name));
  return member && member->is_number_unsigned() ? member->get<std::uint64_t>() : 0;
}

std::optional<std::int64_t> Members::number_if(const char* name) {
  const Json* member = find(name, false, Json::value_t::number_integer, "an integer");
  if (member && member->is_number_unsigned() && member->get<std::uint64_t>() > INT64_MAX) {
    refuse(fmt::format("{}{}: is {}, limit is {}", path_, name, member->get<std::uint64_t>(), INT64_MAX));
    return std::nullopt;
  }
  return member ? std::optional(member->get<std::int64_t>()) : std::nullopt;
}

const Json* Members::list(const char* name) { return find(name, true, Json::value_t::array, "a list"); }

const Json* Members::list_if(const char* name) { return find(name, false, Json::value_t::array, "a list"); }
const Json* Members::object_if(const char* name) { return find(name, false, Json::value_t::object, "an object"); }

std::uint64_t Members::number_or(const char* name, std::uint64_t otherwise) {
  const Json* member = find(name, false, Json::value_t::number_integer, "an integer");
  if (member && !member->is_number_unsigned()) refuse(fmt::format("{}{}: is negative", path_, name));
  return member && member->is_number_unsigned() ? member->get<std::uint64_t>() : otherwise;
}

bool Members::flag_or(const char* name, bool otherwise) {
  const Json* member = find(name, false, Json::value_t::boolean, "true or false");
  return member ? member->get<bool>() : otherwise;
}

Result<void> Members::end() {
  for (const auto& [name, unused] : object_.items())
    if (std::ranges::find(asked_, name) == asked_.end()) {
      std::string known;
      for (const std::string& one : asked_) known += (known.empty() ? "" : ", ") + one;
      refuse(fmt::format("{}{}: is not known here, {}", path_, name, known.empty() ? "nothing is" : "want " + known));
    }
  if (error_) return std::unexpected(std::move(*error_));
  return {};
}

std::string JsonCall::query_or(std::string_view name, std::string_view otherwise) const {
  const auto value = query.find(name);
  return value == query.end() ? std::string(otherwise) : value->second;
}

Result<std::uint64_t> JsonCall::query_number(std::string_view name, std::uint64_t otherwise, Range range) const {
  const auto value = query.find(name);
  if (value == query.end()) return otherwise;
  std::uint64_t number = 0;
  const char* const end = value->second.data() + value->second.size();
  const auto [rest, bad] = std::from_chars(value->second.data(), end, number);
  if (bad == std::errc() && rest == end && range.min <= number && number <= range.max) return number;
  return failure(
      Code::invalid_argument, "registry.query",
      fmt::format("{}: is '{}', want a number from {} to {}", name, value->second.substr(0, 64), range.min, range.max));
}

Result<std::uint64_t> JsonCall::param_number(std::string_view name) const {
  const std::string& text = param(name);
  std::uint64_t number = 0;
  const auto [rest, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (bad == std::errc() && rest == text.data() + text.size()) return number;
  return failure(Code::invalid_argument, "registry.path",
                 fmt::format("{}: is '{}', want a number", name, text.substr(0, 64)));
}

Result<registry::Actor> RegistryCall::who() const {
  if (actor) return *actor;
  return std::unexpected(no_token());
}

void check_later(RegistryApi& api, const registry::ReleaseId& id) {
  (void)api.checks.post([&api, id] {
    if (const auto checked = api.publishing.check(id); !checked) api.on_unchecked(id, checked.error());
    api.on_change();
  });
}

http::Route registry_route(RegistryApi& api, http::Method method, std::string pattern, BodyIs body,
                           std::function<Result<RegistryAnswer>(RegistryCall&)> act, Desk RegistryApi::* desk) {
  const bool is_unsafe = method != http::Method::get;
  return {method, std::move(pattern), [&api, body, is_unsafe, act = std::move(act), desk](http::Exchange& exchange) {
            return serve(api, exchange, body, is_unsafe, act, api.*desk);
          }};
}

}  // namespace stoa::api
