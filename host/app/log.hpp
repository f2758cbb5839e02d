// log.hpp: the host's structured log: one event per line, as text for people or JSON for machines.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "host/app/config.hpp"
#include "stoa/result.hpp"

namespace spdlog {
class logger;
}

namespace stoa::app {

enum class Level : std::uint8_t { debug, info, warn, error };

struct RawJson {
  std::string_view text;  // an object or value, already valid
};

struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool, RawJson, std::monostate> value;

  // Left out of the line where there is no number.
  static LogField of(std::string_view key, std::optional<std::uint64_t> number) {
    if (number) return {key, *number};
    return {key, std::monostate()};
  }
};

// Threads: any. A line is handed to a writer thread; when 8,192 lines wait, the oldest is dropped (never the caller
// delayed): an I/O thread may log.
class Log {
 public:
  // Error: not_found "log.not_writable".
  static Result<std::unique_ptr<Log>> open(const LogConfig& config);
  ~Log();  // writes what is queued
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool wants(Level level) const;
  // event is a dotted word ("model.ready"); keys are snake_case with their unit ("took_ms").
  void write(Level level, std::string_view event, std::initializer_list<LogField> fields = {});

 private:
  struct Sink;
  explicit Log(std::unique_ptr<Sink> sink);
  std::unique_ptr<Sink> sink_;
};

// One line without its newline, as write() makes it; unix_us: microseconds since 1970.
std::string format_line(LogFormat format, std::int64_t unix_us, Level level, std::string_view event,
                        std::initializer_list<LogField> fields);

}  // namespace stoa::app
