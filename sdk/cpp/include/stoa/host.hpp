// host.hpp: what the host offers a plugin: log, metrics, entitlements, and the tables the rest of this layer uses.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_HOST_HPP
#define STOA_HOST_HPP
#include <cstdint>
#include <optional>
#include <string_view>

#include "stoa/ext/assets.h"
#include "stoa/ext/entitlement.h"
#include "stoa/ext/log.h"
#include "stoa/ext/memory.h"
#include "stoa/ext/meter.h"
#include "stoa/ext/metrics.h"
#include "stoa/failure.hpp"

namespace stoa {
namespace detail {

// Filled in by init, before any other author code runs, and constant until deinit. A table is null where the host has
// none.
struct HostTables {
  const stoa_host* host = nullptr;
  const stoa_host_log* log = nullptr;
  const stoa_host_metrics* metrics = nullptr;
  const stoa_host_memory* memory = nullptr;
  const stoa_host_assets* assets = nullptr;
  const stoa_host_meter* meter = nullptr;
  const stoa_host_entitlement* entitlement = nullptr;
};
inline HostTables host_tables;  // hidden in each plugin by its version script

inline void find_host_tables(const stoa_host* host) noexcept {
  auto table = [host](const char* id) { return host->get_extension(host, id); };
  host_tables.host = host;
  host_tables.log = static_cast<const stoa_host_log*>(table(STOA_EXT_HOST_LOG));
  host_tables.metrics = static_cast<const stoa_host_metrics*>(table(STOA_EXT_HOST_METRICS));
  host_tables.memory = static_cast<const stoa_host_memory*>(table(STOA_EXT_HOST_MEMORY));
  host_tables.assets = static_cast<const stoa_host_assets*>(table(STOA_EXT_HOST_ASSETS));
  host_tables.meter = static_cast<const stoa_host_meter*>(table(STOA_EXT_HOST_METER));
  host_tables.entitlement = static_cast<const stoa_host_entitlement*>(table(STOA_EXT_HOST_ENTITLEMENT));
}

inline void write_log(std::int32_t level, const stoa_request* request, std::string_view message,
                      std::string_view fields_json) noexcept {
  const HostTables& host = host_tables;
  if (host.log != nullptr) host.log->log(host.host, level, request, str_of(message), str_of(fields_json));
}

}  // namespace detail

enum class LogLevel : std::int32_t {
  debug = STOA_LOG_DEBUG,
  info = STOA_LOG_INFO,
  warn = STOA_LOG_WARN,
  error = STOA_LOG_ERROR,
};

// One line in the host's log; fields_json is an object or empty. Never log payloads. Any thread.
inline void log(LogLevel level, std::string_view message, std::string_view fields_json = {}) noexcept {
  detail::write_log(static_cast<std::int32_t>(level), nullptr, message, fields_json);
}

// Bytes the model holds on a device (weights, caches); replaces the last report. Any thread.
inline void report_memory(DLDevice device, std::uint64_t bytes_in_use) noexcept {
  const detail::HostTables& host = detail::host_tables;
  if (host.memory != nullptr) host.memory->report(host.host, device, bytes_in_use);
}

// A series on the host's /metrics, named stoa_plugin_<name>. Copies are the same series. Without a host that has
// metrics, recording does nothing. Any thread.
class Metric {
 public:
  void record(double value) const noexcept {
    if (metric_ != nullptr) detail::host_tables.metrics->record(metric_, value);
  }

 private:
  explicit Metric(stoa_metric* metric) : metric_(metric) {}
  friend Metric open_metric(std::int32_t, std::string_view, std::string_view, std::string_view);
  stoa_metric* metric_;
};

inline Metric open_metric(std::int32_t kind, std::string_view name, std::string_view help,
                          std::string_view labels_json) {
  const detail::HostTables& host = detail::host_tables;
  if (host.metrics == nullptr) return Metric(nullptr);
  stoa_error err = detail::empty_error();
  stoa_metric* metric = host.metrics->open(host.host, kind, str_of(name), str_of(help), str_of(labels_json), &err);
  if (metric == nullptr) detail::throw_error(err.code != STOA_OK ? err.code : STOA_INTERNAL, err, "plugin.metric");
  return Metric(metric);
}

// record(n) adds n >= 0.
inline Metric counter(std::string_view name, std::string_view help, std::string_view labels_json = {}) {
  return open_metric(STOA_METRIC_COUNTER, name, help, labels_json);
}
// record(v) sets v.
inline Metric gauge(std::string_view name, std::string_view help, std::string_view labels_json = {}) {
  return open_metric(STOA_METRIC_GAUGE, name, help, labels_json);
}
// record(v) observes v.
inline Metric histogram(std::string_view name, std::string_view help, std::string_view labels_json = {}) {
  return open_metric(STOA_METRIC_HISTOGRAM, name, help, labels_json);
}

}  // namespace stoa
#endif
