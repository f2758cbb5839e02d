// flat_numbers_test.cpp: the quick path takes what JSON allows, bit by bit as from_chars does, and nothing else.
// SPDX-License-Identifier: Apache-2.0
#include "host/api/flat_numbers.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "host/api/flat_floats.hpp"

namespace stoa::api {
namespace {

template <class T>
bool reads(std::string text, std::size_t count, std::vector<T>* out = nullptr) {
  std::vector<T> elements(count);
  // Digits before it and behind its end, which must not be taken for its own.
  text.insert(0, 16, '9').append(1, '\0').append(64, '9');
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

std::string random_number(std::mt19937_64& random) {
  std::normal_distribution<float> usual;
  char room[64];
  const auto shortest = [&](auto value) { return std::string(room, std::to_chars(room, room + 64, value).ptr); };
  switch (random() % 16) {
    case 0:
      return std::to_string(static_cast<int>(random() % 2000) - 1000);
    case 1: {
      const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
      return std::isfinite(value) ? shortest(value) : "0.0";
    }
    case 2:
      return shortest(static_cast<double>(usual(random)));
    case 3:
      return std::string(room, std::to_chars(room, room + 64, usual(random) * 1000, std::chars_format::fixed, 2).ptr);
    case 4: {  // half-way between two floats, which is where a double in between would round twice
      const auto low = std::bit_cast<float>(0x3f80'0000 + static_cast<std::uint32_t>(random() % 0x80'0000));
      return shortest((static_cast<double>(low) + std::nextafter(low, 2.0f)) / 2);
    }
    case 5:
      return random() % 2 ? "-0.0" : "0.000000000001";
    default:
      return shortest(usual(random));
  }
}

// Whatever stands between the brackets: four at a time and one by one are of one mind. Usual forms come in rows, so
// that fours of them are read together; one byte in three lists is made another.
TEST(FlatNumbers, ReadsFoursLikeOnes) {
  constexpr std::string_view kBytes = "0123456789.,-+eE []{}\"/:;x\n\x80";
  std::mt19937_64 random(11);  // NOLINT: the same numbers every time
  std::size_t read = 0, left = 0;
  for (int list = 0; list < 60'000; ++list) {
    const std::size_t count = random() % 23;
    const bool is_usual = random() % 2 == 0;
    const std::string_view comma = random() % 8 == 0 ? ", " : ",";
    std::normal_distribution<float> usual;
    std::string text = "[";
    std::vector<float> wanted;
    for (std::size_t i = 0; i < count; ++i) {
      char room[64];
      const std::string number =
          is_usual ? std::string(room, std::to_chars(room, room + 64, usual(random)).ptr) : random_number(random);
      if (i > 0) text.append(comma);
      text.append(number);
      std::from_chars(number.data(), number.data() + number.size(), wanted.emplace_back());
    }
    text.append("]");
    if (random() % 3 == 0) {
      text[random() % text.size()] = kBytes[random() % kBytes.size()];
      (reads<float>(text, count) ? read : left) += 1;
    } else {
      std::vector<float> out;
      ASSERT_TRUE(reads<float>(text, count, &out)) << text;
      ASSERT_TRUE(count == 0 || std::memcmp(out.data(), wanted.data(), count * sizeof(float)) == 0) << text;
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(read, 1000u);
  EXPECT_GT(left, 1000u);
}

}  // namespace
}  // namespace stoa::api
