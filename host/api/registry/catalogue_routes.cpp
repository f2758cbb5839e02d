// catalogue_routes.cpp: what anybody may have: packages, whole or in ranges. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "host/api/problem.hpp"
#include "host/api/registry/registry_json.hpp"
#include "host/api/registry/registry_routes.hpp"
#include "host/api/status_mapping.hpp"

namespace stoa::api {
namespace {

using http::Method;

// "bytes=5-9", "bytes=5-": one range, from a beginning. Nothing: the whole (a server may ignore any other form).
struct RangeAsked {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;
};
std::optional<RangeAsked> parse_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes=";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  RangeAsked range;
  const char* const end = text.data() + text.size();
  auto [dash, bad] = std::from_chars(text.data(), end, range.first);
  if (bad != std::errc() || dash == end || *dash != '-') return std::nullopt;
  if (++dash == end) return range;
  std::uint64_t last = 0;
  const auto [rest, worse] = std::from_chars(dash, end, last);
  if (worse != std::errc() || rest != end || last < range.first) return std::nullopt;
  range.last = last;
  return range;
}

// A range is answered whole: of a longer one the first part, after which a client goes on.
constexpr std::uint64_t kRangeMax = 8u << 20;

struct PackageAsked {
  std::string hex, request_id;
  std::optional<RangeAsked> range;
};

http::Response described(const std::string& hex) {
  http::Response response;
  response.content_type = "application/vnd.stoa.package";
  response.fields.emplace_back("ETag", '"' + hex + '"');
  response.fields.emplace_back("Accept-Ranges", "bytes");
  response.fields.emplace_back("Cache-Control", "public, max-age=31536000, immutable");
  return response;
}

http::Response refused(const PackageAsked& asked, const Error& error) {
  return problem(error, problem_status(error), asked.request_id);
}

http::Response range_of(const RegistryApi& api, const PackageAsked& asked, const registry::Blob& blob) {
  http::Response response = described(asked.hex);
  const std::uint64_t first = asked.range->first;
  if (first >= blob.size) {
    response.status = 416;
    response.fields.emplace_back("Content-Range", fmt::format("bytes */{}", blob.size));
    return response;
  }
  const std::uint64_t last =
      std::min({asked.range->last.value_or(blob.size - 1), blob.size - 1, first + kRangeMax - 1});
  auto reader = api.publishing.blobs().read(blob.digest, registry::BlobRange{first, last - first + 1});
  if (!reader) return refused(asked, reader.error());
  while (true) {
    const auto bytes = reader->next();
    if (!bytes) return refused(asked, bytes.error());
    if (bytes->empty()) break;
    response.body.append(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }
  response.status = 206;
  response.fields.emplace_back("Content-Range", fmt::format("bytes {}-{}/{}", first, last, blob.size));
  return response;
}

// A whole package goes out chunk by chunk; a damaged one ends without its end, and no client takes it for whole.
http::Task<void> stream(RegistryApi& api, http::Exchange& exchange, std::shared_ptr<registry::BlobReader> reader) {
  if (!co_await exchange.begin_stream(200, "application/vnd.stoa.package")) co_return;
  while (true) {
    const http::Response next = co_await api.slow.answer(exchange, [reader] {
      http::Response response;
      const auto bytes = reader->next();
      response.status = bytes ? 200 : 500;
      if (bytes) response.body.assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
      return response;
    });
    if (next.status != 200) co_return;
    if (next.body.empty()) break;
    if (!co_await exchange.write(next.body)) co_return;
  }
  co_await exchange.end_stream();
}

http::Task<void> serve_package(RegistryApi& api, http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  PackageAsked asked{std::string(head.param("sha256")), std::string(head.request_id), std::nullopt};
  const std::string tag = '"' + asked.hex + '"';
  // The name is the digest of the bytes: a range of what has this tag is a range of these.
  if (const std::string_view if_range = head.find("if-range"); if_range.empty() || if_range == tag)
    asked.range = parse_range(head.find("range"));
  const bool is_known = head.find("if-none-match") == tag;
  auto reader = std::make_shared<std::optional<registry::BlobReader>>();
  http::Response answer = co_await api.slow.answer(exchange, [&api, asked, is_known, reader] {
    const auto digest = registry::sha256_from_hex(asked.hex);
    if (!digest)
      return refused(asked,
                     {Code::not_found, "package.unknown", "there is no package '" + asked.hex.substr(0, 64) + "'", 0});
    const auto blob = api.publishing.find_package(std::nullopt, *digest);
    if (!blob) return refused(asked, blob.error());
    if (is_known) {
      http::Response same = described(asked.hex);
      same.status = 304;
      return same;
    }
    if (asked.range) return range_of(api, asked, *blob);
    auto opened = api.publishing.blobs().read(*digest);
    if (!opened) return refused(asked, opened.error());
    reader->emplace(std::move(*opened));
    return http::Response{};
  });
  if (!*reader) {
    co_await exchange.reply(std::move(answer));
    co_return;
  }
  co_await stream(api, exchange, std::shared_ptr<registry::BlobReader>(reader, &**reader));
}

}  // namespace

void add_catalogue_routes(RegistryApi& api, std::vector<http::Route>& routes) {
  routes.push_back({Method::get, "/v1/packages/{sha256}",
                    [&api](http::Exchange& exchange) { return serve_package(api, exchange); }});
}

}  // namespace stoa::api
