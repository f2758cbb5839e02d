// log.cpp: stoa.host.log/1: a plugin's lines, at a bounded rate, made safe to print.
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "host/runtime/extensions/extensions.hpp"
#include "host/runtime/host_context.hpp"
#include "host/runtime/utf8.hpp"

namespace stoa::runtime::extensions {
namespace {

constexpr std::size_t kMessageBytesMax = 8192, kFieldsBytesMax = 4096;  // a line, not a document

LogLevel level_of(std::int32_t level) {
  if (level >= STOA_LOG_ERROR) return LogLevel::error;
  if (level >= STOA_LOG_WARN) return LogLevel::warn;
  return level >= STOA_LOG_INFO ? LogLevel::info : LogLevel::debug;
}

void log(const stoa_host* host, std::int32_t level, const stoa_request* req, stoa_str message,
         stoa_str fields_json) noexcept {
  HostContext& context = HostContext::of(host);
  std::uint64_t dropped = 0;
  if (!context.lines.admit(context.services.now_ns(), dropped)) return;
  if (dropped > 0)
    context.log(LogLevel::warn, std::to_string(dropped) + " lines of this plugin were dropped: its limit is " +
                                    std::to_string(context.services.log_lines_per_s) + " a second");
  const std::string text = printable(view(message), kMessageBytesMax);
  LogLine line;
  line.level = level_of(level);
  line.plugin = context.plugin_id;
  line.request_id = req != nullptr ? req->id : 0;
  line.message = text;
  line.fields_json = view(fields_json);
  if (line.fields_json.size() > kFieldsBytesMax || !is_utf8(line.fields_json)) line.fields_json = {};
  line.is_from_plugin = true;
  context.services.log->write(line);
}

}  // namespace

constinit const stoa_host_log kLog = {&log};

}  // namespace stoa::runtime::extensions
