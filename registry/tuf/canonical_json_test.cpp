// canonical_json_test.cpp: what is signed, and what is refused because it has no canonical form.
// SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/canonical_json.hpp"

#include <gtest/gtest.h>

namespace stoa::registry {
namespace {

std::string canonical(std::string_view text) {
  const auto parsed = parse_canonical_json(text);
  return parsed ? canonical_json(*parsed) : parsed.error().reason;
}

struct CanonicalRow {
  const char* text;
  const char* expected;
};

TEST(CanonicalJson, HasOneFormForEachValue) {
  const CanonicalRow rows[] = {
      {R"({ "b" : 1 , "a" : [ true, false, null ] })", R"({"a":[true,false,null],"b":1})"},
      {R"({"Z":1,"a":2,"A":3,"_":4,"0":5})", R"({"0":5,"A":3,"Z":1,"_":4,"a":2})"},
      {R"("quote \" slash \/ back \\ tab \t")", "\"quote \\\" slash / back \\\\ tab \t\""},
      {R"("\u00e9\u20ac\ud83d\ude00")", "\"é€😀\""},
      {R"({"a":{"c":{},"b":[]}})", R"({"a":{"b":[],"c":{}}})"},
      {"-0", "0"},
      {"9007199254740991", "9007199254740991"},
      {"-9007199254740991", "-9007199254740991"},
  };
  for (const auto& row : rows) EXPECT_EQ(canonical(row.text), row.expected) << row.text;
}

TEST(CanonicalJson, RefusesWhatHasNone) {
  const std::string deep_enough = std::string(16, '[') + std::string(16, ']');
  const std::string too_deep = std::string(17, '[') + std::string(17, ']');
  const CanonicalRow rows[] = {
      {"1.0", "metadata.float"},
      {"1e3", "metadata.float"},
      {"9007199254740992", "metadata.integer"},
      {"-9007199254740992", "metadata.integer"},
      {"18446744073709551616", "metadata.float"},
      {R"({"a":1,"a":2})", "metadata.duplicate_key"},
      {R"({"a":{"b":1,"b":1}})", "metadata.duplicate_key"},
      {R"({"a":1,"\u0061":2})", "metadata.duplicate_key"},
      {R"({"é":1})", "metadata.key"},
      {R"({"a\nb":1})", "metadata.key"},
      {R"(["\u0000"])", "metadata.nul_character"},
      {too_deep.c_str(), "metadata.too_deep"},
      {deep_enough.c_str(), deep_enough.c_str()},
      {"", "metadata.json"},
      {"{", "metadata.json"},
      {"{} {}", "metadata.json"},
      {"\xef\xbb\xbf{}", "metadata.json"},
      {"\"\xff\"", "metadata.json"},
      {"NaN", "metadata.json"},
      {"{\"a\":1,}", "metadata.json"},
  };
  for (const auto& row : rows) EXPECT_EQ(canonical(row.text), row.expected) << row.text;
}

}  // namespace
}  // namespace stoa::registry
