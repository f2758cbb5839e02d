// outbox_store.hpp: webhooks, how far each has been told, and what could not be told, in one SQLite file.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/outbox/webhook.hpp"
#include "registry/database/sqlite_store.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// How far a webhook has been told of a source.
struct OutboxPosition {
  std::uint64_t next = 0;   // what is read next
  std::uint64_t until = 0;  // what is under way ends before this: the same events again after a crash; 0: nothing is
  std::uint32_t attempts = 0;
  std::int64_t due_ms = 0;  // not before
  friend bool operator==(const OutboxPosition&, const OutboxPosition&) = default;
};

// One attempt.
struct Delivery {
  std::int64_t number = 0;
  std::string webhook, event, type;  // event: its id
  std::int64_t at_ms = 0;
  std::uint32_t attempt = 0;
  long status = 0;      // of the answer; 0: none came
  std::string outcome;  // delivered, failed, dead
  std::string why;
  friend bool operator==(const Delivery&, const Delivery&) = default;
};

struct SecretPair {
  std::string secret;
  std::string old_secret;  // empty: none
  std::int64_t old_until_ms = 0;
};

Result<void> make_outbox_tables(database::Connection& connection);

Result<void> insert_webhook(database::Connection& connection, const Webhook& webhook, const SecretPair& secrets);
Result<std::vector<Webhook>> read_webhooks(database::Connection& connection);
Result<std::optional<Webhook>> find_webhook(database::Connection& connection, std::string_view id);
Result<SecretPair> read_secrets(database::Connection& connection, std::string_view id);
Result<void> write_secrets(database::Connection& connection, std::string_view id, const SecretPair& secrets);
Result<void> write_disabled(database::Connection& connection, std::string_view id, std::string_view because);
// With all that is known of it.
Result<void> delete_webhook(database::Connection& connection, std::string_view id);

Result<std::optional<OutboxPosition>> read_position(database::Connection& connection, std::string_view webhook,
                                                    std::string_view source);
Result<void> write_position(database::Connection& connection, std::string_view webhook, std::string_view source,
                            const OutboxPosition& position);

// Keeps the newest of each webhook, and every dead letter.
Result<void> insert_delivery(database::Connection& connection, const Delivery& delivery);
// The newest first.
Result<std::vector<Delivery>> read_deliveries(database::Connection& connection, std::string_view webhook,
                                              std::int64_t before, std::size_t most);

// What has no log of its own elsewhere: said once under its key.
struct Notice {
  std::int64_t number = 0;
  std::string key = {};
  std::int64_t at_ms = 0;
  std::string type = {}, subject = {}, publisher = {}, data = {};
};
Result<void> insert_notice(database::Connection& connection, const Notice& notice);
Result<std::vector<Notice>> read_notices(database::Connection& connection, std::int64_t from, std::size_t most);
Result<std::int64_t> end_of_notices(database::Connection& connection);

}  // namespace stoa::licensing
