// log_routes.cpp: checkpoint, key and tiles of the ledger's log, for anybody. SPDX-License-Identifier: Apache-2.0
#include "host/api/licensing/proof_routes.hpp"
#include "host/api/registry/registry_call.hpp"
#include "licensing/log/tile.hpp"
#include "registry/document/digest.hpp"
#include "registry/document/file.hpp"

namespace stoa::api {
namespace {

using http::Method;

constexpr std::string_view kText = "text/plain; charset=utf-8", kBytes = "application/octet-stream";
constexpr std::size_t kFileBytesMax = licensing::kTileWidth * (licensing::kEntryBytesMax + 2);

struct FileAsked {
  std::string path, request_id, tag;  // tag: of If-None-Match
  bool is_tile = false;
};

// "tile/3/x001/067", "tile/entries/000.p/12" and nothing else.
bool is_tile_path(const std::string& path) {
  constexpr std::string_view kEntries = "tile/entries/";
  if (!path.starts_with(kEntries)) return licensing::tile_of(path).has_value();
  return licensing::tile_of("tile/0/" + path.substr(kEntries.size())).has_value();
}

http::Response file_of(const LedgerProof& proof, const FileAsked& asked) {
  auto bytes = registry::read_small_file(proof.folder / asked.path, kFileBytesMax);
  if (!bytes && bytes.error().code == Code::not_found)
    return problem_of({Code::not_found, "log.no_file", "the log has no '" + asked.path.substr(0, 80) + "'", 0},
                      asked.request_id);
  if (!bytes) return problem_of(bytes.error(), asked.request_id);
  http::Response response;
  const std::string tag = '"' + registry::to_hex(registry::sha256_of(*bytes)) + '"';
  response.content_type = asked.is_tile ? kBytes : kText;
  // What a tile's path says never changes; the checkpoint does with every entry.
  response.fields = {{"ETag", tag},
                     {"Cache-Control", asked.is_tile ? "public, max-age=31536000, immutable" : "no-cache"}};
  if (asked.tag.find(tag) != std::string::npos)
    response.status = 304;
  else
    response.body = std::move(*bytes);
  return response;
}

http::Task<void> serve_file(LedgerProof& proof, http::Exchange& exchange, std::string path, bool is_tile) {
  const http::RequestHead& head = exchange.head();
  const FileAsked asked{std::move(path), std::string(head.request_id), std::string(head.find("if-none-match")),
                        is_tile};
  co_await exchange.reply(co_await proof.desk.answer(exchange, [&proof, asked] { return file_of(proof, asked); }));
}

http::Task<void> serve_tile(LedgerProof& proof, http::Exchange& exchange) {
  std::string path = "tile/" + std::string(exchange.head().param("path"));
  if (is_tile_path(path)) return serve_file(proof, exchange, std::move(path), true);
  return http::answer_with(
      exchange, problem_of({Code::not_found, "log.no_file", "this is no tile's path", 0}, exchange.head().request_id));
}

http::Response key_of(const LedgerProof& proof) {
  http::Response response;
  response.content_type = kText;
  response.body = proof.key + '\n';
  return response;
}

}  // namespace

void add_log_routes(LedgerProof& proof, std::vector<http::Route>& routes) {
  routes.push_back({Method::get, "/log/checkpoint",
                    [&proof](http::Exchange& exchange) { return serve_file(proof, exchange, "checkpoint", false); }});
  routes.push_back({Method::get, "/log/key",
                    [&proof](http::Exchange& exchange) { return http::answer_with(exchange, key_of(proof)); }});
  routes.push_back(
      {Method::get, "/log/tile/{path...}", [&proof](http::Exchange& exchange) { return serve_tile(proof, exchange); }});
}

}  // namespace stoa::api
