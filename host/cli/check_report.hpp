// check_report.hpp: what `stoa check` found, for people, for scripts and for CI systems.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>

#include "host/cli/check_run.hpp"

namespace stoa::cli {

// One line, as soon as the case has ended; its failures below it.
std::string case_text(const CaseResult& result);
std::string summary_text(std::span<const CaseResult> results);
std::string check_json(const std::string& subject, std::span<const CaseResult> results);
// The form of JUnit's report that CI systems read.
std::string check_junit(const std::string& subject, std::span<const CaseResult> results);

bool is_failure(CaseEnding ending);

}  // namespace stoa::cli
