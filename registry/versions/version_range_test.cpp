// version_range_test.cpp: what each form of a range comes to, which versions are in it, and which texts are none.
// SPDX-License-Identifier: Apache-2.0
// registry_semver_oracle compares thousands more with npm's own package.
#include "registry/versions/version_range.hpp"

#include <gtest/gtest.h>

namespace stoa::registry {
namespace {

TEST(VersionRange, ComesToTheComparatorsNpmSays) {
  const char* rows[][2] = {
      {"", "*"},
      {"*", "*"},
      {"x", "*"},
      {"X.x", "*"},
      {">=*", "*"},
      {"^*", "*"},
      {"~x", "*"},
      {" 1.2.3 ", "1.2.3"},
      {"v1.2.3", "1.2.3"},
      {"=1.2.3", "1.2.3"},
      {"= v1.2.3", "1.2.3"},
      {"1.2.3+build.5", "1.2.3"},
      {"1.2.3-rc.1+build", "1.2.3-rc.1"},
      {"1", ">=1.0.0 <2.0.0-0"},
      {"1.2", ">=1.2.0 <1.3.0-0"},
      {"1.2.x", ">=1.2.0 <1.3.0-0"},
      {"1.x.x", ">=1.0.0 <2.0.0-0"},
      {"=1.2", ">=1.2.0 <1.3.0-0"},
      {"==1.2", ">=1.2.0 <1.3.0-0"},
      {"1.2.x-rc.1", ">=1.2.0 <1.3.0-0"},
      {"1.2+build", ">=1.2.0 <1.3.0-0"},
      {"0", "<1.0.0-0"},
      {"9.99", ">=9.99.0 <9.100.0-0"},
      {"99999999999999999999.x", ">=99999999999999999999.0.0 <100000000000000000000.0.0-0"},
      {"^1.2.3", ">=1.2.3 <2.0.0-0"},
      {"^0.2.3", ">=0.2.3 <0.3.0-0"},
      {"^0.0.3", ">=0.0.3 <0.0.4-0"},
      {"^0.0.0", "<0.0.1-0"},
      {"^1.2", ">=1.2.0 <2.0.0-0"},
      {"^0.2", ">=0.2.0 <0.3.0-0"},
      {"^0.0", "<0.1.0-0"},
      {"^0", "<1.0.0-0"},
      {"^0.x", "<1.0.0-0"},
      {"^1.x.5", ">=1.0.0 <2.0.0-0"},
      {"^x.1.2", "*"},
      {"^1.2.3-beta.2", ">=1.2.3-beta.2 <2.0.0-0"},
      {"^0.0.3-beta", ">=0.0.3-beta <0.0.4-0"},
      {"^ 1.2", ">=1.2.0 <2.0.0-0"},
      {"^v1.2.3", ">=1.2.3 <2.0.0-0"},
      {"^ = v1.2.3", ">=1.2.3 <2.0.0-0"},
      {"~1.2.3", ">=1.2.3 <1.3.0-0"},
      {"~1.2", ">=1.2.0 <1.3.0-0"},
      {"~1", ">=1.0.0 <2.0.0-0"},
      {"~0.2.3-beta.2", ">=0.2.3-beta.2 <0.3.0-0"},
      {"~>1.2.3", ">=1.2.3 <1.3.0-0"},
      {"~> 1.2", ">=1.2.0 <1.3.0-0"},
      {"~ > 1.2", ">=1.2.0 <1.3.0-0"},
      {"~> >1.2", ">=1.2.0 <1.3.0-0"},
      {"~>=1.2", ">=1.2.0 <1.3.0-0"},
      {">1.2.3", ">1.2.3"},
      {">= 1.2.3", ">=1.2.3"},
      {"> =1.2.3", ">=1.2.3"},
      {">=v1.2.3", ">=1.2.3"},
      {"<1.2.3-rc", "<1.2.3-rc"},
      {"<=1.2.3", "<=1.2.3"},
      {">1", ">=2.0.0"},
      {">1.2", ">=1.3.0"},
      {">=1.2", ">=1.2.0"},
      {"<1", "<1.0.0-0"},
      {"<1.2", "<1.2.0-0"},
      {"<=1", "<2.0.0-0"},
      {"<=1.2.x", "<1.3.0-0"},
      {">=0.0.0", "*"},
      {">=v0.0.0", ">=0.0.0"},
      {">*", "<0.0.0-0"},
      {"<*", "<0.0.0-0"},
      {"<0", "<0.0.0-0"},
      {">1.2 <*", "<0.0.0-0"},
      {"1.2.3 - 2.3.4", ">=1.2.3 <=2.3.4"},
      {"1.2 - 2.3.4", ">=1.2.0 <=2.3.4"},
      {"1.2.3 - 2.3", ">=1.2.3 <2.4.0-0"},
      {"1.2.3 - 2", ">=1.2.3 <3.0.0-0"},
      {"x - 2.0.0", "<=2.0.0"},
      {"1.2.3 - *", ">=1.2.3"},
      {"* - *", "*"},
      {"1.2.3-rc - 2.0.0-rc", ">=1.2.3-rc <=2.0.0-rc"},
      {"v1.2 - v2.0.0", ">=1.2.0 <=2.0.0"},
      {">=1.2.3 <2", ">=1.2.3 <2.0.0-0"},
      {"^1.2 ^1.3", ">=1.2.0 <2.0.0-0 >=1.3.0"},
      {"1.2.3 1.2.3", "1.2.3"},
      {"1.x *", ">=1.0.0 <2.0.0-0"},
      {"1.2.3 || 2", "1.2.3||>=2.0.0 <3.0.0-0"},
      {"1.2.3||2.0.0", "1.2.3||2.0.0"},
      {"1.2.3 ||", "*"},
      {"||", "*"},
      {"1.2.3-rc || *", "*"},
      {"<0 || 1.2.3", "1.2.3"},
      {"<0 || >*", "<0.0.0-0"},
  };
  for (const auto& [text, expected] : rows) {
    const auto range = parse_version_range(text);
    ASSERT_TRUE(range.has_value()) << text << ": " << range.error().message;
    EXPECT_EQ(range->text(), expected) << text;
  }
}

struct AdmitRow {
  const char* range;
  std::vector<const char*> in, out;
};

TEST(VersionRange, AdmitsWhatNpmAdmits) {
  const AdmitRow rows[] = {
      {"*", {"0.0.0", "1.2.3", "99999999999999999999.0.0"}, {"1.2.3-rc", "0.0.0-0"}},
      {"^1.2", {"1.2.0", "1.9.9", "1.2.0+b"}, {"1.1.9", "2.0.0", "2.0.0-rc", "1.2.0-rc", "1.3.0-rc"}},
      {"^1.2.3-rc.2", {"1.2.3-rc.2", "1.2.3-rc.10", "1.2.3", "1.9.0"}, {"1.2.3-rc.1", "1.2.4-rc.3", "1.2.3-beta"}},
      {"~1.2.3", {"1.2.3", "1.2.99"}, {"1.2.2", "1.3.0", "1.3.0-0"}},
      {"<2.0.0", {"0.0.0", "1.99.0"}, {"2.0.0", "2.0.0-rc", "1.0.0-rc"}},
      {"<2.0.0-rc.2", {"2.0.0-rc.1", "2.0.0-alpha", "1.0.0"}, {"2.0.0-rc.2", "2.0.0", "1.0.0-rc.1"}},
      {">1.2.3-rc.1 <3", {"1.2.3-rc.2", "2.0.0"}, {"2.0.0-rc.1", "3.0.0-0", "1.2.3-rc.1"}},
      {"1.2.3-rc || 2", {"1.2.3-rc", "2.5.0"}, {"1.2.3", "2.5.0-rc"}},
      {"1.2.3-rc || *", {"1.2.3"}, {"1.2.3-rc"}},
      {">=0.0.0 <=0.0.0-beta", {"0.0.0-alpha"}, {"0.0.0"}},
      {">=v0.0.0 <=0.0.0-beta", {}, {"0.0.0-alpha", "0.0.0"}},
      {"1.2.3+a", {"1.2.3", "1.2.3+b"}, {"1.2.4"}},
      {">2097151.0.0 <2097153", {"2097152.0.0", "2097151.0.1", "2097152.2097153.0"}, {"2097153.0.0", "2097151.0.0"}},
      {"<*", {}, {"0.0.0", "0.0.0-0", "1.0.0"}},
      {">1.2.3 <1.2.3", {}, {"1.2.3"}},
  };
  for (const auto& row : rows) {
    const auto range = parse_version_range(row.range);
    ASSERT_TRUE(range.has_value()) << row.range << ": " << range.error().message;
    for (const auto* text : row.in) EXPECT_TRUE(range->admits(*parse_version_key(text))) << row.range << ", " << text;
    for (const auto* text : row.out) EXPECT_FALSE(range->admits(*parse_version_key(text))) << row.range << ", " << text;
  }
}

TEST(VersionRange, RefusesWithWhatIsWrong) {
  std::string too_many = "1.2.3";
  for (std::size_t i = 0; i < kRangeComparatorsMax; ++i) too_many += "||1";
  const std::pair<std::string, const char*> rows[] = {
      {"blerg", "'blerg' is no version"},
      {"1.2.3.4", "'1.2.3.4' is no version"},
      {"01.2.3", "'01.2.3'"},
      {"1.2.3-01", "'1.2.3-01'"},
      {"1.2-rc", "'1.2-rc'"},
      {"1.2.", "'1.2.'"},
      {"1..2", "'1..2'"},
      {"1.2.3+", "'1.2.3+'"},
      {"1.2.3-", "'1.2.3-'"},
      {"+b", "'+b'"},
      {"1.2.3*", "'1.2.3*'"},
      {"**", "'**'"},
      {"x.1", "'x.1' has a number after an x"},
      {"1.x.2", "'1.x.2' has a number after an x"},
      {">=*.1", "has a number after an x"},
      {"^", "'^' has no version after it"},
      {"1.2.3 >=", "'>=' has no version after it"},
      {"~ ", "'~' has no version after it"},
      {"^^1", "'^^1'"},
      {"~^1", "'~^1'"},
      {"!=1.2.3", "'!=1.2.3'"},
      {"=>1.2.3", "'=>1.2.3'"},
      {">==1.2.3", "before a whole version"},
      {"==1.2.3", "before a whole version"},
      {"vv1.2.3", "before a whole version"},
      {"> = 1.2.3", "'> =' is no version"},
      {"v 1.2.3", "'v' is no version"},
      {"1.2.3 -2", "'-2'"},
      {"1.2.3 - ", "'-' is no version"},
      {"1.2.3 - 2 3", "'-' is no version"},
      {"=1.2.3 - 2", "before a whole version"},
      {"1 | 2", "'|' is no version"},
      {"1,2", "'1,2'"},
      {"champion", "'champion' is no version"},
      {"1.2\x1b[31m", "byte 0x1b"},
      {std::string("1\0", 2), "byte 0x00"},
      {"\xc2\xa0"
       "1",
       "byte 0xc2"},
      {std::string(300, ' '), "300 bytes, limit is 256"},
      {too_many, "more than 32 comparators"},
  };
  for (const auto& [text, why] : rows) {
    const auto range = parse_version_range(text);
    ASSERT_FALSE(range.has_value()) << text;
    EXPECT_EQ(range.error().code, Code::invalid_argument);
    EXPECT_EQ(range.error().reason, "range.syntax");
    EXPECT_TRUE(range.error().message.contains(why)) << text << ": " << range.error().message;
  }
}

}  // namespace
}  // namespace stoa::registry
