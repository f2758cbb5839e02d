// outbox.hpp: webhooks as acts of their owners, and how far each has been told.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "licensing/outbox/outbox_store.hpp"
#include "licensing/outbox/webhook.hpp"
#include "registry/audit/audit_store.hpp"
#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

struct OutboxOptions {
  std::filesystem::path file;
  std::function<std::int64_t()> now_ms;
  bool may_be_plain = false;  // http:// is taken, too
  RetryRule retry = {};
};

// Who acts: an operator, or a publisher on what is its own. Roles are decided where operators are known.
struct WebhookActor {
  std::string name;       // "operator:alice", "publisher:acme"
  std::string publisher;  // its namespace; empty: an operator
};

// Threads: any.
// Rationale: events lie in the logs that they are of (journal, audit logs), and here is only how far each webhook has
// been told: nothing can be in one and not in the other. Told is at least once: what was delivered and not noted before
// a crash is sent again, under the same id.
class Outbox {
 public:
  // Errors: file.*, database.*; failed_precondition "webhook.in_use".
  static Result<std::unique_ptr<Outbox>> open(OutboxOptions options);

  // -- acts, each with its line of the audit log. Errors: not_found "webhook.unknown"; those of check_webhook --
  struct Shown {
    Webhook webhook;
    std::string secret;  // never again
  };
  // ends: of each source, where the webhook begins.
  Result<Shown> create(const WebhookActor& actor, std::string url, std::vector<std::string> types,
                       std::span<const std::pair<std::string, std::uint64_t>> ends);
  // Both secrets sign until overlap_ms from now.
  Result<Shown> rotate(const WebhookActor& actor, std::string_view id, std::int64_t overlap_ms);
  Result<Webhook> enable(const WebhookActor& actor, std::string_view id);
  Result<void> remove(const WebhookActor& actor, std::string_view id);
  // An event for it alone.
  Result<void> test(const WebhookActor& actor, std::string_view id);
  Result<std::vector<Webhook>> list(const WebhookActor& actor);
  Result<Webhook> one(const WebhookActor& actor, std::string_view id);
  Result<std::vector<Delivery>> deliveries(const WebhookActor& actor, std::string_view id, std::int64_t before,
                                           std::size_t most);

  // -- the sender's --
  Result<std::vector<Webhook>> webhooks();
  // Those that sign now.
  Result<std::vector<std::string>> secrets(std::string_view id);
  // end: where it begins if nothing is known of it and the source.
  Result<OutboxPosition> position(std::string_view id, std::string_view source, std::uint64_t end);
  // What was read and is of no interest; what is about to be sent.
  Result<void> move(std::string_view id, std::string_view source, const OutboxPosition& position);
  // After an attempt; next: what comes after the event. A failure is tried again by the rule, and given up after it.
  // True: it is a dead letter.
  struct Attempt {
    std::string source, event, type;
    std::uint64_t next = 0;
    long status = 0;
    bool is_delivered = false;
    std::string why;
    std::uint32_t dice = 0;
  };
  Result<bool> note(std::string_view id, const OutboxPosition& position, const Attempt& attempt);
  // Its receiver said that it is gone for good.
  Result<void> disable(std::string_view id, std::string_view because);

  // Once for each key.
  Result<void> notice(const Notice& notice);
  Result<std::vector<Notice>> notices(std::uint64_t from, std::size_t most);
  Result<std::uint64_t> notices_end();

 private:
  Outbox(OutboxOptions options, registry::File lock, database::Connection connection)
      : options_(std::move(options)), lock_(std::move(lock)), connection_(std::move(connection)) {}

  Result<Webhook> owned(const WebhookActor& actor, std::string_view id);
  template <class Change>
  Result<void> act(const WebhookActor& actor, std::string_view action, std::string_view subject,
                   std::string_view detail, const Change& change);

  const OutboxOptions options_;
  const registry::File lock_;
  std::mutex mutex_;
  database::Connection connection_;  // Lock: mutex_
};

}  // namespace stoa::licensing
