// metadata_routes.cpp: the signed metadata and what it names, as any client of The Update Framework asks for them.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "host/api/problem.hpp"
#include "host/api/registry/registry_routes.hpp"
#include "host/thread/monotonic.hpp"
#include "registry/document/file.hpp"
#include "registry/feed/feed_target.hpp"

namespace stoa::api {
namespace {

using http::Method;

constexpr std::uint64_t kWaitMsMax = 30'000;
constexpr std::string_view kTimestamp = "timestamp.json";

bool is_metadata_name(std::string_view name) {
  return name.size() <= 80 && name.ends_with(".json") && !name.starts_with('.') &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
         });
}

struct FileAsked {
  std::string name, request_id, tag;  // tag: of If-None-Match
};

http::Response missing(const std::string& request_id, const std::string& what) {
  return problem_of({Code::not_found, "metadata.missing", what, 0}, request_id);
}

http::Response file_of(const RegistryApi& api, const FileAsked& asked) {
  auto json = is_metadata_name(asked.name)
                  ? registry::read_small_file(api.metadata / asked.name, registry::kTargetsBytesMax)
                  : failure(Code::not_found, "file.not_found", "no name of metadata");
  if (!json && json.error().code == Code::not_found)
    return missing(asked.request_id, "there is no metadata '" + asked.name.substr(0, 80) + "'");
  if (!json) return problem_of(json.error(), asked.request_id);
  http::Response response;
  const std::string tag = '"' + registry::to_hex(registry::sha256_of(*json)) + '"';
  response.fields = {{"ETag", tag},
                     {"Cache-Control", asked.name == kTimestamp ? "no-cache" : "public, max-age=31536000, immutable"}};
  if (asked.tag.find(tag) != std::string::npos)  // a compressed answer's is weak
    response.status = 304;
  else
    response.body = std::move(*json);
  return response;
}

// How long the client wants to wait for another timestamp than the one it has; nothing: it says no number.
std::optional<std::uint64_t> wait_ms_in(std::string_view query) {
  constexpr std::string_view kWait = "wait_ms=";
  if (query.empty()) return 0;
  if (!query.starts_with(kWait)) return std::nullopt;
  query.remove_prefix(kWait.size());
  std::uint64_t wait_ms = 0;
  const auto [end, bad] = std::from_chars(query.data(), query.data() + query.size(), wait_ms);
  if (bad != std::errc() || end != query.data() + query.size() || wait_ms > kWaitMsMax) return std::nullopt;
  return wait_ms;
}

http::Task<void> serve_metadata(RegistryApi& api, http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  const FileAsked asked{std::string(head.param("file")), std::string(head.request_id),
                        std::string(head.find("if-none-match"))};
  const auto wait_ms = wait_ms_in(head.query);
  if (!wait_ms) {
    const Error bad{Code::invalid_argument, "registry.query",
                    fmt::format("wait_ms: want a number from 0 to {}", kWaitMsMax), 0};
    co_await exchange.reply(problem_of(bad, asked.request_id));
    co_return;
  }
  const std::uint64_t deadline_ns = thread::monotonic_ns() + *wait_ms * 1'000'000;
  while (true) {
    // Listed before the file is read: a change in between wakes it.
    const auto signal = exchange.make_signal();
    const bool is_waiting = asked.name == kTimestamp && *wait_ms > 0 && api.metadata_changed.add(signal);
    http::Response answer = co_await api.quick.answer(exchange, [&api, asked] { return file_of(api, asked); });
    if (answer.status != 304 || !is_waiting || thread::monotonic_ns() >= deadline_ns) {
      co_await exchange.reply(std::move(answer));
      co_return;
    }
    if (co_await exchange.wait(*signal, deadline_ns) == http::Waited::client_gone) co_return;
  }
}

// "acme/vision/HASH.1.2.0.stoa": what a consistent snapshot calls a target. The digest alone says which package it is.
http::Task<void> serve_target(RegistryApi& api, http::Exchange& exchange, PackagesFor whom) {
  constexpr std::size_t kDigits = 64;
  const http::RequestHead& head = exchange.head();
  const std::string file(head.param("file"));
  const bool has_digest = file.size() > kDigits + 1 && file[kDigits] == '.';
  const std::string hex = file.substr(0, kDigits);
  if (has_digest && file.ends_with(registry::kReleaseEnding)) {
    co_await serve_package(api, exchange, whom, hex);
    co_return;
  }
  const std::string path =
      has_digest ? fmt::format("{}/{}/{}", head.param("publisher"), head.param("name"), file.substr(kDigits + 1)) : "";
  const std::string text = registry::label_text(path);
  http::Response answer;
  if (text.empty() || registry::to_hex(registry::sha256_of(text)) != hex) {
    answer = missing(std::string(head.request_id), "there is no target '" + file.substr(0, 200) + "'");
  } else {
    answer.content_type = "text/plain; charset=utf-8";
    answer.body = text;
  }
  co_await exchange.reply(std::move(answer));
}

}  // namespace

void add_metadata_routes(RegistryApi& api, std::vector<http::Route>& routes, PackagesFor whom) {
  routes.push_back(
      {Method::get, "/tuf/{file}", [&api](http::Exchange& exchange) { return serve_metadata(api, exchange); }});
  routes.push_back({Method::get, "/tuf/targets/{publisher}/{name}/{file}",
                    [&api, whom](http::Exchange& exchange) { return serve_target(api, exchange, whom); }});
}

}  // namespace stoa::api
