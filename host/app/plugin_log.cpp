// plugin_log.cpp: what a plugin says is marked as its own; its fields are taken only when they are a JSON object.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/plugin_log.hpp"

#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>

namespace stoa::app {
namespace {

Level level_of(runtime::LogLevel level) {
  switch (level) {
    case runtime::LogLevel::debug:
      return Level::debug;
    case runtime::LogLevel::info:
      return Level::info;
    case runtime::LogLevel::warn:
      return Level::warn;
    case runtime::LogLevel::error:
      return Level::error;
  }
  return Level::info;
}

bool is_object(std::string_view text) { return text.starts_with('{') && nlohmann::json::accept(text); }

}  // namespace

void PluginLog::write(const runtime::LogLine& line) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (log_ == nullptr) return;
    std::string one_line(line.fields_json);  // a line break inside the object would end the log's line
    for (char& c : one_line)
      if (c == '\n' || c == '\r') c = ' ';
    const bool has_fields = is_object(one_line);
    log_->write(level_of(line.level), line.is_from_plugin ? "plugin.says" : "plugin.host",
                {{"plugin", line.plugin},
                 {"model", line.model},
                 {"request", line.request_id},
                 {"message", line.message},
                 {"fields", RawJson{has_fields ? std::string_view(one_line) : std::string_view("{}")}}});
  } catch (const std::exception&) {
    // Out of memory while logging: the line is lost, the plugin goes on.
  }
}

void PluginLog::close() noexcept {
  const std::lock_guard lock(mutex_);
  log_ = nullptr;
}

}  // namespace stoa::app
