// version_key_test.cpp: a packed version orders as the unpacked one does.
// SPDX-License-Identifier: Apache-2.0
#include "registry/versions/version_key.hpp"

#include <gtest/gtest.h>

namespace stoa::registry {
namespace {

TEST(VersionKey, OrdersAsPrecedenceDoes) {
  // Around what fits into 21 bits, what fits into 64, and beyond.
  const char* numbers[] = {"1", "2097151", "2097152", "18446744073709551616"};
  const char* ends[] = {"", "-0", "-rc.1", "-rc.1.x", "+build"};
  std::vector<std::string> texts;
  for (const auto* major : numbers)
    for (const auto* minor : numbers)
      for (const auto* patch : numbers)
        for (const auto* end : ends) texts.push_back(std::string(major) + "." + minor + "." + patch + end);
  std::vector<SemanticVersion> versions;
  std::vector<VersionKey> keys;
  for (const auto& text : texts) {
    versions.push_back(*parse_semantic_version(text));
    keys.push_back(*parse_version_key(text));
  }
  for (std::size_t i = 0; i < texts.size(); ++i)
    for (std::size_t j = 0; j < texts.size(); ++j) {
      const auto order = compare_precedence(versions[i], versions[j]);
      ASSERT_EQ(keys[i] <=> keys[j], order) << texts[i] << " and " << texts[j];
      ASSERT_EQ(VersionKey(versions[i]) == keys[j], order == 0) << texts[i] << " and " << texts[j];
      ASSERT_EQ(keys[i].has_numbers_of(keys[j]), versions[i].major == versions[j].major &&
                                                     versions[i].minor == versions[j].minor &&
                                                     versions[i].patch == versions[j].patch);
    }
}

TEST(VersionKey, GivesItsTextBackWithoutBuildMetadata) {
  const char* rows[][2] = {{"0.0.0", "0.0.0"},
                           {"1.20.300", "1.20.300"},
                           {"2097151.2097151.2097151", "2097151.2097151.2097151"},
                           {"2097152.0.0", "2097152.0.0"},
                           {"1.2.3-rc.1", "1.2.3-rc.1"},
                           {"1.2.3+b.1", "1.2.3"},
                           {"1.2.3-a+b", "1.2.3-a"}};
  for (const auto& [text, expected] : rows) {
    EXPECT_EQ(parse_version_key(text)->text(), expected);
    EXPECT_EQ(parse_version_key(text)->is_prerelease(), std::string(expected).contains('-')) << text;
  }
}

TEST(VersionKey, RefusesWhatIsNoVersion) {
  for (const auto* text :
       {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.03", "1.2.3-01", "v1.2.3", "1.2.3 ", "-1.2.3", "+1.2.3", "1..3"})
    EXPECT_EQ(parse_version_key(text).error().reason, "version.syntax") << text;
}

}  // namespace
}  // namespace stoa::registry
