// webhook_host.hpp: webhooks in this host: their file, their API, the logs they are told from, and who tells them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "host/api/licensing/webhook_routes.hpp"
#include "host/api/metrics.hpp"
#include "host/app/config.hpp"
#include "host/app/log.hpp"
#include "host/app/webhook_sender.hpp"
#include "licensing/book/book.hpp"
#include "licensing/journal/journal.hpp"
#include "licensing/outbox/event_source.hpp"
#include "licensing/outbox/outbox.hpp"
#include "registry/publishing/publishing.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

class WebhookHost {
 public:
  // What is referred to outlives it.
  struct Parts {
    const WebhooksConfig& config;
    Log& log;
    licensing::Book& book;
    registry::Publishing* publishing = nullptr;   // null: this host keeps no catalogue
    licensing::Journal* ledger = nullptr;         // null: calls cost nothing here
    licensing::Settlement* settlement = nullptr;  // the same
    // Of a quota, by the id of the licence or key; any thread.
    std::function<std::uint64_t(const std::string& holder, const licensing::Quota& quota)> used;
  };
  // Errors: those of Outbox::open.
  static Result<std::unique_ptr<WebhookHost>> open(Parts parts);
  ~WebhookHost() { stop(); }
  WebhookHost(const WebhookHost&) = delete;
  WebhookHost& operator=(const WebhookHost&) = delete;

  void add_routes(api::LicensingApi& licensing, std::vector<http::Route>& operators);
  void start();
  void stop();
  std::vector<api::HostGauge> gauges() const;
  licensing::Outbox& outbox() { return *outbox_; }

 private:
  explicit WebhookHost(Parts parts) : parts_(std::move(parts)) {}
  Result<std::vector<std::pair<std::string, std::uint64_t>>> ends() const;
  void watch_budgets();
  Result<void> note_budgets();

  const Parts parts_;
  std::unique_ptr<licensing::Outbox> outbox_;
  std::vector<licensing::EventSource> sources_;
  std::unique_ptr<api::WebhookApi> api_;
  std::unique_ptr<WebhookSender> sender_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool is_stopped_ = false;  // Lock: mutex_
  std::thread watching_;     // last
};

}  // namespace stoa::app
