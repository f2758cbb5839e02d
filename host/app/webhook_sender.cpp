// webhook_sender.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/webhook_sender.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "host/app/event_sources.hpp"
#include "licensing/outbox/webhook_signature.hpp"

namespace stoa::app {
namespace {

constexpr long kGone = 410;                   // "never again", says the receiver
constexpr std::uint64_t kUnwritten = 10'000;  // so much that nobody wants is read again after a crash

}  // namespace

WebhookSender::WebhookSender(Parts parts) : parts_(std::move(parts)), dice_(std::random_device{}()) {
  for (unsigned i = 0; i < parts_.threads; ++i) threads_.emplace_back([this] { run(); });
}

void WebhookSender::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

// The webhook that has waited longest to be looked at. False: none is due.
bool WebhookSender::take(licensing::Webhook& webhook) {
  auto all = parts_.outbox.webhooks();
  if (!all) {
    parts_.log.write(Level::error, "webhook.failed", {{"reason", all.error().reason}, {"why", all.error().message}});
    return false;
  }
  const std::int64_t now_ms = parts_.now_ms();
  const std::lock_guard lock(mutex_);
  licensing::Webhook* longest = nullptr;
  for (licensing::Webhook& one : *all) {
    if (!one.disabled_because.empty() || is_busy_[one.id.text] || look_ms_[one.id.text] > now_ms) continue;
    if (!longest || look_ms_[one.id.text] < look_ms_[longest->id.text]) longest = &one;
  }
  if (!longest) return false;
  is_busy_[longest->id.text] = true;
  webhook = std::move(*longest);
  return true;
}

void WebhookSender::run() {
  while (!is_stopped_) {
    licensing::Webhook webhook;
    if (take(webhook)) {
      const auto served = serve(webhook);
      if (!served && !is_stopped_)
        parts_.log.write(
            Level::error, "webhook.failed",
            {{"webhook", webhook.id.text}, {"reason", served.error().reason}, {"why", served.error().message}});
      const std::lock_guard lock(mutex_);
      is_busy_[webhook.id.text] = false;
      look_ms_[webhook.id.text] = parts_.now_ms() + parts_.look_every_ms;
      continue;
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(parts_.look_every_ms / 4 + 1),
                      [this] { return is_stopped_.load(); });
  }
}

Result<void> WebhookSender::serve(const licensing::Webhook& webhook) {
  for (const licensing::EventSource& source : parts_.sources) {
    Reached* reached = nullptr;
    {
      const std::lock_guard lock(mutex_);
      reached = &reached_[{webhook.id.text, source.name}];
    }
    if (reached->position == licensing::OutboxPosition{}) {
      const auto end = source.end();
      if (!end) return std::unexpected(end.error());
      const auto position = parts_.outbox.position(webhook.id.text, source.name, *end);
      if (!position) return std::unexpected(position.error());
      *reached = {*position, position->next};
    }
    for (bool goes_on = true; goes_on && !is_stopped_;) {
      const auto told = tell_next(webhook, source, *reached);
      if (!told) return std::unexpected(told.error());
      goes_on = *told;
    }
  }
  return {};
}

Result<bool> WebhookSender::tell_next(const licensing::Webhook& webhook, const licensing::EventSource& source,
                                      Reached& reached) {
  licensing::OutboxPosition& position = reached.position;
  if (position.due_ms > parts_.now_ms()) return false;
  auto reading = source.read(webhook, position.next, position.until);
  if (!reading) return std::unexpected(reading.error());
  if (reading->event) return send(webhook, source, reached, *reading);
  const bool has_moved = reading->next != position.next;
  position = {.next = reading->next};
  if (position.next - reached.written < kUnwritten) return has_moved;
  reached.written = position.next;
  auto moved = parts_.outbox.move(webhook.id.text, source.name, position);
  return moved ? Result<bool>(has_moved) : std::unexpected(moved.error());
}

Result<bool> WebhookSender::send(const licensing::Webhook& webhook, const licensing::EventSource& source,
                                 Reached& reached, const licensing::EventReading& reading) {
  licensing::OutboxPosition& position = reached.position;
  if (reading.is_batch && position.until == 0) {
    // Whatever comes in between, a second try has the same calls under the same id.
    position.until = reading.next;
    if (auto moved = parts_.outbox.move(webhook.id.text, source.name, position); !moved)
      return std::unexpected(moved.error());
  }
  licensing::Outbox::Attempt attempt{
      .source = source.name, .event = reading.event->id, .type = reading.event->type, .next = reading.next, .why = ""};
  const auto status = post(webhook, source.name, *reading.event);
  if (is_stopped_) return false;
  attempt.status = status.value_or(0);
  attempt.is_delivered = status && *status >= 200 && *status < 300;
  if (!attempt.is_delivered)
    attempt.why = status ? fmt::format("HTTP {}", *status) : status.error().reason + ": " + status.error().message;
  {
    const std::lock_guard lock(mutex_);
    attempt.dice = static_cast<std::uint32_t>(dice_() % 1'000);
  }
  const auto is_dead = parts_.outbox.note(webhook.id.text, position, attempt);
  if (!is_dead) return std::unexpected(is_dead.error());
  (attempt.is_delivered ? delivered_ : *is_dead ? dead_ : failed_).fetch_add(1, std::memory_order_relaxed);
  if (!attempt.is_delivered) log_failure(webhook, attempt, *is_dead);
  const auto now = parts_.outbox.position(webhook.id.text, source.name, reading.next);
  if (!now) return std::unexpected(now.error());
  reached = {*now, now->next};
  if (attempt.status != kGone) return attempt.is_delivered || *is_dead;
  if (auto disabled = parts_.outbox.disable(webhook.id.text, "its receiver answered 410 Gone"); !disabled)
    return std::unexpected(disabled.error());
  return false;
}

Result<long> WebhookSender::post(const licensing::Webhook& webhook, const std::string& source,
                                 const licensing::Happening& event) {
  client::WebhookMessage message{.url = webhook.url,
                                 .body = cloud_event(source, event),
                                 .content_type = "application/cloudevents+json",
                                 .fields = {}};
  const auto secrets = parts_.outbox.secrets(webhook.id.text);
  if (!secrets) return std::unexpected(secrets.error());
  const std::string id = source + '/' + event.id;
  const std::int64_t now_s = parts_.now_ms() / 1'000;
  auto signature = licensing::sign_webhook(*secrets, id, now_s, message.body);
  if (!signature) return std::unexpected(signature.error());
  message.fields = {
      {"webhook-id", id}, {"webhook-timestamp", std::to_string(now_s)}, {"webhook-signature", std::move(*signature)}};
  client::WebhookRules rules = parts_.rules;
  rules.is_stopped = [this] { return is_stopped_.load(); };
  return client::post_webhook(message, rules);
}

void WebhookSender::log_failure(const licensing::Webhook& webhook, const licensing::Outbox::Attempt& attempt,
                                bool is_dead) {
  parts_.log.write(
      is_dead ? Level::error : Level::warn, is_dead ? "webhook.dead" : "webhook.not_delivered",
      {{"webhook", webhook.id.text}, {"source", attempt.source}, {"event", attempt.event}, {"why", attempt.why}});
}

std::vector<api::HostGauge> WebhookSender::gauges() const {
  std::vector<api::HostGauge> gauges;
  const std::pair<const char*, const std::atomic<std::uint64_t>*> rows[] = {
      {"delivered", &delivered_}, {"failed", &failed_}, {"dead", &dead_}};
  for (const auto& [outcome, count] : rows)
    gauges.push_back({.name = "stoa_webhook_attempts_total",
                      .help = "messages to webhooks: delivered, failed and tried again, given up",
                      .value = static_cast<double>(count->load(std::memory_order_relaxed)),
                      .labels = {{"outcome", outcome}},
                      .is_counter = true});
  return gauges;
}

}  // namespace stoa::app
