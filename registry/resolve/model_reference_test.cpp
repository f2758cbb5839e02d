// model_reference_test.cpp: which references there are, and that an alias is never anything else.
// SPDX-License-Identifier: Apache-2.0
#include "registry/resolve/model_reference.hpp"

#include <gtest/gtest.h>

#include <random>

namespace stoa::registry {
namespace {

const char* kind_of(const ReleaseSelector& selector) {
  constexpr const char* kKinds[] = {"latest", "exact", "range", "alias"};
  return kKinds[selector.index()];
}

TEST(ModelReference, ReadsEachKind) {
  const char* rows[][4] = {
      // text, model, kind, selected
      {"acme/classify", "acme/classify", "latest", ""},
      {"acme/image.classify_v2", "acme/image.classify_v2", "latest", ""},
      {"acme/classify@latest", "acme/classify", "latest", "latest"},
      {"acme/classify@1.2.3", "acme/classify", "exact", "1.2.3"},
      {"acme/classify@1.2.3-rc.1+b", "acme/classify", "exact", "1.2.3-rc.1+b"},
      {"acme/classify@v1.2.3", "acme/classify", "range", "v1.2.3"},
      {"acme/classify@^1.2", "acme/classify", "range", "^1.2"},
      {"acme/classify@1", "acme/classify", "range", "1"},
      {"acme/classify@x", "acme/classify", "range", "x"},
      {"acme/classify@*", "acme/classify", "range", "*"},
      {"acme/classify@>=1 <2 || 3", "acme/classify", "range", ">=1 <2 || 3"},
      {"acme/classify@champion", "acme/classify", "alias", "champion"},
      {"acme/classify@x86", "acme/classify", "alias", "x86"},
      {"acme/classify@next-2", "acme/classify", "alias", "next-2"},
      {"acme/classify@vision", "acme/classify", "alias", "vision"},
  };
  for (const auto& [text, model, kind, selected] : rows) {
    const auto reference = parse_model_reference(text);
    ASSERT_TRUE(reference.has_value()) << text << ": " << reference.error().message;
    EXPECT_EQ(reference->model, model);
    EXPECT_STREQ(kind_of(reference->selector), kind) << text;
    EXPECT_EQ(reference->selected, selected);
  }
}

TEST(ModelReference, RefusesEverythingElse) {
  const std::string long_alias(65, 'a');
  const std::pair<std::string, const char*> rows[] = {
      {"", "reference.syntax"},
      {"classify", "reference.syntax"},
      {"@champion", "reference.syntax"},
      {"acme/", "reference.syntax"},
      {"/classify", "reference.syntax"},
      {"acme/classify/infer", "reference.syntax"},
      {"acme/infer", "reference.syntax"},
      {"Acme/classify", "reference.syntax"},
      {" acme/classify", "reference.syntax"},
      {"acme/classify ", "reference.syntax"},
      {"acme/classify @1", "reference.syntax"},
      {"acme/classify@", "reference.syntax"},
      {"acme/classify@1.2.3.4", "range.syntax"},
      {"acme/classify@^", "range.syntax"},
      {"acme/classify@1@2", "range.syntax"},
      {"acme/classify@ champion", "range.syntax"},
      {"acme/classify@v1-next", "range.syntax"},
      {"acme/classify@Champion", "alias.syntax"},
      {"acme/classify@champion ", "alias.syntax"},
      {"acme/classify@champ.ion", "alias.syntax"},
      {"acme/classify@next-", "alias.syntax"},
      {"acme/classify@a@b", "alias.syntax"},
      {"acme/classify@" + long_alias, "alias.syntax"},
  };
  for (const auto& [text, reason] : rows) {
    const auto reference = parse_model_reference(text);
    ASSERT_FALSE(reference.has_value()) << text;
    EXPECT_EQ(reference.error().reason, reason) << text << ": " << reference.error().message;
    EXPECT_EQ(reference.error().code, Code::invalid_argument);
  }
}

TEST(ModelReference, NoAliasReadsAsAVersionOrRange) {
  for (const auto* text :
       {"latest", "x", "v", "v1", "v2-next", "vx", "vvx", "1", "1a", "a.b", "-a", "a-", "A", "", "a b"}) {
    const bool is_free = std::string_view(text) == "v";
    EXPECT_EQ(is_alias_name(text), is_free) << text;
  }
  std::mt19937 random(7);  // NOLINT: the same texts every time
  std::size_t aliases = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (auto n = 1 + random() % 5; n > 0; --n) text += "xv1a-_0="[random() % 8];
    if (!is_alias_name(text)) continue;
    ++aliases;
    ASSERT_FALSE(parse_version_range(text).has_value()) << text;
    ASSERT_FALSE(parse_version_key(text).has_value()) << text;
  }
  EXPECT_GT(aliases, 10'000u);
}

}  // namespace
}  // namespace stoa::registry
