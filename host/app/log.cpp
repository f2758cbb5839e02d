// log.cpp: lines are formatted by the caller and written by spdlog's thread. SPDX-License-Identifier: Apache-2.0
#include "host/app/log.hpp"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <cmath>
#include <ctime>

namespace stoa::app {
namespace {

constexpr std::size_t kQueueLines = 8192;

constexpr std::string_view kLevelNames[] = {"debug", "info", "warn", "error"};

// Control characters never reach a terminal or a line-based reader; invalid UTF-8 is the reader's to show.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
        else
          out += c;
    }
  }
  out += '"';
}

bool is_plain(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '\\' || c == '=' || c == 0x7f) return false;
  return true;
}

void append_value(std::string& out, LogFormat format, const LogField& field) {
  const auto print = [&](const auto& value) { fmt::format_to(std::back_inserter(out), "{}", value); };
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    if (format == LogFormat::text && is_plain(*text))
      out += *text;
    else
      append_quoted(out, *text);
  } else if (const auto* raw = std::get_if<RawJson>(&field.value)) {
    out += raw->text;
  } else if (const auto* number = std::get_if<double>(&field.value)) {
    if (std::isfinite(*number))
      print(*number);
    else
      out += "null";
  } else if (const auto* i = std::get_if<std::int64_t>(&field.value)) {
    print(*i);
  } else if (const auto* u = std::get_if<std::uint64_t>(&field.value)) {
    print(*u);
  } else {
    print(std::get<bool>(field.value));
  }
}

bool is_left_out(const LogField& field) { return std::holds_alternative<std::monostate>(field.value); }

void append_time(std::string& out, std::int64_t unix_us) {
  const std::time_t seconds = static_cast<std::time_t>(unix_us / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900,
                 parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, unix_us % 1'000'000);
}

}  // namespace

std::string format_line(LogFormat format, std::int64_t unix_us, Level level, std::string_view event,
                        std::initializer_list<LogField> fields) {
  const std::string_view level_name = kLevelNames[static_cast<std::size_t>(level)];
  std::string out;
  out.reserve(160);
  if (format == LogFormat::text) {
    append_time(out, unix_us);
    fmt::format_to(std::back_inserter(out), " {:<5} {}", level_name, event);
    for (const LogField& field : fields) {
      if (is_left_out(field)) continue;
      fmt::format_to(std::back_inserter(out), " {}=", field.key);
      append_value(out, format, field);
    }
    return out;
  }
  out += "{\"ts\":\"";
  append_time(out, unix_us);
  fmt::format_to(std::back_inserter(out), "\",\"level\":\"{}\",\"event\":\"{}\"", level_name, event);
  for (const LogField& field : fields) {
    if (is_left_out(field)) continue;
    fmt::format_to(std::back_inserter(out), ",\"{}\":", field.key);
    append_value(out, format, field);
  }
  out += '}';
  return out;
}

struct Log::Sink {
  LogFormat format;
  Level level;
  std::shared_ptr<spdlog::async_logger> logger;
  std::shared_ptr<spdlog::details::thread_pool> pool;  // last: it ends first, its thread joined, the logger still there
};

Log::Log(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}
Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(const LogConfig& config) {
  auto sink = std::make_unique<Sink>();
  sink->format = config.format;
  sink->level = Level::info;
  for (std::size_t i = 0; i < std::size(kLevelNames); ++i)
    if (kLevelNames[i] == config.level) sink->level = static_cast<Level>(i);
  spdlog::sink_ptr target;
  try {
    if (config.file.empty())
      target = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else
      target = std::make_shared<spdlog::sinks::basic_file_sink_mt>(config.file.string());
    sink->pool = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
  } catch (const spdlog::spdlog_ex& e) {
    return failure(Code::not_found, "log.not_writable", fmt::format("log.file: {}", e.what()));
  }
  target->set_pattern("%v");
  sink->logger =
      std::make_shared<spdlog::async_logger>("stoa", target, sink->pool, spdlog::async_overflow_policy::overrun_oldest);
  sink->logger->set_level(spdlog::level::trace);
  sink->logger->flush_on(spdlog::level::info);
  return std::unique_ptr<Log>(new Log(std::move(sink)));
}

bool Log::wants(Level level) const { return level >= sink_->level; }

void Log::write(Level level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!wants(level)) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t unix_us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  const std::string line = format_line(sink_->format, unix_us, level, event, fields);
  // The string is passed as an argument: never as a format.
  sink_->logger->log(level >= Level::info ? spdlog::level::info : spdlog::level::debug, "{}", line);
}

}  // namespace stoa::app
