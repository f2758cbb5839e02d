// check_report.cpp: three forms of the same results. SPDX-License-Identifier: Apache-2.0
#include "host/cli/check_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/runtime/utf8.hpp"
#include "registry/document/strict_json.hpp"

namespace stoa::cli {
namespace {

std::size_t count(std::span<const CaseResult> results, CaseEnding ending) {
  return static_cast<std::size_t>(std::ranges::count(results, ending, &CaseResult::ending));
}

std::size_t count_failures(std::span<const CaseResult> results) {
  return static_cast<std::size_t>(std::ranges::count_if(results, is_failure, &CaseResult::ending));
}

// What a plugin says of itself may be anything: nothing of it steers the terminal, or breaks the report's encoding.
std::string shown(std::string_view text) { return runtime::printable(text, std::string::npos); }

// XML 1.0 has no form at all for control characters, U+FFFE and U+FFFF.
std::string xml(std::string_view text) {
  std::string clean = shown(text);
  for (const std::string_view none : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"})
    for (auto at = clean.find(none); at != clean.npos; at = clean.find(none, at)) clean.replace(at, none.size(), "?");
  std::string out;
  for (const char c : clean) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

}  // namespace

bool is_failure(CaseEnding ending) { return ending != CaseEnding::passed && ending != CaseEnding::skipped; }

std::string case_text(const CaseResult& result) {
  const std::string_view note = result.ending == CaseEnding::skipped ? result.skipped : result.rule;
  std::string text = fmt::format("{:<9} {:<33} {}\n", name_of(result.ending), shown(result.name), shown(note));
  for (const std::string& failure : result.failures) text += fmt::format("            {}\n", shown(failure));
  return text;
}

std::string summary_text(std::span<const CaseResult> results) {
  return fmt::format("\n{} cases: {} passed, {} failed, {} do not apply\n", results.size(),
                     count(results, CaseEnding::passed), count_failures(results), count(results, CaseEnding::skipped));
}

std::string check_json(const std::string& subject, std::span<const CaseResult> results) {
  auto cases = nlohmann::ordered_json::array();
  for (const CaseResult& result : results) {
    nlohmann::ordered_json one = {
        {"name", result.name}, {"rule", result.rule}, {"result", name_of(result.ending)}, {"ms", result.time.count()}};
    if (!result.failures.empty()) one["failures"] = result.failures;
    if (!result.skipped.empty()) one["why"] = result.skipped;
    cases.push_back(std::move(one));
  }
  const nlohmann::ordered_json all = {{"subject", subject},
                                      {"passed", count(results, CaseEnding::passed)},
                                      {"failed", count_failures(results)},
                                      {"skipped", count(results, CaseEnding::skipped)},
                                      {"cases", std::move(cases)}};
  return registry::json_text(all, 2) + "\n";
}

std::string check_junit(const std::string& subject, std::span<const CaseResult> results) {
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"stoa check {}\" tests=\"{}\" failures=\"{}\" "
      "skipped=\"{}\">\n",
      xml(subject), results.size(), count_failures(results), count(results, CaseEnding::skipped));
  for (const CaseResult& result : results) {
    out += fmt::format("  <testcase classname=\"stoa.check\" name=\"{}\" time=\"{:.3f}\">", xml(result.name),
                       static_cast<double>(result.time.count()) / 1000);
    if (result.ending == CaseEnding::skipped) out += fmt::format("<skipped message=\"{}\"/>", xml(result.skipped));
    if (is_failure(result.ending))
      out += fmt::format("<failure type=\"{}\" message=\"{}\">{}</failure>", name_of(result.ending),
                         xml(result.failures.empty() ? result.rule : result.failures.front()),
                         xml(fmt::format("{}", fmt::join(result.failures, "; "))));
    out += "</testcase>\n";
  }
  return out + "</testsuite>\n";
}

}  // namespace stoa::cli
