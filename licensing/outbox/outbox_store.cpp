// outbox_store.cpp: SQL of webhooks. SPDX-License-Identifier: Apache-2.0
#include "licensing/outbox/outbox_store.hpp"

namespace stoa::licensing {
namespace {

constexpr std::int64_t kDeliveriesKept = 1'000;
constexpr const char* kWebhookColumns = "id, owner, url, types, created_ms, disabled_because";

// One a line.
std::string lines_of(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& one : all) text.append(one).append(1, '\n');
  return text;
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> all;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    all.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return all;
}

Webhook webhook_in(const database::Rows& rows) {
  return {.id = {std::string(rows.text(0))},
          .owner = std::string(rows.text(1)),
          .url = std::string(rows.text(2)),
          .types = split_lines(rows.text(3)),
          .created_ms = rows.integer(4),
          .disabled_because = std::string(rows.text(5))};
}

}  // namespace

Result<void> make_outbox_tables(database::Connection& connection) {
  return connection.run_script(R"sql(
CREATE TABLE IF NOT EXISTS webhooks(
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, url TEXT NOT NULL, types TEXT NOT NULL, created_ms INTEGER NOT NULL,
  disabled_because TEXT NOT NULL, secret TEXT NOT NULL, old_secret TEXT NOT NULL, old_until_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS positions(
  webhook TEXT NOT NULL REFERENCES webhooks(id) ON DELETE CASCADE, source TEXT NOT NULL, next INTEGER NOT NULL,
  until INTEGER NOT NULL, attempts INTEGER NOT NULL, due_ms INTEGER NOT NULL, PRIMARY KEY(webhook, source)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries(
  number INTEGER PRIMARY KEY AUTOINCREMENT, webhook TEXT NOT NULL REFERENCES webhooks(id) ON DELETE CASCADE,
  event TEXT NOT NULL, type TEXT NOT NULL, at_ms INTEGER NOT NULL, attempt INTEGER NOT NULL, status INTEGER NOT NULL,
  outcome TEXT NOT NULL, why TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS deliveries_webhook ON deliveries(webhook, number);
CREATE TABLE IF NOT EXISTS notices(
  number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, at_ms INTEGER NOT NULL, type TEXT NOT NULL,
  subject TEXT NOT NULL, publisher TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS audit(
  line INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL,
  detail TEXT NOT NULL, before_sha256 BLOB NOT NULL, sha256 BLOB NOT NULL);
)sql");
}

Result<void> insert_webhook(database::Connection& connection, const Webhook& webhook, const SecretPair& secrets) {
  return database::done(connection.run("INSERT INTO webhooks VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", webhook.id.text,
                                       webhook.owner, webhook.url, lines_of(webhook.types), webhook.created_ms,
                                       webhook.disabled_because, secrets.secret, secrets.old_secret,
                                       secrets.old_until_ms));
}

Result<std::vector<Webhook>> read_webhooks(database::Connection& connection) {
  auto rows = connection.query(std::string("SELECT ") + kWebhookColumns + " FROM webhooks ORDER BY id");
  std::vector<Webhook> all;
  while (rows.next()) all.push_back(webhook_in(rows));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return all;
}

Result<std::optional<Webhook>> find_webhook(database::Connection& connection, std::string_view id) {
  auto rows = connection.query(std::string("SELECT ") + kWebhookColumns + " FROM webhooks WHERE id = ?", id);
  std::optional<Webhook> found;
  if (rows.next()) found = webhook_in(rows);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return found;
}

Result<SecretPair> read_secrets(database::Connection& connection, std::string_view id) {
  auto rows = connection.query("SELECT secret, old_secret, old_until_ms FROM webhooks WHERE id = ?", id);
  SecretPair secrets;
  if (rows.next()) secrets = {std::string(rows.text(0)), std::string(rows.text(1)), rows.integer(2)};
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return secrets;
}

Result<void> write_secrets(database::Connection& connection, std::string_view id, const SecretPair& secrets) {
  return database::done(connection.run("UPDATE webhooks SET secret = ?, old_secret = ?, old_until_ms = ? WHERE id = ?",
                                       secrets.secret, secrets.old_secret, secrets.old_until_ms, id));
}

Result<void> write_disabled(database::Connection& connection, std::string_view id, std::string_view because) {
  return database::done(connection.run("UPDATE webhooks SET disabled_because = ? WHERE id = ?", because, id));
}

Result<void> delete_webhook(database::Connection& connection, std::string_view id) {
  return database::done(connection.run("DELETE FROM webhooks WHERE id = ?", id));
}

Result<std::optional<OutboxPosition>> read_position(database::Connection& connection, std::string_view webhook,
                                                    std::string_view source) {
  auto rows = connection.query("SELECT next, until, attempts, due_ms FROM positions WHERE webhook = ? AND source = ?",
                               webhook, source);
  std::optional<OutboxPosition> found;
  if (rows.next())
    found = OutboxPosition{static_cast<std::uint64_t>(rows.integer(0)), static_cast<std::uint64_t>(rows.integer(1)),
                           static_cast<std::uint32_t>(rows.integer(2)), rows.integer(3)};
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return found;
}

Result<void> write_position(database::Connection& connection, std::string_view webhook, std::string_view source,
                            const OutboxPosition& position) {
  return database::done(connection.run("INSERT OR REPLACE INTO positions VALUES(?, ?, ?, ?, ?, ?)", webhook, source,
                                       position.next, position.until, position.attempts, position.due_ms));
}

Result<void> insert_delivery(database::Connection& connection, const Delivery& delivery) {
  auto kept = connection.run(
      "INSERT INTO deliveries(webhook, event, type, at_ms, attempt, status, outcome, why) VALUES(?, ?, ?, ?, ?, ?, ?, "
      "?)",
      delivery.webhook, delivery.event, delivery.type, delivery.at_ms, delivery.attempt, delivery.status,
      delivery.outcome, delivery.why);
  if (!kept) return std::unexpected(kept.error());
  return database::done(connection.run(
      "DELETE FROM deliveries WHERE webhook = ?1 AND outcome != 'dead' AND number <= (SELECT number FROM deliveries "
      "WHERE webhook = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
      delivery.webhook, kDeliveriesKept));
}

Result<std::vector<Delivery>> read_deliveries(database::Connection& connection, std::string_view webhook,
                                              std::int64_t before, std::size_t most) {
  auto rows = connection.query(
      "SELECT number, webhook, event, type, at_ms, attempt, status, outcome, why FROM deliveries WHERE webhook = ? AND "
      "number < ? ORDER BY number DESC LIMIT ?",
      webhook, before > 0 ? before : INT64_MAX, most);
  std::vector<Delivery> all;
  while (rows.next())
    all.push_back({rows.integer(0), std::string(rows.text(1)), std::string(rows.text(2)), std::string(rows.text(3)),
                   rows.integer(4), static_cast<std::uint32_t>(rows.integer(5)), static_cast<long>(rows.integer(6)),
                   std::string(rows.text(7)), std::string(rows.text(8))});
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return all;
}

Result<void> insert_notice(database::Connection& connection, const Notice& notice) {
  return database::done(connection.run(
      "INSERT OR IGNORE INTO notices(key, at_ms, type, subject, publisher, data) VALUES(?, ?, ?, ?, ?, ?)", notice.key,
      notice.at_ms, notice.type, notice.subject, notice.publisher, notice.data));
}

Result<std::vector<Notice>> read_notices(database::Connection& connection, std::int64_t from, std::size_t most) {
  auto rows = connection.query(
      "SELECT number, key, at_ms, type, subject, publisher, data FROM notices WHERE number >= ? ORDER BY number LIMIT "
      "?",
      from, most);
  std::vector<Notice> all;
  while (rows.next())
    all.push_back({rows.integer(0), std::string(rows.text(1)), rows.integer(2), std::string(rows.text(3)),
                   std::string(rows.text(4)), std::string(rows.text(5)), std::string(rows.text(6))});
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return all;
}

Result<std::int64_t> end_of_notices(database::Connection& connection) {
  auto rows = connection.query("SELECT coalesce(max(number), 0) + 1 FROM notices");
  const std::int64_t end = rows.next() ? rows.integer(0) : 1;
  if (auto read = rows.end(); !read) return std::unexpected(read.error());
  return end;
}

}  // namespace stoa::licensing
