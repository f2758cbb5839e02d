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

constexpr std::string_view kPackageType = "application/vnd.stoa.package";

struct PackageAsked {
  std::string hex, request_id;
  std::optional<std::string> token;
  std::optional<RangeAsked> range;
  bool is_known = false;  // the client has these bytes
};

struct PackageFound {
  registry::Blob blob;
  bool is_public = true;
};

// Anybody's, or its publisher's and the operators': then their token opens it, and no cache keeps it for others.
Result<PackageFound> find(const RegistryApi& api, const PackageAsked& asked) {
  const auto digest = registry::sha256_from_hex(asked.hex);
  if (!digest)
    return failure(Code::not_found, "package.unknown", "there is no package '" + asked.hex.substr(0, 64) + "'");
  std::optional<registry::Actor> actor;
  if (asked.token) {
    auto known = api.publishing.with_catalogue(
        [&](registry::Catalogue& catalogue) { return catalogue.authenticate(*asked.token); });
    if (!known) return std::unexpected(known.error());
    actor = std::move(*known);
  }
  auto blob = api.publishing.find_package(std::nullopt, *digest);
  const bool is_public = blob.has_value();
  if (!is_public && actor) blob = api.publishing.find_package(actor, *digest);
  if (!blob) return std::unexpected(blob.error());
  return PackageFound{std::move(*blob), is_public};
}

std::vector<std::pair<std::string_view, std::string>> fields_of(const PackageAsked& asked, bool is_public) {
  return {{"ETag", '"' + asked.hex + '"'},
          {"Accept-Ranges", "bytes"},
          {"Cache-Control", is_public ? "public, max-age=31536000, immutable" : "private, no-store"}};
}

http::Response described(const PackageAsked& asked, bool is_public) {
  http::Response response;
  response.content_type = kPackageType;
  response.fields = fields_of(asked, is_public);
  return response;
}

// If-None-Match: "*", or a list of tags, weak ones among them.
bool names_tag(std::string_view field, const std::string& tag) {
  return field == "*" || field.find(tag) != std::string_view::npos;
}

http::Response refused(const PackageAsked& asked, const Error& error) { return problem_of(error, asked.request_id); }

http::Response range_of(const RegistryApi& api, const PackageAsked& asked, const PackageFound& found) {
  const registry::Blob& blob = found.blob;
  http::Response response = described(asked, found.is_public);
  const std::uint64_t first = asked.range->first;
  if (first >= blob.size) {
    const Error beyond{Code::out_of_range, "package.range",
                       fmt::format("Range: begins at {}, the package has {} bytes", first, blob.size), 0};
    response = problem(beyond, 416, asked.request_id);
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
http::Task<void> stream(RegistryApi& api, http::Exchange& exchange, http::StreamHead head,
                        std::shared_ptr<registry::BlobReader> reader) {
  const bool is_get = exchange.head().method == http::Method::get;
  if (!co_await exchange.begin_stream(std::move(head))) co_return;
  while (is_get) {
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

}  // namespace

http::Task<void> serve_package(RegistryApi& api, http::Exchange& exchange, PackagesFor whom, std::string hex) {
  const http::RequestHead& head = exchange.head();
  PackageAsked asked{
      .hex = std::move(hex), .request_id = std::string(head.request_id), .token = {}, .range = {}, .is_known = false};
  if (whom == PackagesFor::actors) {
    auto token = token_of(head);
    if (!token) {
      co_await exchange.reply(refused(asked, token.error()));
      co_return;
    }
    asked.token = std::move(*token);
  }
  const std::string tag = '"' + asked.hex + '"';
  // The name is the digest of the bytes: a range of what has this tag is a range of these.
  const std::string_view if_range = head.find("if-range");
  if (head.method == http::Method::get && (if_range.empty() || if_range == tag))
    asked.range = parse_range(head.find("range"));
  asked.is_known = names_tag(head.find("if-none-match"), tag);
  // Shared: the handler may be gone when the desk comes to it.
  struct Whole {
    std::optional<registry::BlobReader> reader;
    PackageFound found;
  };
  auto whole = std::make_shared<Whole>();
  http::Response answer = co_await api.slow.answer(exchange, [&api, asked, whole] {
    auto found = find(api, asked);
    if (!found) return refused(asked, found.error());
    if (asked.is_known) {
      http::Response same = described(asked, found->is_public);
      same.status = 304;
      return same;
    }
    if (asked.range) return range_of(api, asked, *found);
    auto opened = api.publishing.blobs().read(found->blob.digest);
    if (!opened) return refused(asked, opened.error());
    whole->reader.emplace(std::move(*opened));
    whole->found = std::move(*found);
    return http::Response{};
  });
  if (!whole->reader) {
    co_await exchange.reply(std::move(answer));
    co_return;
  }
  http::StreamHead begun{.status = 200,
                         .content_type = kPackageType,
                         .fields = fields_of(asked, whole->found.is_public),
                         .length = whole->found.blob.size};
  co_await stream(api, exchange, std::move(begun), std::shared_ptr<registry::BlobReader>(whole, &*whole->reader));
}

void add_catalogue_routes(RegistryApi& api, std::vector<http::Route>& routes, PackagesFor whom) {
  routes.push_back({Method::get, "/v1/packages/{sha256}", [&api, whom](http::Exchange& exchange) {
                      return serve_package(api, exchange, whom, std::string(exchange.head().param("sha256")));
                    }});
}

}  // namespace stoa::api
