// host_context.hpp: the host as one plugin sees it: stoa_host, and behind it the extensions' state.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "host/runtime/host_services.hpp"
#include "host/runtime/plugin_source.hpp"
#include "stoa/ext/metrics.h"

// What a plugin holds as stoa_metric*.
struct stoa_metric {
  stoa::runtime::MetricSeries* series = nullptr;
  stoa::runtime::MetricKind kind = stoa::runtime::MetricKind::counter;
};

namespace stoa::runtime {

// Lets through a burst, then so many a second; counts what it drops. Any thread.
class LineBudget {
 public:
  LineBudget(std::uint32_t per_s, std::uint32_t burst) : per_s_(per_s), burst_(burst), tokens_(burst) {}
  bool admit(std::uint64_t now_ns, std::uint64_t& dropped_before);  // dropped_before: since the last admitted line

 private:
  std::mutex mutex_;
  const double per_s_, burst_;
  double tokens_;
  std::uint64_t last_ns_ = 0, dropped_ = 0;
};

// Lifetime: from before init until the process ends, because a plugin's threads and the payloads it emitted may come
// back at any time. One per load of a plugin, never freed.
class HostContext {
 public:
  HostContext(std::string plugin_id, std::vector<AssetFile> assets, HostServices services);
  HostContext(const HostContext&) = delete;
  HostContext& operator=(const HostContext&) = delete;

  const stoa_host* abi() const { return &record_; }
  static HostContext& of(const stoa_host* host) { return *static_cast<HostContext*>(host->ctx); }

  const std::string plugin_id;
  const std::vector<AssetFile> assets;
  const HostServices services;

  LineBudget lines;
  std::atomic<std::uint64_t> output_bytes{0};

  std::mutex metrics_mutex;         // Lock: the two below
  std::deque<stoa_metric> metrics;  // a deque, because the plugin holds addresses
  std::map<std::tuple<MetricKind, std::string, std::string>, stoa_metric*> metric_by_key;

  void log(LogLevel level, std::string_view message) const;  // the host's own line about this plugin

 private:
  stoa_host record_{};
};

}  // namespace stoa::runtime
