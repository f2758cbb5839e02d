// flat_numbers_test.cpp: the quick path takes what JSON allows, bit by bit as from_chars does, and nothing else.
// SPDX-License-Identifier: Apache-2.0
#include "host/api/flat_numbers.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "host/api/flat_floats.hpp"

namespace stoa::api {
namespace {

template <class T>
bool reads(std::string text, std::size_t count, std::vector<T>* out = nullptr) {
  std::vector<T> elements(count);
  // Digits before it and behind its end, which must not be taken for its own.
  text.insert(0, 16, '9').append(1, '\0').append(16, '9');
  const bool is_read = FlatNumbers<T>::read(text.data() + 16, elements) != nullptr;
  if constexpr (std::is_same_v<T, float>) {
    if (has_quick_floats()) {
      std::vector<float> quickly(count);
      EXPECT_EQ(read_flat_floats(text.data() + 16, quickly) != nullptr, is_read) << text;
      if (is_read && count > 0)
        EXPECT_EQ(std::memcmp(quickly.data(), elements.data(), count * sizeof(float)), 0) << text;
    }
  }
  if (out) *out = elements;
  return is_read;
}

template <class T>
T one(const std::string& number) {
  std::vector<T> out;
  EXPECT_TRUE(reads<T>("[" + number + "]", 1, &out)) << number;
  return out[0];
}

TEST(FlatNumbers, TakesArraysOfExactlyThatManyNumbers) {
  EXPECT_TRUE(reads<float>("[]", 0));
  EXPECT_TRUE(reads<float>("[ ]", 0));
  EXPECT_TRUE(reads<float>("[1,2.5,-3e4]", 3));
  EXPECT_TRUE(reads<float>("[ 1 ,\n2 ,\r\t3 ]", 3));
  EXPECT_FALSE(reads<float>("[1,2]", 3));
  EXPECT_FALSE(reads<float>("[1,2,3]", 2));
  EXPECT_FALSE(reads<float>("[1]", 0));
}

TEST(FlatNumbers, LeavesEverythingElseToTheWalk) {
  for (const char* text :
       {"[[1]]",   "[01]",  "[-01]", "[1.]",    "[.5]",  "[+1]",       "[1e]",   "[1e+]",    "[1.e5]", "[-]",
        "[--1]",   "[1 2]", "[1,]",  "[,1]",    "[NaN]", "[Infinity]", "[null]", "[\"1\"]",  "[true]", "[0x10]",
        "[1e999]", "[1\v]", "[1;]",  "[1_000]", "[1f]",  "[1.5.2]",    "[1-2]",  "{\"a\":1}"}) {
    EXPECT_FALSE(reads<float>(text, 1)) << text;
    EXPECT_FALSE(reads<double>(text, 1)) << text;
    EXPECT_FALSE(reads<std::int32_t>(text, 1)) << text;
  }
  EXPECT_FALSE(reads<float>("[1e39]", 1));
  EXPECT_FALSE(reads<float>("[-3.5e38]", 1));
}

TEST(FlatNumbers, IntegersKeepTheirRange) {
  EXPECT_EQ(one<std::int8_t>("-128"), -128);
  EXPECT_FALSE(reads<std::int8_t>("[128]", 1));
  EXPECT_EQ(one<std::uint8_t>("255"), 255);
  EXPECT_FALSE(reads<std::uint8_t>("[256]", 1));
  EXPECT_FALSE(reads<std::uint8_t>("[-1]", 1));
  EXPECT_EQ(one<std::int64_t>("-999999999999999999"), -999'999'999'999'999'999);
  EXPECT_FALSE(reads<std::int64_t>("[1234567890123456789]", 1));  // the walk reads it
  EXPECT_FALSE(reads<std::uint32_t>("[4294967296]", 1));
  EXPECT_FALSE(reads<std::int32_t>("[1.0]", 1));
  EXPECT_FALSE(reads<std::int32_t>("[1e2]", 1));
}

TEST(FlatNumbers, RoundsOnce) {
  EXPECT_EQ(one<float>("16777217"), 16'777'216.0f);
  EXPECT_EQ(one<float>("1.00000017881393432617187499"), 1.00000011920928955f);  // by way of double: ...024
  EXPECT_EQ(one<float>("1.4e-45"), 1.4e-45f);
  EXPECT_TRUE(std::signbit(one<float>("-0")));
  EXPECT_TRUE(std::signbit(one<double>("-0.0")));
  EXPECT_EQ(one<double>("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(one<double>("0.1"), 0.1);
  EXPECT_EQ(one<double>("123456789012345678901234567890"), 123456789012345678901234567890.0);
}

template <class T>
void expect_as_from_chars(const std::string& number) {
  T wanted = 0;
  std::from_chars(number.data(), number.data() + number.size(), wanted);
  std::vector<T> out;
  ASSERT_TRUE(reads<T>("[" + number + "," + number + "]", 2, &out)) << number;
  ASSERT_EQ(out[0], wanted) << number;
  ASSERT_EQ(out[1], wanted) << number;
}

TEST(FlatNumbers, EqualsFromCharsForRandomDecimals) {
  std::mt19937_64 random(7);  // NOLINT: the same numbers every time
  for (int i = 0; i < 200'000; ++i) {
    std::string number = random() % 2 ? "-" : "";
    const std::uint64_t whole = random() >> (random() % 64);
    number += std::to_string(whole);
    if (const auto digits = random() % 18; digits > 0) {
      number += '.';
      for (std::uint64_t d = 0; d < digits; ++d) number += static_cast<char>('0' + random() % 10);
    }
    if (random() % 8 == 0) number += "e" + std::to_string(static_cast<int>(random() % 30) - 15);
    expect_as_from_chars<float>(number);
    expect_as_from_chars<double>(number);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace stoa::api
