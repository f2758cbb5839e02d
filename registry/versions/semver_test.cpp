// semver_test.cpp: the published corpus and the order of precedence.
// SPDX-License-Identifier: Apache-2.0
#include "registry/versions/semver.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "registry/document/vectors.hpp"

namespace stoa::registry {
namespace {

std::vector<std::string> corpus(const std::string& name) {
  std::ifstream in(vectors_folder() / "semver" / name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

TEST(SemanticVersion, AcceptsThePublishedValidCorpus) {
  const auto lines = corpus("valid.txt");
  if (lines.empty()) GTEST_SKIP() << "no vectors in " << vectors_folder();
  for (const auto& line : lines) {
    const auto version = parse_semantic_version(line);
    ASSERT_TRUE(version.has_value()) << line << ": " << version.error().message;
    EXPECT_EQ(version->text(), line);
  }
}

TEST(SemanticVersion, RefusesThePublishedInvalidCorpus) {
  const auto lines = corpus("invalid.txt");
  if (lines.empty()) GTEST_SKIP() << "no vectors in " << vectors_folder();
  for (const auto& line : lines) EXPECT_FALSE(parse_semantic_version(line).has_value()) << line;
}

TEST(SemanticVersion, RefusesWhatTheCorpusLeavesOut) {
  for (const auto* text :
       {"", " 1.2.3", "1.2.3 ", "v1.2.3", "1.2.3-", "1.2.3+", "1..3", "1.2.3-\xc3\xa4", "-1.2.3", "1.2.3\n"})
    EXPECT_FALSE(parse_semantic_version(text).has_value()) << text;
}

TEST(SemanticVersion, OrdersByPrecedence) {
  // Section 11 of the specification, and its corners. Each is lower than the next.
  const char* rising[] = {"0.0.1-0",
                          "0.0.1",
                          "0.2.0",
                          "0.10.0",
                          "1.0.0-2",
                          "1.0.0-10",
                          "1.0.0--1",
                          "1.0.0-RC",
                          "1.0.0-alpha",
                          "1.0.0-alpha.1",
                          "1.0.0-alpha.beta",
                          "1.0.0-beta",
                          "1.0.0-beta.2",
                          "1.0.0-beta.11",
                          "1.0.0-rc.1",
                          "1.0.0",
                          "2.0.0",
                          "2.1.0",
                          "2.1.1",
                          "10.0.0",
                          "99999999999999999999999.0.0"};
  for (std::size_t i = 0; i < std::size(rising); ++i)
    for (std::size_t j = 0; j < std::size(rising); ++j)
      EXPECT_EQ(compare_precedence(*parse_semantic_version(rising[i]), *parse_semantic_version(rising[j])), i <=> j)
          << rising[i] << " and " << rising[j];
}

TEST(SemanticVersion, BuildMetadataDoesNotCount) {
  EXPECT_EQ(compare_precedence(*parse_semantic_version("1.0.0+a"), *parse_semantic_version("1.0.0+b.9")),
            std::strong_ordering::equal);
}

}  // namespace
}  // namespace stoa::registry
