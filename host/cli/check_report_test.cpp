// check_report_test.cpp: the three forms of what `stoa check` found. SPDX-License-Identifier: Apache-2.0
#include "host/cli/check_report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace stoa::cli {
namespace {

using std::chrono::milliseconds;

// One of each ending.
std::vector<CaseResult> one_of_each() {
  return {{"entry.a", "rule a", CaseEnding::passed, {}, "", true, milliseconds(12)},
          {"entry.b", "rule b", CaseEnding::failed, {"first", "second"}, "", true, milliseconds(1500)},
          {"entry.c", "rule c", CaseEnding::skipped, {}, "no model has it", true, milliseconds(0)},
          {"entry.d", "rule d", CaseEnding::crashed, {"the plugin ended its process: Aborted"}, "", false, {}},
          {"entry.e", "rule e", CaseEnding::timed_out, {"did not end within 60 s"}, "", false, milliseconds(60000)}};
}

TEST(CheckReport, OnlyPassedAndSkippedAreNoFailure) {
  for (const auto& result : one_of_each())
    EXPECT_EQ(is_failure(result.ending), result.name != "entry.a" && result.name != "entry.c") << result.name;
}

TEST(CheckReport, TextShowsEveryEnding) {
  std::string text;
  for (const auto& result : one_of_each()) text += case_text(result);
  EXPECT_EQ(text + summary_text(one_of_each()),
            "passed    entry.a                           rule a\n"
            "failed    entry.b                           rule b\n"
            "            first\n"
            "            second\n"
            "skipped   entry.c                           no model has it\n"
            "crashed   entry.d                           rule d\n"
            "            the plugin ended its process: Aborted\n"
            "timed out entry.e                           rule e\n"
            "            did not end within 60 s\n"
            "\n5 cases: 1 passed, 3 failed, 1 do not apply\n");
}

TEST(CheckReport, JsonShowsEveryEnding) {
  const auto report = nlohmann::json::parse(check_json("acme/vision 1.2.0", one_of_each()));
  EXPECT_EQ(report, nlohmann::json::parse(R"({
    "subject": "acme/vision 1.2.0", "passed": 1, "failed": 3, "skipped": 1, "cases": [
      {"name": "entry.a", "rule": "rule a", "result": "passed", "ms": 12},
      {"name": "entry.b", "rule": "rule b", "result": "failed", "ms": 1500, "failures": ["first", "second"]},
      {"name": "entry.c", "rule": "rule c", "result": "skipped", "ms": 0, "why": "no model has it"},
      {"name": "entry.d", "rule": "rule d", "result": "crashed", "ms": 0,
       "failures": ["the plugin ended its process: Aborted"]},
      {"name": "entry.e", "rule": "rule e", "result": "timed out", "ms": 60000,
       "failures": ["did not end within 60 s"]}]})"));
}

TEST(CheckReport, JUnitShowsEveryEnding) {
  EXPECT_EQ(check_junit("acme/vision 1.2.0", one_of_each()),
            R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="stoa check acme/vision 1.2.0" tests="5" failures="3" skipped="1">
  <testcase classname="stoa.check" name="entry.a" time="0.012"></testcase>
  <testcase classname="stoa.check" name="entry.b" time="1.500"><failure type="failed" message="first">first; second</failure></testcase>
  <testcase classname="stoa.check" name="entry.c" time="0.000"><skipped message="no model has it"/></testcase>
  <testcase classname="stoa.check" name="entry.d" time="0.000"><failure type="crashed" message="the plugin ended its process: Aborted">the plugin ended its process: Aborted</failure></testcase>
  <testcase classname="stoa.check" name="entry.e" time="60.000"><failure type="timed out" message="did not end within 60 s">did not end within 60 s</failure></testcase>
</testsuite>
)");
}

TEST(CheckReport, NothingFoundIsAReportToo) {
  EXPECT_EQ(summary_text({}), "\n0 cases: 0 passed, 0 failed, 0 do not apply\n");
  EXPECT_EQ(nlohmann::json::parse(check_json("x", {}))["cases"], nlohmann::json::array());
  EXPECT_NE(check_junit("x", {}).find("tests=\"0\""), std::string::npos);
}

// Text: no control characters, no broken UTF-8. JSON: what it says, broken UTF-8 replaced. XML: escaped as well.
TEST(CheckReport, OddCharactersBreakNoForm) {
  const struct {
    std::string said, text, json, xml;
  } rows[] = {
      {"a \"b\" 'c' <d> & e", "a \"b\" 'c' <d> & e", "a \"b\" 'c' <d> & e", "a &quot;b&quot; 'c' &lt;d&gt; &amp; e"},
      {"]]>", "]]>", "]]>", "]]&gt;"},
      {"back\\slash /", "back\\slash /", "back\\slash /", "back\\slash /"},
      {"\x1b[31mred\x1b[0m\r\t\x7f", "?[31mred?[0m???", "\x1b[31mred\x1b[0m\r\t\x7f", "?[31mred?[0m???"},
      {std::string("nul\0!", 5), "nul?!", std::string("nul\0!", 5), "nul?!"},
      {"gr\xc3\xbc\xc3\x9f \xf0\x9f\x8f\x9b", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x8f\x9b",
       "gr\xc3\xbc\xc3\x9f \xf0\x9f\x8f\x9b", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x8f\x9b"},
      {"cut \xc3", "cut ?", "cut \xef\xbf\xbd", "cut ?"},
      {"\xff!", "?!", "\xef\xbf\xbd!", "?!"},
      {"none \xef\xbf\xbf", "none \xef\xbf\xbf", "none \xef\xbf\xbf", "none ?"},
  };
  for (const auto& row : rows) {
    const std::vector<CaseResult> failed{{row.said, "rule", CaseEnding::failed, {row.said}, "", true, {}}};
    const std::vector<CaseResult> skipped{{row.said, "rule", CaseEnding::skipped, {}, row.said, true, {}}};
    EXPECT_NE(case_text(failed[0]).find(" " + row.text + " "), std::string::npos) << row.said;
    EXPECT_TRUE(case_text(failed[0]).ends_with("\n            " + row.text + "\n")) << row.said;
    EXPECT_TRUE(case_text(skipped[0]).ends_with(" " + row.text + "\n")) << row.said;
    const auto json = nlohmann::json::parse(check_json(row.said, failed));
    EXPECT_EQ(json["subject"], row.json);
    EXPECT_EQ(json["cases"][0]["name"], row.json);
    EXPECT_EQ(json["cases"][0]["failures"][0], row.json);
    EXPECT_EQ(nlohmann::json::parse(check_json("x", skipped))["cases"][0]["why"], row.json);
    const std::string junit = check_junit(row.said, failed);
    EXPECT_NE(junit.find("name=\"stoa check " + row.xml + "\""), std::string::npos) << junit;
    EXPECT_NE(junit.find(" name=\"" + row.xml + "\""), std::string::npos) << junit;
    EXPECT_NE(junit.find("message=\"" + row.xml + "\">" + row.xml + "</failure>"), std::string::npos) << junit;
    EXPECT_NE(check_junit("x", skipped).find("<skipped message=\"" + row.xml + "\"/>"), std::string::npos);
  }
}

}  // namespace
}  // namespace stoa::cli
