// utc_time_test.cpp: moments as text, and which text is one. SPDX-License-Identifier: Apache-2.0
#include "registry/document/utc_time.hpp"

#include <gtest/gtest.h>

namespace stoa::registry {
namespace {

TEST(UtcTime, IsTheSameThereAndBack) {
  struct Row {
    std::int64_t ms;
    const char* text;
  };
  const Row rows[] = {
      {0, "1970-01-01T00:00:00.000Z"},
      {1, "1970-01-01T00:00:00.001Z"},
      {1'709'210'096'789, "2024-02-29T12:34:56.789Z"},
      {4'107'542'399'999, "2100-02-28T23:59:59.999Z"},
      {4'107'542'400'000, "2100-03-01T00:00:00.000Z"},
      {kUtcMaxMs, "9999-12-31T23:59:59.999Z"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(utc_text(row.ms), row.text);
    EXPECT_EQ(utc_ms_of(row.text), row.ms) << row.text;
  }
  EXPECT_EQ(utc_text(INT64_MIN), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(utc_text(INT64_MAX), "9999-12-31T23:59:59.999Z");
}

TEST(UtcTime, MayBeWrittenShorter) {
  EXPECT_EQ(utc_ms_of("2024-02-29"), 1'709'164'800'000);
  EXPECT_EQ(utc_ms_of("2024-02-29T12:34:56Z"), 1'709'210'096'000);
}

TEST(UtcTime, IsNothingElse) {
  for (const char* text : {"",
                           "2024",
                           "2024-02",
                           "2023-02-29",
                           "2024-13-01",
                           "2024-00-01",
                           "2024-01-00",
                           "2024-04-31",
                           "1969-12-31",
                           "2024-02-29T12:34Z",
                           "2024-02-29T24:00:00Z",
                           "2024-02-29T12:60:00Z",
                           "2024-02-29T12:34:60Z",
                           "2024-02-29T12:34:56",
                           "2024-02-29T12:34:56.7Z",
                           "2024-02-29T12:34:56.7890Z",
                           "2024-02-29T12:34:56.789",
                           "2024-02-29T12:34:56.789z",
                           "2024-02-29t12:34:56.789Z",
                           "2024-02-29 12:34:56Z",
                           "2024-02-29T12:34:56+00:00",
                           "2024-02-29T12:34:56Z ",
                           " 2024-02-29",
                           "+024-02-29",
                           "2024-02-2x",
                           "20240229T123456Z",
                           "١٢٣٤-٠٢-٢٩"})
    EXPECT_EQ(utc_ms_of(text), std::nullopt) << text;
}

}  // namespace
}  // namespace stoa::registry
