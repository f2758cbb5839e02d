// model_card_test.cpp: a card is the text of a stranger: whatever it says, it stays text.
// SPDX-License-Identifier: Apache-2.0
#include "registry/listing/model_card.hpp"

#include <gtest/gtest.h>

#include "registry/listing/markdown.hpp"
#include "registry/package/test_package.hpp"

namespace stoa::registry {
namespace {

TEST(Markdown, TextStaysText) {
  const std::pair<std::string, const char*> rows[] = {
      {"Classifies pictures of clothes, fast.", "Classifies pictures of clothes, fast."},
      {"", ""},
      {" \t\n ", ""},
      {"    code", "code"},
      {"a\n# b", "a \\# b"},
      {"# Title", "\\# Title"},
      {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
      {"<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"},
      {"&lt;b&gt;", "&amp;lt;b&amp;gt;"},
      {"&#60;b>", "&amp;\\#60;b&gt;"},
      {"[click](javascript:alert(1))", "\\[click\\](javascript\\:alert(1))"},
      {"![](https://evil.example/x.png)", "\\!\\[\\](https\\://evil\\.example/x\\.png)"},
      {"https://evil.example", "https\\://evil\\.example"},
      {"www.evil.example", "www\\.evil\\.example"},
      {"mail a@b.example", "mail a\\@b\\.example"},
      {"**bold** _it_ ~~gone~~", "\\*\\*bold\\*\\* \\_it\\_ \\~\\~gone\\~\\~"},
      {"`code`", "\\`code\\`"},
      {"a | b", "a \\| b"},
      {"- item", "\\- item"},
      {"+ item", "\\+ item"},
      {"=====", "\\====="},
      {"---", "\\---"},
      {"1. first", "1\\. first"},
      {"1) first", "1\\) first"},
      {"3.14 is a number", "3.14 is a number"},
      {"2.", "2\\."},
      {"$x^2$", "\\$x\\^2\\$"},
      {"back\\slash", "back\\\\slash"},
      {"line  \nbreak", "line break"},
      {"a\r\nb", "a b"},
      {"\x1b[2J", "\xef\xbf\xbd\\[2J"},
      {std::string("a\0b", 3),
       "a\xef\xbf\xbd"
       "b"},
      {"a\xc2\x9b"
       "b",
       "a\xef\xbf\xbd"
       "b"},
      {"gpj.\xe2\x80\xae"
       "exe",
       "gpj.\xef\xbf\xbd"
       "exe"},
      {"ac\xe2\x80\x8bme",
       "ac\xef\xbf\xbd"
       "me"},
      {"a\xff"
       "b",
       "a\xef\xbf\xbd"
       "b"},
      {"a\xe2\x80", "a\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xc3\x9c"
       "bung \xf0\x9f\x91\x9f",
       "\xc3\x9c"
       "bung \xf0\x9f\x91\x9f"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(markdown_text(text), expected) << text;
}

TEST(Markdown, LinesStayLinesAndItemsItems) {
  const std::pair<const char*, const char*> rows[] = {
      {"", ""},
      {"one", "one\n"},
      {"one\ntwo\n\n\nthree", "one\ntwo\n\nthree\n"},
      {"- a\n- b", "- a\n- b\n"},
      {"new:\n- a\n* b\nend", "new:\n\n- a\n- b\n\nend\n"},
      {"- # no heading", "- \\# no heading\n"},
      {"- - nested", "- \\- nested\n"},
      {"```\nrm -rf\n```", "\\`\\`\\`\nrm -rf\n\\`\\`\\`\n"},
      {"a\n===\nb\n---", "a\n\\===\nb\n\\---\n"},
      {"> quote", "&gt; quote\n"},
      {"[a]: https://evil.example", "\\[a\\]: https\\://evil\\.example\n"},
      {"    indented\n\ttab", "indented\ntab\n"},
      {"| a |\n|---|\n| b |", "\\| a \\|\n\\|---\\|\n\\| b \\|\n"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(markdown_lines(text), expected) << text;
}

TEST(Markdown, CodeEndsWhereItEnds) {
  const std::pair<const char*, const char*> rows[] = {
      {"a-b.c", "`a-b.c`"},   {"", "-"},          {"a`b", "``a`b``"}, {"`", "`` ` ``"},
      {"``x", "``` ``x ```"}, {"a|b", "`a\\|b`"}, {"<b>", "`<b>`"},   {"a\nb", "`a b`"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(markdown_code(text), expected) << text;
}

TEST(ModelCard, SaysWhatTheManifestSays) {
  auto document = nlohmann::ordered_json::parse(kSampleManifest);
  document["changelog"] = "- sees boots\n- faster";
  document["models"][0]["description"] = "Sees <b>boots</b> | [more](https://evil.example)";
  document["models"][0]["prices"] = {{{"meter", "image"}, {"currency", "EUR"}, {"nano", 2'500'000}, {"per", 1000}}};
  const auto manifest = parse_source_manifest(document.dump());
  ASSERT_TRUE(manifest) << manifest.error().message;
  ReleaseRecord release;
  release.version = "1.2.0";
  release.state = ReleaseState::deprecated;
  release.state_because = "use # 2";
  release.changelog = manifest->changelog;
  release.package_bytes = 700;
  const std::string card = markdown_of({release, *manifest, manifest->models[0], "2026-09-21T13:33:20.000Z"});
  for (const char* line : {
           "# acme/classify\n",
           "Sees &lt;b&gt;boots&lt;/b&gt; \\| \\[more\\](https\\://evil\\.example)\n",
           "| version | `1.2.0` |\n",
           "| state | deprecated: use \\# 2 |\n",
           "| task | `image-classification` |\n",
           "| takes | `image`, `tensor` |\n",
           "| licence of the weights | `CC-BY-4.0 OR LicenseRef-acme` |\n",
           "| asked price | 0.0025 EUR for 1000 image |\n",
           "| `pixels` | `UINT8[any, 2]` |  | no |  |\n",
           "Exactly one of `image`, `pixels` is given.\n",
           "| platform | `linux-x86_64, glibc 2.36` |\n",
           "| permissions | `scratch:64MiB` |\n",
           "answers to 1 golden case;",
           "## What 1.2.0 changes\n\n- sees boots\n- faster\n",
       })
    EXPECT_NE(card.find(line), std::string::npos) << line << "is not in\n" << card;
  EXPECT_EQ(card.find("<b>"), std::string::npos);
}

TEST(ModelCard, PricesAreExact) {
  const std::pair<PriceDeclaration, const char*> rows[] = {
      {{"call", "EUR", 0, 1}, "0 EUR for 1 call"},
      {{"call", "EUR", 1, 1}, "0.000000001 EUR for 1 call"},
      {{"token.out", "USD", 2'000'000'000, 1'000'000}, "2 USD for 1000000 token.out"},
      {{"image", "JPY", 1'500'000'000, 1}, "1.5 JPY for 1 image"},
      {{"image", "JPY", 1'000'000'000'000'000, 1}, "1000000 JPY for 1 image"},
  };
  for (const auto& [price, text] : rows) EXPECT_EQ(price_text(price), text);
}

}  // namespace
}  // namespace stoa::registry
