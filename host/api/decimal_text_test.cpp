// decimal_text_test.cpp: what is written reads back bit by bit, and is no longer than std::to_chars makes it.
// SPDX-License-Identifier: Apache-2.0
#include "host/api/decimal_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace stoa::api {
namespace {

template <class Float>
std::string text_of(Float value) {
  char room[kDecimalRoom];
  return {room, write_shortest(room, value)};
}

std::size_t count_significant(std::string_view text) {
  std::string digits;
  for (const char c : text.substr(0, text.find('e')))
    if (c >= '0' && c <= '9') digits += c;
  const auto first = digits.find_first_not_of('0');
  return first == std::string::npos ? 0 : digits.find_last_not_of('0') - first + 1;
}

template <class Float>
void expect_shortest(Float value) {
  const std::string text = text_of(value);
  Float back = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), back);
  ASSERT_EQ(error, std::errc{}) << text;
  ASSERT_EQ(end, text.data() + text.size()) << text;
  ASSERT_EQ(std::signbit(back), std::signbit(value)) << text;
  ASSERT_EQ(back, value) << text;
  char room[64];
  const auto standard = std::to_chars(room, room + sizeof room, value);
  ASSERT_LE(count_significant(text), count_significant({room, standard.ptr})) << text;
}

template <class Float, class Bits>
void expect_shortest_of_random_bits(int count) {
  std::mt19937_64 random(20'26);  // NOLINT: the same numbers every time
  for (int i = 0; i < count; ++i) {
    const auto value = std::bit_cast<Float>(static_cast<Bits>(random()));
    if (std::isfinite(value)) expect_shortest(value);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(DecimalText, ReadsBackForRandomBits) {
  expect_shortest_of_random_bits<float, std::uint32_t>(300'000);
  expect_shortest_of_random_bits<double, std::uint64_t>(300'000);
}

TEST(DecimalText, ReadsBackAtTheEdges) {
  for (const float value : {0.0f, -0.0f, 1.0f, 0.1f, 16'777'216.0f, 16'777'217.0f, 1e-45f, 1.17549435e-38f,
                            std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest()})
    expect_shortest(value);
  for (const double value : {0.0, -0.0, 1e16, 9007199254740993.0, 5e-324, 2.2250738585072014e-308,
                             std::numeric_limits<double>::max(), std::numeric_limits<double>::lowest()})
    expect_shortest(value);
  for (int exponent = -45; exponent <= 38; ++exponent) expect_shortest(std::pow(10.0f, static_cast<float>(exponent)));
  for (int exponent = -323; exponent <= 308; ++exponent) expect_shortest(std::pow(10.0, exponent));
}

// The digits without leading and trailing zeros.
std::string significant(std::string_view text) {
  std::string digits;
  for (const char c : text.substr(0, text.find('e')))
    if (c >= '0' && c <= '9') digits += c;
  digits.erase(0, digits.find_first_not_of('0'));
  digits.erase(digits.find_last_not_of('0') + 1);
  return digits;
}

// Where short cuts would show: at the ends of every exponent's range, beside them, and at halves and quarters of it.
TEST(DecimalText, IsTheClosestOfTheShortest) {
  for (std::uint32_t exponent = 0; exponent < 255; ++exponent)
    for (const std::uint32_t around : {0u, 0x20'0000u, 0x40'0000u, 0x60'0000u, 0x80'0000u})
      for (std::uint32_t away = 0; away < 200; ++away) {
        const std::uint32_t bits = (exponent << 23) + around - (around > 0 ? 100 : 0) + away;
        const auto value = std::bit_cast<float>(bits);
        if (!std::isfinite(value) || value == 0) continue;
        char room[64];
        const auto standard = std::to_chars(room, room + sizeof room, value, std::chars_format::scientific);
        ASSERT_EQ(significant(text_of(value)), significant({room, standard.ptr})) << bits;
        ASSERT_EQ(text_of(-value), "-" + text_of(value));
      }
}

TEST(DecimalText, ListsStopBeforeWhatIsNotFinite) {
  const float floats[] = {0.5f, -1.25f, 0.0f, 3e-9f, std::numeric_limits<float>::infinity(), 1.0f};
  const double doubles[] = {0.1, -2.5, std::numeric_limits<double>::quiet_NaN()};
  char room[6 * kDecimalRoom];
  WrittenList written = write_floats(room, reinterpret_cast<const std::byte*>(floats), 6);
  EXPECT_EQ(written.count, 4u);
  EXPECT_EQ(std::string(room, written.end), "0.5,-1.25,0,3e-9,");
  written = write_doubles(room, reinterpret_cast<const std::byte*>(doubles), 3);
  EXPECT_EQ(written.count, 2u);
  EXPECT_EQ(std::string(room, written.end), "0.1,-2.5,");
  for (std::size_t at = 0; at < 9; ++at) {
    float values[9] = {0.1f, 0.2f, 0.3f, 0.4f, 0.6f, 0.7f, 0.8f, 0.9f, 1.1f};
    values[at] = std::numeric_limits<float>::quiet_NaN();
    char more_room[9 * kDecimalRoom];
    EXPECT_EQ(write_floats(more_room, reinterpret_cast<const std::byte*>(values), 9).count, at);
  }
}

void expect_list_as_one_by_one(const std::vector<float>& values) {
  std::vector<char> room(values.size() * kDecimalRoom);
  const auto written = write_floats(room.data(), reinterpret_cast<const std::byte*>(values.data()), values.size());
  ASSERT_EQ(written.count, values.size());
  std::string wanted;
  for (const float value : values) wanted += text_of(value) + ",";
  ASSERT_EQ(std::string(room.data(), written.end), wanted);
}

TEST(DecimalText, ListsAreWrittenLikeTheirElements) {
  std::mt19937_64 random(7);  // NOLINT: the same numbers every time
  std::normal_distribution<float> usual;
  const auto of_random_bits = [&] {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    return std::isfinite(value) ? value : 0.0f;
  };
  for (int list = 0; list < 20'000; ++list) {
    std::vector<float> values(random() % 23);
    for (float& value : values) {
      switch (random() % 6) {
        case 0:
          value = of_random_bits();
          break;
        case 1:
          value = static_cast<float>(random() % 2000) / 8 - 100;
          break;
        case 2:
          value = static_cast<float>(random() % 1'000'000'000);
          break;
        case 3:
          value = std::ldexp(usual(random), static_cast<int>(random() % 50) - 25);
          break;
        default:
          value = usual(random);
      }
    }
    expect_list_as_one_by_one(values);
    if (::testing::Test::HasFatalFailure()) return;
  }
  // At the ends of every exponent's range, where decisions turn.
  for (std::uint32_t bits = 0; bits < 0x7f80'0000; bits += 0x80'0000) {
    std::vector<float> values;
    for (std::uint32_t i = 0; i < 400; ++i) values.push_back(std::bit_cast<float>((bits + i - 200) & 0x7fff'ffff));
    std::erase_if(values, [](float value) { return !std::isfinite(value); });
    expect_list_as_one_by_one(values);
  }
}

TEST(DecimalText, LooksLikeANumberPeopleWrite) {
  EXPECT_EQ(text_of(0.0f), "0");
  EXPECT_EQ(text_of(-0.0), "-0");
  EXPECT_EQ(text_of(-17.25f), "-17.25");
  EXPECT_EQ(text_of(100.0), "100");
  EXPECT_EQ(text_of(123456789012345.0), "123456789012345");
  EXPECT_EQ(text_of(0.0001), "0.0001");
  EXPECT_EQ(text_of(0.00001), "1e-5");
  EXPECT_EQ(text_of(1e15), "1000000000000000");
  EXPECT_EQ(text_of(1e17), "1e+17");
  EXPECT_EQ(text_of(1.5e300), "1.5e+300");
}

TEST(DecimalText, IsJson) {
  for (const double value : {0.0, -0.0, 1e-300, 12.5, 1e22, 4.9e-324, 1.7976931348623157e308})
    EXPECT_EQ(nlohmann::json::parse(text_of(value)).get<double>(), value);
}

}  // namespace
}  // namespace stoa::api
