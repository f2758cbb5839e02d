// plugin_metrics.hpp: the series plugins open through stoa.host.metrics/1, and the device memory they report.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "host/runtime/host_services.hpp"

namespace stoa::api {

// Thread: any. A series lives as long as this object (its address is the plugin's handle).
class PluginMetrics final : public runtime::MetricsSink {
 public:
  PluginMetrics();
  ~PluginMetrics() override;
  Result<runtime::MetricSeries*> open(std::string_view plugin, runtime::MetricKind kind, std::string_view name,
                                      std::string_view help, std::string_view labels_json) override;
  void report_memory(std::string_view plugin, DLDevice device, std::uint64_t bytes) noexcept override;

  void collect(std::vector<prometheus::MetricFamily>& families) const;

 private:
  class Series;
  struct Family {
    runtime::MetricKind kind;
    std::string help;
    std::map<std::vector<std::pair<std::string, std::string>>, std::unique_ptr<Series>> series;  // by its labels
  };
  mutable std::mutex mutex_;  // Lock: both maps; recording into a series takes none
  std::map<std::string, Family> families_;
  std::map<std::tuple<std::string, int, int>, std::uint64_t> memory_bytes_;  // plugin, device type, device id
};

}  // namespace stoa::api
