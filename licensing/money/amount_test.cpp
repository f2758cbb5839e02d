// amount_test.cpp: amounts as text, and sums that do not fit. SPDX-License-Identifier: Apache-2.0
#include "licensing/money/amount.hpp"

#include <gtest/gtest.h>

namespace stoa::licensing {
namespace {

TEST(Amount, ReadsAsItIsWritten) {
  struct Row {
    const char* text;
    Nano nano;
    const char* written;
  };
  const Row rows[] = {
      {"0", 0, "0"},
      {"1", kNanoPerUnit, "1"},
      {"-1", -kNanoPerUnit, "-1"},
      {"12.5", 12'500'000'000, "12.5"},
      {"0.000000001", 1, "0.000000001"},
      {"-0.000000001", -1, "-0.000000001"},
      {"0.10", 100'000'000, "0.1"},
      {"9223372036.854775807", INT64_MAX, "9223372036.854775807"},
      {"-9223372036.854775808", INT64_MIN, "-9223372036.854775808"},
  };
  for (const Row& row : rows) {
    const auto read = parse_amount(row.text);
    ASSERT_TRUE(read) << row.text << ": " << read.error().message;
    EXPECT_EQ(*read, row.nano) << row.text;
    EXPECT_EQ(amount_text(*read), row.written);
  }
  EXPECT_EQ(amount_text(12'500'000'000, 2), "12.50");
  EXPECT_EQ(amount_text(12'345'678'901, 2), "12.345678901");
}

TEST(Amount, RefusesWhatIsNone) {
  for (const char* text : {"", "-", ".", "1.", ".5", "+1", "01", "1e3", "1,5", " 1", "1 ", "--1", "0x1", "1.0000000000",
                           "9223372036.854775808", "-9223372036.854775809", "99999999999999999999"}) {
    const auto read = parse_amount(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().reason, "money.amount");
  }
}

TEST(Amount, SaysWhenASumDoesNotFit) {
  EXPECT_EQ(plus(1, 2), 3);
  EXPECT_EQ(minus(1, 2), -1);
  EXPECT_EQ(plus(INT64_MAX, 1).error().reason, "money.overflow");
  EXPECT_EQ(minus(INT64_MIN, 1).error().reason, "money.overflow");
}

TEST(Currency, IsACodeOfThreeLetters) {
  EXPECT_EQ(Currency::parse("EUR")->minor_digits(), 2);
  EXPECT_EQ(Currency::parse("JPY")->minor_digits(), 0);
  EXPECT_EQ(Currency::parse("KWD")->minor_digits(), 3);
  for (const char* code : {"", "EU", "eur", "EURO", "E1R", "€"})
    EXPECT_EQ(Currency::parse(code).error().reason, "money.currency") << code;
}

}  // namespace
}  // namespace stoa::licensing
