// operator_store.cpp: SQL of operators and tokens. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/operator_store.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "registry/database/digest_column.hpp"

namespace stoa::registry {

Result<void> insert_operator(database::Connection& connection, const OperatorRecord& record, const Sha256& token_hash) {
  auto known = connection.query("SELECT revoked_ms FROM operators WHERE name = ?", record.name);
  const bool is_known = known.next();
  if (auto end = known.end(); !end) return end;
  if (is_known)
    return failure(
        Code::already_exists, "operator.exists",
        fmt::format("name: there is an operator '{}' already (a revoked name is not given again)", record.name));
  return database::done(connection.run("INSERT INTO operators VALUES(?, ?, ?, ?, ?, NULL)", record.id.text, record.name,
                                       name_of(record.role), token_hash, record.created_ms));
}

Result<void> revoke_operator_row(database::Connection& connection, std::string_view name, std::int64_t now_ms) {
  auto known = connection.query("SELECT revoked_ms FROM operators WHERE name = ?", name);
  const bool is_known = known.next();
  const bool is_revoked = is_known && !known.is_null(0);
  if (auto end = known.end(); !end) return end;
  if (!is_known) return failure(Code::not_found, "operator.unknown", fmt::format("there is no operator '{}'", name));
  if (is_revoked)
    return failure(Code::failed_precondition, "operator.revoked",
                   fmt::format("operator '{}' is revoked already", name));
  return database::done(connection.run("UPDATE operators SET revoked_ms = ? WHERE name = ?", now_ms, name));
}

Result<std::vector<OperatorRecord>> read_operators(database::Connection& connection) {
  std::vector<OperatorRecord> records;
  auto rows = connection.query("SELECT id, name, role, created_ms, revoked_ms FROM operators ORDER BY name");
  while (rows.next())
    records.push_back({.id = {std::string(rows.text(0))},
                       .name = std::string(rows.text(1)),
                       .role = role_of(rows.text(2)).value_or(Role::auditor),
                       .created_ms = rows.integer(3),
                       .revoked_ms = rows.optional_integer(4)});
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return records;
}

Result<std::optional<Actor>> read_actor(database::Connection& connection, const Sha256& token_hash) {
  std::optional<Actor> actor;
  const auto is_it = [&](const database::Rows& rows) {
    const Sha256 stored = digest_in(rows, 0);
    return CRYPTO_memcmp(stored.data(), token_hash.data(), stored.size()) == 0;
  };
  auto operators = connection.query(
      "SELECT token_sha256, name, role FROM operators WHERE token_sha256 = ? AND revoked_ms IS NULL", token_hash);
  if (operators.next() && is_it(operators))
    actor = Actor{Actor::Kind::operators, std::string(operators.text(1)),
                  role_of(operators.text(2)).value_or(Role::auditor)};
  if (auto end = operators.end(); !end) return std::unexpected(end.error());
  if (actor) return actor;
  auto publishers = connection.query(
      "SELECT token_sha256, name FROM publishers WHERE token_sha256 = ? AND state <> 'closed'", token_hash);
  if (publishers.next() && is_it(publishers))
    actor = Actor{Actor::Kind::publisher, std::string(publishers.text(1)), Role::auditor};
  if (auto end = publishers.end(); !end) return std::unexpected(end.error());
  return actor;
}

}  // namespace stoa::registry
