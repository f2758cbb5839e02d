// key_store.cpp: SQL of API keys. SPDX-License-Identifier: Apache-2.0
#include "licensing/book/key_store.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "licensing/book/lines.hpp"
#include "licensing/terms/key_width.hpp"
#include "registry/database/digest_column.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kKeyColumns =
    "id, customer, name, sha256, scopes, models, rate_calls, rate_window_ms, budget_meter, budget_amount, "
    "budget_period, created_ms, expires_ms, rotated_until_ms, successor, revoked_ms, revoked_because, first_id, "
    "made_by";

ApiKey key_of(const database::Rows& rows) {
  ApiKey key{.id = {std::string(rows.text(0))},
             .customer = {std::string(rows.text(1))},
             .name = std::string(rows.text(2)),
             .hash = registry::digest_in(rows, 3),
             .scopes = static_cast<Scopes>(rows.integer(4)),
             .models = lines_of(rows.text(5)),
             .rate = {},
             .budget = {},
             .created_ms = rows.integer(11),
             .expires_ms = rows.optional_integer(12),
             .rotated_until_ms = rows.optional_integer(13),
             .successor = {std::string(rows.text(14))},
             .first = {std::string(rows.text(17))},
             .made_by = {std::string(rows.text(18))},
             .revoked_ms = rows.optional_integer(15),
             .revoked_because = std::string(rows.text(16))};
  if (!rows.is_null(6))
    key.rate = {static_cast<std::uint64_t>(rows.integer(6)), static_cast<std::uint64_t>(rows.integer(7))};
  if (!rows.is_null(8))
    key.budget = {std::string(rows.text(8)), static_cast<std::uint64_t>(rows.integer(9)),
                  period_of(rows.text(10)).value_or(Period::none)};
  return key;
}

Result<std::vector<ApiKey>> all_keys(database::Rows rows) {
  std::vector<ApiKey> keys;
  while (rows.next()) keys.push_back(key_of(rows));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return keys;
}

Result<std::optional<ApiKey>> one_of(database::Rows rows) {
  std::optional<ApiKey> key;
  if (rows.next()) key = key_of(rows);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return key;
}

}  // namespace

Result<void> write_key(database::Connection& connection, const ApiKey& key, std::int64_t revision) {
  std::optional<std::uint64_t> calls, window_ms, amount;
  std::optional<std::string> meter, period;
  if (key.rate) calls = key.rate->calls, window_ms = key.rate->window_ms;
  if (key.budget) meter = key.budget->meter, amount = key.budget->amount, period = name_of(key.budget->period);
  return database::done(connection.run(
      "INSERT INTO api_keys VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
      "?19, ?20) "
      "ON CONFLICT(id) DO UPDATE SET sha256 = ?4, rotated_until_ms = ?14, successor = ?15, revoked_ms = ?16, "
      "revoked_because = ?17, changed = ?18",
      key.id.text, key.customer.text, key.name, key.hash, key.scopes, text_of(key.models), calls, window_ms, meter,
      amount, period, key.created_ms, key.expires_ms, key.rotated_until_ms, key.successor.text, key.revoked_ms,
      key.revoked_because, revision, first_of(key).text, key.made_by.text));
}

Result<ApiKey> read_key(database::Connection& connection, const ApiKeyId& id) {
  auto key = one_of(connection.query(fmt::format("SELECT {} FROM api_keys WHERE id = ?", kKeyColumns), id.text));
  if (!key) return std::unexpected(key.error());
  if (*key) return std::move(**key);
  return failure(Code::not_found, "key.not_found", fmt::format("there is no key '{}'", id.text.substr(0, 80)));
}

Result<std::optional<ApiKey>> read_key_of(database::Connection& connection, const Sha256& hash) {
  auto key = one_of(connection.query(fmt::format("SELECT {} FROM api_keys WHERE sha256 = ?", kKeyColumns), hash));
  if (key && *key && CRYPTO_memcmp((*key)->hash.data(), hash.data(), hash.size()) != 0) return std::nullopt;
  return key;
}

Result<std::optional<ApiKey>> read_key_named(database::Connection& connection, const CustomerId& customer,
                                             std::string_view name, std::int64_t at_ms) {
  return one_of(connection.query(
      fmt::format("SELECT {} FROM api_keys WHERE customer = ? AND name = ? AND revoked_ms IS NULL AND rotated_until_ms "
                  "IS NULL AND (expires_ms IS NULL OR expires_ms > ?)",
                  kKeyColumns),
      customer.text, name, at_ms));
}

Result<std::vector<ApiKey>> read_keys(database::Connection& connection, const CustomerId& customer, const Page& page) {
  return all_keys(connection.query(
      fmt::format("SELECT {} FROM api_keys WHERE customer = ? AND id > ? ORDER BY id LIMIT ?", kKeyColumns),
      customer.text, page.after, page.most));
}

Result<std::uint64_t> count_living_keys(database::Connection& connection, const CustomerId& customer,
                                        std::int64_t at_ms) {
  auto rows = connection.query(
      "SELECT count(*) FROM api_keys WHERE customer = ?1 AND revoked_ms IS NULL AND (rotated_until_ms IS NULL OR "
      "rotated_until_ms > ?2) AND (expires_ms IS NULL OR expires_ms > ?2)",
      customer.text, at_ms);
  const auto count = rows.next() ? static_cast<std::uint64_t>(rows.integer(0)) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return count;
}

Result<std::vector<ApiKey>> read_keys_since(database::Connection& connection, std::int64_t revision) {
  return all_keys(connection.query(fmt::format("SELECT {} FROM api_keys WHERE changed > ?", kKeyColumns), revision));
}

}  // namespace stoa::licensing
