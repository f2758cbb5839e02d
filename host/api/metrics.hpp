// metrics.hpp: what /metrics shows, and the counters that only the API can keep. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "host/api/plugin_metrics.hpp"
#include "host/http/server.hpp"
#include "host/inference/catalog.hpp"

namespace stoa::api {

// A number that somebody else keeps, as it is now.
struct HostGauge {
  std::string name, help;
  double value = 0;
  std::vector<std::pair<std::string, std::string>> labels = {};
  bool is_counter = false;
};

// Thread: any; recording is relaxed atomics, and where the route is not the one before, a shared lock and a look-up.
class Metrics {
 public:
  Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // For http::ServerConfig::on_exchange.
  void record_exchange(const http::ExchangeRecord& exchange);
  // For runtime::HostServices::metrics: plugins outlive nothing of it (see its lifetime).
  const std::shared_ptr<PluginMetrics>& plugins() const { return plugins_; }

  // Prometheus' text format, version 0.0.4. Its counters and the nv_* names that existing dashboards know.
  std::string render(const inference::Catalog& catalog, const http::ServerStatistics& server,
                     const std::vector<HostGauge>& others = {}) const;
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  static constexpr std::size_t kStatuses = 600;
  struct RouteSeries {
    http::Method method;
    std::string route;
    std::array<std::atomic<std::uint64_t>, kStatuses> by_status{};
    std::atomic<std::uint64_t> bytes_in{0}, bytes_out{0};
    inference::LatencyHistogram duration;
  };
  using Families = std::vector<prometheus::MetricFamily>;
  RouteSeries& route_series(const http::ExchangeRecord& exchange);
  void collect_routes(Families& families) const;

  // Lock: the map's structure; what it holds is atomic and stays where it is. Bounded by the routes there are.
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::unique_ptr<RouteSeries>, std::less<>> routes_;  // "POST /v2/models/{rest...}"
  std::atomic<RouteSeries*> latest_{nullptr};  // of the map: most requests go where the one before went
  std::shared_ptr<PluginMetrics> plugins_;
};

}  // namespace stoa::api
