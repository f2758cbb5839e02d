// bounded_json_test.cpp: how deep a text may nest, and that nothing deeper is read. SPDX-License-Identifier: Apache-2.0
#include "host/client/bounded_json.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stoa::client {
namespace {

std::string nested(std::size_t levels, const std::string& open, const std::string& close, const std::string& inner) {
  std::string text;
  for (std::size_t i = 0; i < levels; ++i) text += open;
  text += inner;
  for (std::size_t i = 0; i < levels; ++i) text += close;
  return text;
}

TEST(BoundedJson, IsReadUpToItsDepthAndNoDeeper) {
  struct Row {
    std::string text;
    bool is_read;
  };
  const std::string strings = R"({"a":"[[[{\"[[","b\\":"\\","c":[]})";
  const Row rows[] = {
      {"", false},
      {"7", true},
      {strings, true},
      {"{", false},
      {nested(kJsonLevelsMax, "[", "]", ""), true},
      {nested(kJsonLevelsMax, "{\"a\":", "}", "1"), true},
      {nested(kJsonLevelsMax - 2, "[", "]", strings), true},
      {nested(kJsonLevelsMax + 1, "[", "]", ""), false},
      {nested(kJsonLevelsMax - 1, "[", "]", strings), false},
      {nested(kJsonLevelsMax + 1, "{\"a\":", "}", "1"), false},
      {nested(1'000'000, "[", "]", ""), false},
      {nested(1'000'000, "[", "", ""), false},
      {"\"" + std::string(1'000, '[') + "\"", true},
      {"[" + nested(1, "[", "]", "") + "," + nested(1, "[", "]", "") + "]", true},
  };
  for (const Row& row : rows)
    EXPECT_EQ(!parse_bounded_json(row.text).is_discarded(), row.is_read) << row.text.substr(0, 80);
  std::string wide = "[";
  for (int i = 0; i < 1'000; ++i) wide += "[],";
  EXPECT_FALSE(parse_bounded_json(wide + "[]]").is_discarded()) << "levels that were left do not count";
}

}  // namespace
}  // namespace stoa::client
