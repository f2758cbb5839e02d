// check_run.hpp: one case of the conformance kit in a process of its own, which may crash or hang.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/check/subject.hpp"

namespace stoa::cli {

enum class CaseEnding { passed, failed, skipped, crashed, timed_out };
std::string_view name_of(CaseEnding ending);

struct CaseResult {
  std::string name, rule;
  CaseEnding ending = CaseEnding::passed;
  std::vector<std::string> failures;  // sentences; what ended the process, where it crashed
  std::string skipped;                // why
  bool is_done = false;               // its process said that it came to the case's end
  std::chrono::milliseconds time{0};
};

struct CaseTarget {
  std::filesystem::path folder;           // as read_check_target() takes it
  std::vector<std::string> content_keys;  // files, for assets that are encrypted
};

// Starts this executable again for one case (run_here(), over there) and waits for it.
CaseResult run_case(const check::Case& one, const CaseTarget& target, std::chrono::seconds at_most);

// The other side: runs the case and writes what it finds to report_fd. The process's exit status.
int run_here(std::string_view name, const check::Subject& subject, int report_fd);

// A library that cannot even be loaded: said over report_fd in the same form.
int refuse_here(const std::string& why, int report_fd);

}  // namespace stoa::cli
