// request_store.cpp: SQL of requests. SPDX-License-Identifier: Apache-2.0
#include "licensing/book/request_store.hpp"

#include <algorithm>

#include "registry/database/digest_column.hpp"

namespace stoa::licensing {
namespace {

constexpr std::int64_t kKeptMs = 86'400'000;
constexpr std::size_t kTokenBytesMax = 128;

}  // namespace

Result<std::optional<std::string>> find_request(database::Connection& connection, std::string_view actor,
                                                const RequestToken& request) {
  if (request.token.empty()) return std::nullopt;
  const auto is_shown = [](char c) { return c > 0x20 && c < 0x7f; };
  if (request.token.size() > kTokenBytesMax || !std::ranges::all_of(request.token, is_shown))
    return failure(Code::invalid_argument, "request.token",
                   "Idempotency-Key: want 1 to 128 printable characters without a space");
  auto rows =
      connection.query("SELECT body_sha256, subject FROM requests WHERE actor = ? AND token = ?", actor, request.token);
  std::optional<std::string> made;
  bool is_other = false;
  if (rows.next()) {
    is_other = registry::digest_in(rows, 0) != request.body;
    made = rows.text(1);
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  if (is_other)
    return failure(Code::failed_precondition, "request.token_reused",
                   "Idempotency-Key: was sent with another request before; take a new one for each");
  return made;
}

Result<void> write_request(database::Connection& connection, std::string_view actor, const RequestToken& request,
                           std::string_view made, std::int64_t now_ms) {
  if (request.token.empty()) return {};
  if (auto gone = connection.run("DELETE FROM requests WHERE made_ms < ?", now_ms - kKeptMs); !gone)
    return std::unexpected(gone.error());
  return database::done(
      connection.run("INSERT INTO requests VALUES(?, ?, ?, ?, ?)", actor, request.token, request.body, made, now_ms));
}

}  // namespace stoa::licensing
