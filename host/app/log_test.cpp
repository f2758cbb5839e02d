// log_test.cpp: a line of the log, as a person and as a machine read it. SPDX-License-Identifier: Apache-2.0
#include "host/app/log.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace stoa::app {
namespace {

constexpr std::int64_t kWhen = 1'700'000'000'123'456;

TEST(Log, TextQuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(
      format_line(LogFormat::text, kWhen, Level::warn, "model.failed",
                  {{"model", "a/b"},
                   {"why", "no such file"},
                   {"took_ms", std::int64_t{-3}},
                   LogField::of("none", std::nullopt),
                   LogField::of("receipt", 7),
                   {"ok", false}}),
      "2023-11-14T22:13:20.123456Z warn  model.failed model=a/b why=\"no such file\" took_ms=-3 receipt=7 ok=false");
}

TEST(Log, JsonIsAnObjectWhateverTheTextHolds) {
  const std::string nasty = std::string("a\"b\\c\nd\te\x01") + '\x7f';
  const std::string line = format_line(LogFormat::json, kWhen, Level::info, "x",
                                       {{"text", nasty}, {"nan", std::nan("")}, {"raw", RawJson{"{\"k\":[1]}"}}});
  const auto parsed = nlohmann::json::parse(line);
  EXPECT_EQ(parsed.at("text").get<std::string>(), nasty);
  EXPECT_TRUE(parsed.at("nan").is_null());
  EXPECT_EQ(parsed.at("raw").at("k").at(0), 1);
  EXPECT_EQ(parsed.at("ts"), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST(Log, WritesWhatItsLevelWantsAndFlushesAtTheEnd) {
  const auto file = std::filesystem::path(testing::TempDir()) / "stoa_log_test.log";
  std::filesystem::remove(file);
  {
    auto log = Log::open({.level = "warn", .format = LogFormat::text, .file = file, .access = true});
    ASSERT_TRUE(log) << log.error().message;
    EXPECT_FALSE((*log)->wants(Level::info));
    (*log)->write(Level::info, "quiet");
    (*log)->write(Level::warn, "loud", {{"text", "{} braces are text"}});
  }
  std::ifstream in(file);
  std::string line, rest;
  ASSERT_TRUE(std::getline(in, line));
  EXPECT_NE(line.find("loud text=\"{} braces are text\""), std::string::npos) << line;
  EXPECT_FALSE(std::getline(in, rest));
  std::filesystem::remove(file);
}

TEST(Log, AFileThatCannotBeOpenedIsAnError) {
  const auto log = Log::open({.level = "info", .format = LogFormat::text, .file = "/proc/none/x.log", .access = true});
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().reason, "log.not_writable");
}

}  // namespace
}  // namespace stoa::app
