// publisher_store.cpp: SQL of publishers and keys. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/publisher_store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::registry {
namespace {

constexpr std::string_view kPublisherColumns =
    "name, display_name, state, held_because, bytes_max, created_ms, verified_ms";
constexpr std::string_view kKey =
    "publisher, public_key, role, valid_from_ms, valid_until_ms, revoked_from_ms, revoked_because, added_ms";

PublisherRecord publisher_in_row(const database::Rows& rows) {
  return {.name = std::string(rows.text(0)),
          .display_name = std::string(rows.text(1)),
          .state = std::string(rows.text(2)),
          .held_because = rows.optional_text(3),
          .bytes_max = static_cast<std::uint64_t>(rows.integer(4)),
          .created_ms = rows.integer(5),
          .verified_ms = rows.optional_integer(6)};
}

Result<PublisherKeyRecord> key_of(const database::Rows& rows) {
  Ed25519Point raw{};
  const auto bytes = rows.blob(1);
  if (bytes.size() != raw.size())
    return failure(Code::data_loss, "database.corrupt",
                   fmt::format("a key of '{}' has {} bytes", rows.text(0), bytes.size()));
  std::ranges::transform(bytes, raw.begin(), [](std::byte byte) { return static_cast<std::uint8_t>(byte); });
  auto key = PublicKey::from_raw(raw);
  if (!key) return std::unexpected(key.error());
  return PublisherKeyRecord{.publisher = std::string(rows.text(0)),
                            .key = std::move(*key),
                            .role = std::string(rows.text(2)),
                            .valid_from_ms = rows.integer(3),
                            .added_ms = rows.integer(7),
                            .valid_until_ms = rows.optional_integer(4),
                            .revoked_from_ms = rows.optional_integer(5),
                            .revoked_because = std::string(rows.text(6))};
}

}  // namespace

Result<void> insert_publisher(database::Connection& connection, const PublisherRecord& record,
                              const Sha256& token_hash) {
  auto known = read_publisher(connection, record.name);
  if (known)
    return failure(Code::already_exists, "publisher.exists",
                   fmt::format("name: there is a publisher '{}' already ({})", record.name, known->state));
  if (known.error().code != Code::not_found) return std::unexpected(known.error());
  return database::done(connection.run("INSERT INTO publishers VALUES(?, ?, ?, ?, ?, ?, ?, ?)", record.name,
                                       record.display_name, record.state, record.held_because, token_hash,
                                       record.bytes_max, record.created_ms, record.verified_ms));
}

Result<PublisherRecord> read_publisher(database::Connection& connection, std::string_view name) {
  auto rows = connection.query(fmt::format("SELECT {} FROM publishers WHERE name = ?", kPublisherColumns), name);
  if (rows.next()) return publisher_in_row(rows);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return failure(Code::not_found, "publisher.unknown", fmt::format("there is no publisher '{}'", name));
}

Result<std::vector<PublisherRecord>> read_publishers(database::Connection& connection) {
  std::vector<PublisherRecord> records;
  auto rows = connection.query(fmt::format("SELECT {} FROM publishers ORDER BY name", kPublisherColumns));
  while (rows.next()) records.push_back(publisher_in_row(rows));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return records;
}

Result<void> update_publisher(database::Connection& connection, const PublisherRecord& record) {
  return database::done(connection.run(
      "UPDATE publishers SET display_name = ?, state = ?, held_because = ?, bytes_max = ?, verified_ms = ? WHERE name "
      "= ?",
      record.display_name, record.state, record.held_because, record.bytes_max, record.verified_ms, record.name));
}

Result<void> update_publisher_token(database::Connection& connection, std::string_view name, const Sha256& token_hash) {
  return database::done(connection.run("UPDATE publishers SET token_sha256 = ? WHERE name = ?", token_hash, name));
}

Result<void> insert_key(database::Connection& connection, const PublisherKeyRecord& record) {
  auto known = read_key(connection, record.publisher, record.key.id());
  if (known)
    return failure(Code::already_exists, "key.exists",
                   fmt::format("publisher '{}' has the key {} already", record.publisher, record.key.id().hex));
  if (known.error().code != Code::not_found) return std::unexpected(known.error());
  return database::done(connection.run("INSERT INTO publisher_keys VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", record.publisher,
                                       record.key.id().hex, record.key.raw(), record.role, record.valid_from_ms,
                                       record.valid_until_ms, record.revoked_from_ms, record.revoked_because,
                                       record.added_ms));
}

namespace {

Result<std::vector<PublisherKeyRecord>> keys_of(database::Rows rows) {
  std::vector<PublisherKeyRecord> records;
  while (rows.next()) {
    auto key = key_of(rows);
    if (!key) return std::unexpected(key.error());
    records.push_back(std::move(*key));
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return records;
}

}  // namespace

Result<std::vector<PublisherKeyRecord>> read_keys(database::Connection& connection, std::string_view publisher) {
  return keys_of(connection.query(fmt::format("SELECT {} FROM publisher_keys {} ORDER BY publisher, added_ms, key_id",
                                              kKey, publisher.empty() ? "" : "WHERE publisher = ?1"),
                                  publisher));
}

Result<std::vector<PublisherKeyRecord>> read_keys_with(database::Connection& connection, const KeyId& id) {
  return keys_of(
      connection.query(fmt::format("SELECT {} FROM publisher_keys WHERE key_id = ? ORDER BY publisher", kKey), id.hex));
}

Result<PublisherKeyRecord> read_key(database::Connection& connection, std::string_view publisher, const KeyId& id) {
  auto rows = connection.query(fmt::format("SELECT {} FROM publisher_keys WHERE publisher = ? AND key_id = ?", kKey),
                               publisher, id.hex);
  if (rows.next()) return key_of(rows);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return failure(Code::not_found, "key.unknown", fmt::format("publisher '{}' has no key {}", publisher, id.hex));
}

Result<void> update_key(database::Connection& connection, const PublisherKeyRecord& record) {
  return database::done(connection.run(
      "UPDATE publisher_keys SET valid_until_ms = ?, revoked_from_ms = ?, revoked_because = ? WHERE publisher = ? AND "
      "key_id = ?",
      record.valid_until_ms, record.revoked_from_ms, record.revoked_because, record.publisher, record.key.id().hex));
}

}  // namespace stoa::registry
