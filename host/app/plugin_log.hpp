// plugin_log.hpp: lines of the runtime and of plugins, in the host's log. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <mutex>

#include "host/app/log.hpp"
#include "host/runtime/host_services.hpp"

namespace stoa::app {

// Lifetime: plugins may log until the process ends, so close() cuts the way to the log before that goes.
class PluginLog final : public runtime::LogSink {
 public:
  explicit PluginLog(Log& log) : log_(&log) {}
  void write(const runtime::LogLine& line) noexcept override;
  void close() noexcept;

 private:
  std::mutex mutex_;  // Lock: log_; held while a line is formatted, so close() returns only when no writer uses it
  Log* log_;
};

}  // namespace stoa::app
