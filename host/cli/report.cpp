// report.cpp: errors for people: what happened, the stable reason, what to do next.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string_view>

#include "host/cli/command.hpp"
#include "host/cli/hints.hpp"

namespace stoa::cli {
namespace {

// Of this process, which runs one.
std::string_view running;

}  // namespace

void report_for(std::string_view command) { running = command; }

Exit report(const Error& error) { return report(error, std::string(hint_for(error.reason, running))); }

Exit report(const Error& error, const std::string& hint) {
  fmt::print(stderr, "error: {}\n  reason: {}\n", error.message, error.reason);
  if (!hint.empty()) fmt::print(stderr, "  hint: {}\n", hint);
  if (error.reason == "usage") return Exit::usage;
  const bool is_environment = error.reason.starts_with("file.") || error.reason.starts_with("sdk.");
  return is_environment ? Exit::environment : Exit::refused;
}

}  // namespace stoa::cli
