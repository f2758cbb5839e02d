// outbox.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/outbox/outbox.hpp"

#include <fmt/format.h>

#include "licensing/outbox/webhook_signature.hpp"
#include "registry/document/lock_file.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kWebhooksMax = 200;  // each reads the logs by itself

std::unexpected<Error> unknown(std::string_view id) {
  return failure(Code::not_found, "webhook.unknown", fmt::format("webhook {}: there is none", id.substr(0, 64)));
}

std::string words_of(const std::vector<std::string>& types) {
  std::string words;
  for (const std::string& type : types) words += (words.empty() ? "" : " ") + type;
  return words;
}

}  // namespace

Result<std::unique_ptr<Outbox>> Outbox::open(OutboxOptions options) {
  if (auto made = registry::make_private_folder(options.file.parent_path()); !made)
    return std::unexpected(made.error());
  auto lock = registry::lock_file(options.file.string() + ".lock");
  if (!lock) return std::unexpected(lock.error());
  if (!*lock)
    return failure(Code::failed_precondition, "webhook.in_use",
                   options.file.string() + ": another process has these webhooks open");
  auto connection = database::Connection::open(options.file, database::Access::write);
  if (!connection) return std::unexpected(connection.error());
  if (auto made = make_outbox_tables(*connection); !made) return std::unexpected(made.error());
  return std::unique_ptr<Outbox>(new Outbox(std::move(options), std::move(**lock), std::move(*connection)));
}

// Lock: mutex_.
Result<Webhook> Outbox::owned(const WebhookActor& actor, std::string_view id) {
  auto found = find_webhook(connection_, id);
  if (!found) return std::unexpected(found.error());
  // Another's is as unknown as one that never was.
  if (!*found || (!actor.publisher.empty() && (*found)->owner != actor.publisher)) return unknown(id);
  return std::move(**found);
}

// Lock: mutex_.
template <class Change>
Result<void> Outbox::act(const WebhookActor& actor, std::string_view action, std::string_view subject,
                         std::string_view detail, const Change& change) {
  auto transaction = database::Transaction::begin(connection_);
  if (!transaction) return std::unexpected(transaction.error());
  if (Result<void> changed = change(); !changed) return changed;
  auto line = registry::append_audit(connection_, options_.now_ms(), actor.name, action, subject, detail);
  if (!line) return std::unexpected(line.error());
  return transaction->commit();
}

Result<Outbox::Shown> Outbox::create(const WebhookActor& actor, std::string url, std::vector<std::string> types,
                                     std::span<const std::pair<std::string, std::uint64_t>> ends) {
  const std::int64_t now_ms = options_.now_ms();
  Shown shown{.webhook = {.id = registry::new_id<WebhookTag>(now_ms),
                          .owner = actor.publisher,
                          .url = std::move(url),
                          .types = std::move(types),
                          .created_ms = now_ms},
              .secret = new_webhook_secret()};
  if (auto good = check_webhook(shown.webhook, options_.may_be_plain); !good) return std::unexpected(good.error());
  const std::lock_guard lock(mutex_);
  const auto all = read_webhooks(connection_);
  if (!all) return std::unexpected(all.error());
  if (all->size() >= kWebhooksMax)
    return failure(Code::resource_exhausted, "webhook.too_many",
                   fmt::format("there are {} webhooks, which is as many as there may be", all->size()));
  auto done = act(actor, "webhook.create", shown.webhook.id.text,
                  fmt::format("{} to {}", words_of(shown.webhook.types), shown.webhook.url), [&]() -> Result<void> {
                    if (auto kept = insert_webhook(connection_, shown.webhook, {shown.secret, "", 0}); !kept)
                      return kept;
                    for (const auto& [source, end] : ends)
                      if (auto kept = write_position(connection_, shown.webhook.id.text, source, {.next = end}); !kept)
                        return kept;
                    return {};
                  });
  return done ? Result<Shown>(std::move(shown)) : std::unexpected(done.error());
}

