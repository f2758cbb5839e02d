// catalogue_routes.cpp: packages, whole or in ranges, for whom the operator gives them to.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "host/api/problem.hpp"
#include "host/api/registry/registry_json.hpp"
#include "host/api/registry/registry_routes.hpp"
#include "host/api/shown_key.hpp"
#include "host/api/status_mapping.hpp"
#include "licensing/terms/api_key.hpp"
#include "licensing/terms/refusal.hpp"
#include "registry/catalogue/release_rules.hpp"

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
  std::optional<std::string> key;  // a customer's
  std::optional<RangeAsked> range;
  bool is_known = false;  // the client has these bytes
};

enum class KeptBy : std::uint8_t { every_cache, who_asked, nobody };
struct PackageFound {
  registry::Blob blob;
  KeptBy kept_by = KeptBy::every_cache;
};

// Who may have the bytes of a release that everybody may see.
Result<void> require_licence(const RegistryApi& api, const PackageAsked& asked,
                             const std::optional<registry::Actor>& actor, const registry::Sha256& digest) {
  const auto releases = api.publishing.with_catalogue(
      [&](registry::Catalogue& catalogue) { return catalogue.releases_of_package(digest); });
  if (!releases) return std::unexpected(releases.error());
  const auto release = std::ranges::find_if(
      *releases, [](const registry::ReleaseRecord& one) { return registry::is_servable(one.state); });
  if (release == releases->end())  // since it was found
    return failure(Code::not_found, "package.unknown", "there is no package '" + asked.hex + "'");
  if (asked.key) return api.key_may_download(*asked.key, *release);
  if (!actor)
    return failure(Code::unauthenticated, "token.missing",
                   "a package is given to whom it is licensed: send 'Authorization: Bearer' and a token, or, on the "
                   "customer plane, a key");
  if (actor->kind == registry::Actor::Kind::operators) return {};
  return registry::require_publisher(*actor, registry::publisher_of(release->plugin),
                                     registry::Permission::read_catalogue);
}

// Everybody's or its licence's; or its publisher's and the operators': then their token opens it, and nobody keeps it.
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
  if (blob && api.downloads_are_public) return PackageFound{std::move(*blob), KeptBy::every_cache};
  if (blob) {
    if (auto licensed = require_licence(api, asked, actor, *digest); !licensed)
      return std::unexpected(licensed.error());
    return PackageFound{std::move(*blob), KeptBy::who_asked};
  }
  if (actor) blob = api.publishing.find_package(actor, *digest);
  if (!blob) return std::unexpected(blob.error());
  return PackageFound{std::move(*blob), KeptBy::nobody};
}

std::vector<std::pair<std::string_view, std::string>> fields_of(const PackageAsked& asked, KeptBy kept_by) {
  const char* const control = kept_by == KeptBy::every_cache ? "public, max-age=31536000, immutable"
                              : kept_by == KeptBy::who_asked ? "private, no-cache"
                                                             : "private, no-store";
  return {{"ETag", '"' + asked.hex + '"'}, {"Accept-Ranges", "bytes"}, {"Cache-Control", control}};
}

http::Response described(const PackageAsked& asked, KeptBy kept_by) {
  http::Response response;
  response.content_type = kPackageType;
  response.fields = fields_of(asked, kept_by);
  return response;
}

// If-None-Match: "*", or a list of tags, weak ones among them.
bool names_tag(std::string_view field, const std::string& tag) {
  return field == "*" || field.find(tag) != std::string_view::npos;
}

http::Response refused(const PackageAsked& asked, const Error& error) { return problem_of(error, asked.request_id); }

http::Response range_of(const RegistryApi& api, const PackageAsked& asked, const PackageFound& found) {
  const registry::Blob& blob = found.blob;
  http::Response response = described(asked, found.kept_by);
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

// Whose bytes are asked for. On the customer plane nobody is looked at where they are everybody's.
Result<void> read_who(const RegistryApi& api, const http::RequestHead& head, PackagesFor whom, PackageAsked& asked) {
  if (whom == PackagesFor::actors) {
    auto token = token_of(head);
    if (!token) return std::unexpected(token.error());
    asked.token = std::move(*token);
    return {};
  }
  if (api.downloads_are_public) return {};
  const licensing::ShownCredentials shown = shown_in(head);
  if (shown.flaw != licensing::Refusal::none) {
    const licensing::RefusalRow& row = licensing::row_of(shown.flaw);
    return failure(row.code, std::string(row.reason), std::string(row.message));
  }
  // A host that follows may show its operator's token on this plane, too.
  (shown.key.starts_with(licensing::kApiKeyPrefix) ? asked.key : asked.token) = std::string(shown.key);
  return {};
}

}  // namespace

http::Task<void> serve_package(RegistryApi& api, http::Exchange& exchange, PackagesFor whom, std::string hex) {
  const http::RequestHead& head = exchange.head();
  PackageAsked asked{.hex = std::move(hex),
                     .request_id = std::string(head.request_id),
                     .token = {},
                     .key = {},
                     .range = {},
                     .is_known = false};
  if (auto read = read_who(api, head, whom, asked); !read) {
    co_await exchange.reply(refused(asked, read.error()));
    co_return;
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
      http::Response same = described(asked, found->kept_by);
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
                         .fields = fields_of(asked, whole->found.kept_by),
                         .length = whole->found.blob.size};
  co_await stream(api, exchange, std::move(begun), std::shared_ptr<registry::BlobReader>(whole, &*whole->reader));
}

void add_catalogue_routes(RegistryApi& api, std::vector<http::Route>& routes, PackagesFor whom) {
  routes.push_back({Method::get, "/v1/packages/{sha256}", [&api, whom](http::Exchange& exchange) {
                      return serve_package(api, exchange, whom, std::string(exchange.head().param("sha256")));
                    }});
}

}  // namespace stoa::api
