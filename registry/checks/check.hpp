// check.hpp: the chain of checks of a submitted package. docs/reference/publishing-checks.md has every reason.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/checks/submission.hpp"

namespace stoa::registry {

enum class CheckVerdict : std::uint8_t { passed, failed, warned, skipped };
std::string_view name_of(CheckVerdict verdict);  // "passed" …

struct CheckOutcome {
  std::string name;  // "signature"
  CheckVerdict verdict = CheckVerdict::skipped;
  std::string reason;   // dotted word; empty where passed
  std::string message;  // what was found, with the numbers; never a secret, never a control character of the package
  std::int64_t took_us = 0;
};

// What only a host can do. An empty function: the check is skipped, with that as its reason.
struct HostChecks {
  // Reads a library as a file and runs nothing of it. The file lives for the call. Error code unimplemented: a library
  // for another machine, which this one cannot judge.
  std::function<Result<void>(const std::filesystem::path& library, const PlatformDeclaration& platform)> lint_library;
  // Runs the golden cases in a sandboxed worker. The text says what ran: "3 cases in 41 ms".
  std::function<Result<std::string>(const Package& package)> run_golden;
  std::filesystem::path scratch;  // a folder for one library at a time; it needs no cleaning
};

// Every check has one outcome, in the order of the page, whatever happened before it: after a failure that leaves
// nothing to go on with, the rest is skipped with "check.not_reached". Blocks: reads the package twice and runs what
// the host hands in. Threads: any, each with its own submission.
std::vector<CheckOutcome> run_checks(const Submission& submission, const HostChecks& host);

// The first outcome that failed; nullptr: a reviewer may have it.
const CheckOutcome* first_failure(const std::vector<CheckOutcome>& outcomes);

}  // namespace stoa::registry
