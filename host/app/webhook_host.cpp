// webhook_host.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/webhook_host.hpp"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "host/app/event_sources.hpp"
#include "host/app/wall_clock.hpp"

namespace stoa::app {
namespace {

constexpr std::chrono::seconds kBudgetsEvery{10};
constexpr std::uint64_t kMarks[] = {80, 100};  // per cent

// No number of calls makes the product wrong.
bool has_reached(std::uint64_t used, std::uint64_t amount, std::uint64_t percent) {
  return static_cast<unsigned __int128>(used) * 100 >= static_cast<unsigned __int128>(amount) * percent;
}

}  // namespace

Result<std::unique_ptr<WebhookHost>> WebhookHost::open(Parts parts) {
  std::unique_ptr<WebhookHost> host(new WebhookHost(std::move(parts)));
  const Parts& p = host->parts_;
  auto outbox =
      licensing::Outbox::open({.file = p.config.folder / "outbox.db",
                               .now_ms = &unix_ms,
                               .may_be_plain = p.config.may_be_plain,
                               .retry = {.attempts_max = p.config.attempts_max, .first_ms = p.config.retry_first_ms}});
  if (!outbox) return std::unexpected(outbox.error());
  host->outbox_ = std::move(*outbox);
  if (p.ledger) host->sources_.push_back(ledger_source(*p.ledger));
  host->sources_.push_back(licensing_source(p.book));
  if (p.publishing) host->sources_.push_back(catalogue_source(*p.publishing));
  if (p.settlement) host->sources_.push_back(settlement_source(*p.settlement));
  host->sources_.push_back(notice_source(*host->outbox_));
  return host;
}

Result<std::vector<std::pair<std::string, std::uint64_t>>> WebhookHost::ends() const {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  for (const licensing::EventSource& source : sources_) {
    const auto end = source.end();
    if (!end) return std::unexpected(end.error());
    all.emplace_back(source.name, *end);
  }
  return all;
}

void WebhookHost::add_routes(api::LicensingApi& licensing, std::vector<http::Route>& operators) {
  api_ = std::unique_ptr<api::WebhookApi>(
      new api::WebhookApi{.licensing = licensing, .outbox = *outbox_, .ends = [this] { return ends(); }});
  api::add_webhook_routes(*api_, operators);
}

void WebhookHost::start() {
  sender_ = std::unique_ptr<WebhookSender>(
      new WebhookSender({.outbox = *outbox_,
                         .sources = sources_,
                         .rules = {.may_be_private = parts_.config.may_be_private,
                                   .may_be_plain = parts_.config.may_be_plain,
                                   .all_ms_max = static_cast<long>(parts_.config.answer_ms_max),
                                   .ca_file = parts_.config.ca_file.string()},
                         .log = parts_.log,
                         .now_ms = &unix_ms}));
  watching_ = std::thread([this] { watch_budgets(); });
}

void WebhookHost::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  stopped_.notify_all();
  if (watching_.joinable()) watching_.join();
  if (sender_) sender_->stop();
}

std::vector<api::HostGauge> WebhookHost::gauges() const {
  return sender_ ? sender_->gauges() : std::vector<api::HostGauge>();
}

void WebhookHost::watch_budgets() {
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, kBudgetsEvery, [this] { return is_stopped_; })) {
    lock.unlock();
    if (auto noted = note_budgets(); !noted)
      parts_.log.write(Level::error, "webhook.failed",
                       {{"reason", noted.error().reason}, {"why", noted.error().message}});
    lock.lock();
  }
}

// Each mark once in each period, whatever was before: it is the notice's key.
Result<void> WebhookHost::note_budgets() {
  const auto webhooks = outbox_->webhooks();
  if (!webhooks) return std::unexpected(webhooks.error());
  if (webhooks->empty()) return {};
  const auto holdings = parts_.book.holdings(0);
  if (!holdings) return std::unexpected(holdings.error());
  const std::int64_t now_ms = unix_ms();
  const auto note = [&](const std::string& holder, const std::string& customer, const licensing::Quota& quota,
                        const char* what) -> Result<void> {
    const std::uint64_t used = parts_.used(holder, quota);
    for (const std::uint64_t percent : kMarks) {
      if (!has_reached(used, quota.amount, percent)) continue;
      const std::int64_t began_ms = licensing::start_of_period(quota.period, now_ms);
      const nlohmann::ordered_json data{{what, holder},           {"customer", customer}, {"meter", quota.meter},
                                        {"amount", quota.amount}, {"used", used},         {"percent", percent}};
      auto noted = outbox_->notice({.key = fmt::format("budget/{}/{}/{}/{}", holder, quota.meter, began_ms, percent),
                                    .at_ms = now_ms,
                                    .type = "budget.reached",
                                    .subject = holder,
                                    .data = data.dump()});
      if (!noted) return noted;
    }
    return {};
  };
  for (const licensing::ApiKey& key : holdings->keys)
    if (key.budget)
      if (auto noted = note(key.id.text, key.customer.text, *key.budget, "key"); !noted) return noted;
  for (const licensing::HeldLicence& held : holdings->licences)
    for (const licensing::Quota& quota : held.licence.quotas)
      if (auto noted = note(held.licence.id.text, held.licence.subject.customer, quota, "licence"); !noted)
        return noted;
  return {};
}

}  // namespace stoa::app