Result<Outbox::Shown> Outbox::rotate(const WebhookActor& actor, std::string_view id, std::int64_t overlap_ms) {
  const std::lock_guard lock(mutex_);
  auto webhook = owned(actor, id);
  if (!webhook) return std::unexpected(webhook.error());
  const auto before = read_secrets(connection_, id);
  if (!before) return std::unexpected(before.error());
  Shown shown{std::move(*webhook), new_webhook_secret()};
  auto done = act(
      actor, "webhook.rotate", id, fmt::format("the old secret signs for {} s more", overlap_ms / 1'000),
      [&] { return write_secrets(connection_, id, {shown.secret, before->secret, options_.now_ms() + overlap_ms}); });
  return done ? Result<Shown>(std::move(shown)) : std::unexpected(done.error());
}

Result<Webhook> Outbox::enable(const WebhookActor& actor, std::string_view id) {
  const std::lock_guard lock(mutex_);
  auto webhook = owned(actor, id);
  if (!webhook) return webhook;
  auto done =
      act(actor, "webhook.enable", id, webhook->disabled_because, [&] { return write_disabled(connection_, id, ""); });
  if (!done) return std::unexpected(done.error());
  webhook->disabled_because.clear();
  return webhook;
}

Result<void> Outbox::remove(const WebhookActor& actor, std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto webhook = owned(actor, id);
  if (!webhook) return std::unexpected(webhook.error());
  return act(actor, "webhook.remove", id, webhook->url, [&] { return delete_webhook(connection_, id); });
}

Result<void> Outbox::test(const WebhookActor& actor, std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto webhook = owned(actor, id);
  if (!webhook) return std::unexpected(webhook.error());
  const std::int64_t now_ms = options_.now_ms();
  const Notice notice{.key = "test/" + registry::new_id_text("tst", now_ms),
                      .at_ms = now_ms,
                      .type = "webhook.test",
                      .subject = std::string(id),
                      .publisher = webhook->owner,
                      .data = "{}"};
  return act(actor, "webhook.test", id, "", [&] { return insert_notice(connection_, notice); });
}

Result<std::vector<Webhook>> Outbox::list(const WebhookActor& actor) {
  auto all = webhooks();
  if (all && !actor.publisher.empty())
    std::erase_if(*all, [&](const Webhook& one) { return one.owner != actor.publisher; });
  return all;
}

Result<Webhook> Outbox::one(const WebhookActor& actor, std::string_view id) {
  const std::lock_guard lock(mutex_);
  return owned(actor, id);
}

Result<std::vector<Delivery>> Outbox::deliveries(const WebhookActor& actor, std::string_view id, std::int64_t before,
                                                 std::size_t most) {
  const std::lock_guard lock(mutex_);
  if (auto webhook = owned(actor, id); !webhook) return std::unexpected(webhook.error());
  return read_deliveries(connection_, id, before, most);
}

Result<std::vector<Webhook>> Outbox::webhooks() {
  const std::lock_guard lock(mutex_);
  return read_webhooks(connection_);
}

Result<std::vector<std::string>> Outbox::secrets(std::string_view id) {
  const std::lock_guard lock(mutex_);
  auto pair = read_secrets(connection_, id);
  if (!pair) return std::unexpected(pair.error());
  std::vector<std::string> all{std::move(pair->secret)};
  if (!pair->old_secret.empty() && options_.now_ms() < pair->old_until_ms) all.push_back(std::move(pair->old_secret));
  return all;
}

Result<OutboxPosition> Outbox::position(std::string_view id, std::string_view source, std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  const auto known = read_position(connection_, id, source);
  if (!known) return std::unexpected(known.error());
  if (*known) return **known;
  const OutboxPosition begun{.next = end};
  auto written = write_position(connection_, id, source, begun);
  return written ? Result<OutboxPosition>(begun) : std::unexpected(written.error());
}

Result<void> Outbox::move(std::string_view id, std::string_view source, const OutboxPosition& position) {
  const std::lock_guard lock(mutex_);
  return write_position(connection_, id, source, position);
}

Result<bool> Outbox::note(std::string_view id, const OutboxPosition& position, const Attempt& attempt) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ms = options_.now_ms();
  const std::uint32_t attempts = position.attempts + 1;
  const bool is_dead = !attempt.is_delivered && attempts >= options_.retry.attempts_max;
  OutboxPosition reached{.next = attempt.next};
  if (!attempt.is_delivered && !is_dead) {
    reached = position;
    reached.attempts = attempts;
    reached.due_ms = now_ms + retry_after_ms(options_.retry, attempts, attempt.dice);
  }
  auto transaction = database::Transaction::begin(connection_);
  if (!transaction) return std::unexpected(transaction.error());
  // Removed meanwhile: there is nothing to note.
  const auto webhook = find_webhook(connection_, id);
  if (!webhook) return std::unexpected(webhook.error());
  if (!*webhook) return false;
  if (auto written = write_position(connection_, id, attempt.source, reached); !written)
    return std::unexpected(written.error());
  auto noted = insert_delivery(connection_, {.webhook = std::string(id),
                                             .event = attempt.event,
                                             .type = attempt.type,
                                             .at_ms = now_ms,
                                             .attempt = attempts,
                                             .status = attempt.status,
                                             .outcome = attempt.is_delivered ? "delivered"
                                                        : is_dead            ? "dead"
                                                                             : "failed",
                                             .why = attempt.why});
  if (!noted) return std::unexpected(noted.error());
  if (auto kept = transaction->commit(); !kept) return std::unexpected(kept.error());
  return is_dead;
}

Result<void> Outbox::disable(std::string_view id, std::string_view because) {
  const std::lock_guard lock(mutex_);
  return act({.name = "platform", .publisher = {}}, "webhook.disable", id, because,
             [&] { return write_disabled(connection_, id, because); });
}

Result<void> Outbox::notice(const Notice& notice) {
  const std::lock_guard lock(mutex_);
  return insert_notice(connection_, notice);
}

Result<std::vector<Notice>> Outbox::notices(std::uint64_t from, std::size_t most) {
  const std::lock_guard lock(mutex_);
  return read_notices(connection_, static_cast<std::int64_t>(from), most);
}

Result<std::uint64_t> Outbox::notices_end() {
  const std::lock_guard lock(mutex_);
  const auto end = end_of_notices(connection_);
  return end ? Result<std::uint64_t>(static_cast<std::uint64_t>(*end)) : std::unexpected(end.error());
}

}  // namespace stoa::licensing
