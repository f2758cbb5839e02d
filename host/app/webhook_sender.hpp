// webhook_sender.hpp: the threads that tell webhooks what happened. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "host/api/metrics.hpp"
#include "host/app/log.hpp"
#include "host/client/webhook_post.hpp"
#include "licensing/outbox/event_source.hpp"
#include "licensing/outbox/outbox.hpp"

namespace stoa::app {

// One webhook is served by one thread at a time, one event after another: each source's order is kept, and a receiver
// that hangs holds up nobody else for longer than its own time-out, and itself until its next try.
class WebhookSender {
 public:
  struct Parts {
    licensing::Outbox& outbox;
    std::vector<licensing::EventSource> sources;
    client::WebhookRules rules;
    Log& log;
    std::function<std::int64_t()> now_ms;
    std::uint32_t look_every_ms = 1'000;  // for news, and so how long calls are gathered
    unsigned threads = 4;
  };
  explicit WebhookSender(Parts parts);  // what is referred to outlives this
  ~WebhookSender() { stop(); }
  WebhookSender(const WebhookSender&) = delete;
  WebhookSender& operator=(const WebhookSender&) = delete;

  // What is under way ends now, and is told again at the next start.
  void stop();
  std::vector<api::HostGauge> gauges() const;

 private:
  using Place = std::pair<std::string, std::string>;  // webhook and source
  struct Reached {
    licensing::OutboxPosition position;
    std::uint64_t written = 0;  // what of position.next is in the outbox
  };

  void run();
  bool take(licensing::Webhook& webhook);
  Result<void> serve(const licensing::Webhook& webhook);
  // False: there is nothing more to tell it now.
  Result<bool> tell_next(const licensing::Webhook& webhook, const licensing::EventSource& source, Reached& reached);
  Result<bool> send(const licensing::Webhook& webhook, const licensing::EventSource& source, Reached& reached,
                    const licensing::EventReading& reading);
  Result<long> post(const licensing::Webhook& webhook, const std::string& source, const licensing::Happening& event);
  void log_failure(const licensing::Webhook& webhook, const licensing::Outbox::Attempt& attempt, bool is_dead);

  const Parts parts_;
  std::atomic<bool> is_stopped_{false};
  std::atomic<std::uint64_t> delivered_{0}, failed_{0}, dead_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::int64_t> look_ms_;  // Lock: mutex_: when each webhook is looked at next
  std::map<std::string, bool> is_busy_;          // Lock: mutex_
  std::map<Place, Reached> reached_;             // Lock: mutex_ for the map; a row is its webhook's thread's
  std::minstd_rand dice_;                        // Lock: mutex_
  std::vector<std::thread> threads_;             // last: they use all of the above
};

}  // namespace stoa::app
