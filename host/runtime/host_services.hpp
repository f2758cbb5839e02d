// host_services.hpp: what the composition root lends the runtime: where lines and figures go, who decides on licences.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

#include "host/thread/monotonic.hpp"
#include "host/thread/ready_loop.hpp"
#include "stoa/result.hpp"
#include "stoa/stoa.h"

namespace stoa::runtime {

// The numbers are ext/log.h's; a plugin's level is rounded down to one of them.
enum class LogLevel : std::uint8_t { debug = 10, info = 20, warn = 30, error = 40 };

// Views, for the call only. All text is UTF-8 without control characters, except that fields_json is passed as given.
struct LogLine {
  LogLevel level = LogLevel::info;
  std::string_view plugin, model;  // "publisher/plugin", "publisher/model" or empty
  std::uint64_t request_id = 0;    // 0: about no request
  std::string_view message;
  std::string_view fields_json;  // an object or empty, not checked: at most 4 KiB
  bool is_from_plugin = false;
};

class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(const LogLine& line) noexcept = 0;  // any thread, at once; copies what it keeps
};

enum class MetricKind : std::uint8_t { counter = 1, gauge = 2, histogram = 3 };

class MetricSeries {
 public:
  virtual void record(double value) noexcept = 0;  // any thread; never NaN, never negative for a counter

 protected:
  ~MetricSeries() = default;
};

class MetricsSink {
 public:
  virtual ~MetricsSink() = default;
  // A series stoa_plugin_<name>{plugin="…", …labels}; it lives as long as the sink. name is checked, labels_json is
  // not: it must be an object of at most 4 string values, or empty. invalid_argument otherwise. Any thread.
  virtual Result<MetricSeries*> open(std::string_view plugin, MetricKind kind, std::string_view name,
                                     std::string_view help, std::string_view labels_json) = 0;
  // The bytes a plugin says it holds on a device (DLPack's numbers). Replaces the last report. Any thread.
  virtual void report_memory(std::string_view plugin, DLDevice device, std::uint64_t bytes) noexcept = 0;
};

struct EntitlementQuery {
  std::string_view plugin, model, tenant, feature;  // model: empty where the call does not say
  std::uint64_t request_id = 0;
  std::uint64_t licence = 0;  // of the tenant's the one that admitted the call, as CallSpec has it; 0: none
};
struct Grant {
  std::int64_t expires_unix_s = 0;  // 0: does not expire
  std::int64_t limit = -1;          // -1: without limit
};

// Where the memory extension's blocks come from instead of the heap: a worker's arena.
class OutputPool {
 public:
  virtual ~OutputPool() = default;
  virtual void* take(std::uint64_t bytes) noexcept = 0;  // 64-byte aligned; null: none left. Any thread
  virtual void give(void* block) noexcept = 0;           // what take returned, once. Any thread
};

using Digest = std::array<std::uint8_t, 32>;

// Lifetime: copied into every loaded plugin's context, which is never freed (ADR 0003): a plugin's thread may log until
// the process ends. Hence shared_ptr.
struct HostServices {
  std::shared_ptr<LogSink> log;          // not null
  std::shared_ptr<MetricsSink> metrics;  // null: plugins get no metrics extension
  // From memory, prompt, any thread. Empty: every feature is refused with "licence.none".
  std::function<Result<Grant>(const EntitlementQuery&)> entitlement;
  std::function<Digest(std::string_view)> sha256;  // not empty; the runtime has no cryptography of its own
  std::function<std::uint64_t()> now_ns = &thread::monotonic_ns;  // for rates; deadlines are CLOCK_MONOTONIC by the ABI
  // I/O threads that may run inline models beside the model threads; 0: inline models are not trusted.
  std::uint32_t inline_threads = 0;
  std::shared_ptr<OutputPool> output_pool;      // null: the heap
  std::stop_token stop;                         // requested: nobody waits for a load any more
  std::shared_ptr<thread::ReadyLoop> loop;      // takes in the answers of workers; null: their supervisors do
  std::uint64_t output_bytes_max = 1ull << 30;  // memory a plugin may have out of the host's pools at once
  std::uint32_t metric_series_max = 64;         // per plugin
  std::uint32_t log_lines_per_s = 100, log_lines_burst = 200;  // per plugin
};

}  // namespace stoa::runtime
