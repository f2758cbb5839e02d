// search_index_test.cpp: what a query finds, in which order, and that pages stay true while models come and go.
// SPDX-License-Identifier: Apache-2.0
#include "registry/listing/search_index.hpp"

#include <gtest/gtest.h>

#include <set>

#include "registry/package/test_package.hpp"

namespace stoa::registry {
namespace {

struct Made {
  std::string model, task = "image-classification", description = {}, code = "MIT", weights = "MIT";
  std::vector<PriceDeclaration> prices = {};
  std::int64_t published_ms = 0;
  bool is_deprecated = false;
  std::vector<std::string> inputs = {"image"}, outputs = {"tensor"};
};

std::shared_ptr<const SearchEntry> entry(const Made& made) {
  SearchEntry out;
  out.model = made.model;
  out.plugin = made.model.substr(0, made.model.find('/')) + "/plugin";
  out.task = made.task;
  out.description = made.description;
  out.licence_code = made.code;
  out.licence_weights = made.weights;
  out.prices = made.prices;
  out.published_ms = made.published_ms;
  out.is_deprecated = made.is_deprecated;
  out.inputs = made.inputs;
  out.outputs = made.outputs;
  return std::make_shared<const SearchEntry>(std::move(out));
}

LicenceRules only(std::vector<std::string> allowed) {
  return *LicenceRules::parse({.allowed = std::move(allowed), .otherwise = "denied"});
}

const SearchIndex& sample() {
  static const SearchIndex index({
      entry({.model = "acme/boots", .description = "Sees BOOTS, 100% sure", .published_ms = 3}),
      entry({.model = "acme/ears",
             .task = "speech-recognition",
             .code = "Apache-2.0",
             .weights = "CC-BY-NC-4.0",
             .prices = {{"token.out", "EUR", 2'000'000'000, 1'000'000}},
             .published_ms = 5,
             .inputs = {"audio"},
             .outputs = {"text"}}),
      entry({.model = "beta/talk",
             .task = "text-generation",
             .code = "MIT OR GPL-3.0-only",
             .prices = {{"token.in", "EUR", 1'000, 1}, {"token.out", "EUR", 3'000, 1}, {"token.out", "USD", 0, 1}},
             .published_ms = 5,
             .inputs = {"text"},
             .outputs = {"text"}}),
      entry({.model = "beta/boot-camp",
             .description = "\xc3\x9c"
                            "bung",
             .code = "MIT AND GPL-3.0-only",
             .prices = {{"call", "EUR", 0, 1}},
             .published_ms = 1,
             .is_deprecated = true}),
  });
  return index;
}

std::string found(const SearchQuery& query) {
  const auto page = sample().find(query);
  EXPECT_TRUE(page) << page.error().message;
  std::string names;
  for (const auto& one : page->entries) names += (names.empty() ? "" : " ") + one->model;
  return names;
}

TEST(SearchIndex, FindsWhatEveryConditionAdmits) {
  const struct {
    SearchQuery query;
    const char* names;
  } rows[] = {
      {{}, "acme/boots acme/ears beta/boot-camp beta/talk"},
      {{.text = "boot"}, "acme/boots beta/boot-camp"},
      {{.text = "  boots\tACME "}, "acme/boots"},
      {{.text = "100%"}, "acme/boots"},
      {{.text = "a/plugin"}, "beta/boot-camp beta/talk"},
      {{.text = "plugin image"}, "acme/boots beta/boot-camp"},
      {{.text = "talk text-g"}, "beta/talk"},
      {{.text = "bootsacme"}, ""},
      {{.text = "\xc3\x9c"
                "bung"},
       "beta/boot-camp"},
      {{.text = "%"}, "acme/boots"},
      {{.text = std::string("\0", 1)}, ""},
      {{.publisher = "acme"}, "acme/boots acme/ears"},
      {{.publisher = "acm"}, ""},
      {{.task = "text-generation"}, "beta/talk"},
      {{.task = "text"}, ""},
      {{.input = "text"}, "beta/talk"},
      {{.output = "text"}, "acme/ears beta/talk"},
      {{.modality = "text"}, "acme/ears beta/talk"},
      {{.modality = "audio"}, "acme/ears"},
      {{.code = only({"MIT"})}, "acme/boots beta/talk"},
      {{.code = only({"MIT", "GPL-*"})}, "acme/boots beta/boot-camp beta/talk"},
      {{.code = only({"gpl-3.0-only"})}, "beta/talk"},
      {{.weights = only({"CC-BY-*"})}, "acme/ears"},
      {{.code = only({"MIT"}), .weights = only({"CC-BY-*"})}, ""},
      {{.price = PriceLimit{"EUR", "", 0}}, "beta/boot-camp"},
      {{.price = PriceLimit{"", "", 0}}, "beta/boot-camp"},
      {{.price = PriceLimit{"EUR", "", 1'999}}, "beta/boot-camp"},
      {{.price = PriceLimit{"EUR", "", 2'000}}, "acme/ears beta/boot-camp"},
      {{.price = PriceLimit{"EUR", "", 3'000}}, "acme/ears beta/boot-camp beta/talk"},
      {{.price = PriceLimit{"EUR", "token.in", 1'000}}, "beta/talk"},
      {{.price = PriceLimit{"EUR", "token.out", 2'999}}, "acme/ears"},
      {{.price = PriceLimit{"USD", "", 0}}, "beta/talk"},
      {{.price = PriceLimit{"JPY", "", 1'000'000}}, ""},
      {{.price = PriceLimit{"EUR", "", UINT64_MAX}}, "acme/ears beta/boot-camp beta/talk"},
      {{.takes_deprecated = false}, "acme/boots acme/ears beta/talk"},
      {{.order = SearchOrder::newest}, "acme/ears beta/talk acme/boots beta/boot-camp"},
      {{.most = 2}, "acme/boots acme/ears"},
  };
  for (const auto& row : rows) EXPECT_EQ(found(row.query), row.names) << "text '" << row.query.text << "'";
}

TEST(SearchIndex, OfNothingFindsNothing) {
  const auto page = SearchIndex().find({.text = "x"});
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->entries.empty() && page->next.empty());
}

// Whatever is put in or taken out between two pages, what was there all the time is seen once, in the order.
TEST(SearchIndex, PagesStayTrueWhileModelsComeAndGo) {
  for (const SearchOrder order : {SearchOrder::name, SearchOrder::newest}) {
    SearchIndex::Entries entries;
    for (int i = 0; i < 40; ++i)
      entries.push_back(entry({.model = "acme-" + std::to_string(i) + "/m", .published_ms = i % 4}));
    SearchIndex index(entries);
    SearchQuery query{.order = order, .most = 7};
    std::vector<std::string> seen;
    std::set<std::string> gone;
    for (int round = 0;; ++round) {
      const auto page = index.find(query);
      ASSERT_TRUE(page) << page.error().message;
      for (const auto& one : page->entries) seen.push_back(one->model);
      if (page->next.empty()) break;
      query.after = page->next;
      // The last one seen goes, the cursor with it; another one comes everywhere.
      const std::string last = page->entries.back()->plugin;
      gone.insert(page->entries.back()->model);
      index = index.with({last}, {entry({.model = "new-" + std::to_string(round) + "/a", .published_ms = round})});
    }
    std::erase_if(seen, [](const std::string& name) { return name.starts_with("new-"); });
    EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), seen.size()) << "one is seen twice";
    EXPECT_EQ(seen.size(), 40u);
    EXPECT_FALSE(gone.empty());
  }
}

TEST(SearchIndex, ACursorIsOfItsOrderOrRefused) {
  const auto by_name = sample().find({.most = 1}), by_time = sample().find({.order = SearchOrder::newest, .most = 1});
  for (const std::string& cursor :
       {by_time->next, std::string("x"), std::string("6"), std::string("6e"), std::string("6g3a"), std::string("743a"),
        std::string("743a783a61"), by_name->next + "0", std::string(5000, 'f')}) {
    const auto page = sample().find({.after = cursor});
    ASSERT_FALSE(page) << cursor;
    EXPECT_EQ(page.error().reason, "catalogue.cursor");
  }
  EXPECT_FALSE(sample().find({.order = SearchOrder::newest, .after = by_name->next}));
}

TEST(Modalities, AreWhatThePortsTake) {
  const auto port = [](const char* kind, std::vector<std::string> types) {
    PortDeclaration made;
    made.kind = kind;
    made.media_types = std::move(types);
    return made;
  };
  using Words = std::vector<std::string>;
  EXPECT_EQ(modalities_of({port("bytes", {"image/png", "image/jpeg"}), port("tensor", {})}),
            (Words{"image", "tensor"}));
  EXPECT_EQ(modalities_of({port("bytes", {})}), Words{"bytes"});
  EXPECT_EQ(modalities_of({port("bytes", {"application/pdf"})}), Words{"bytes"});
  EXPECT_EQ(modalities_of({port("bytes", {"text/csv", "application/json", "video/mp4", "audio/wav"})}),
            (Words{"audio", "json", "text", "video"}));
  EXPECT_EQ(modalities_of({port("text", {"text/html"}), port("json", {})}), (Words{"json", "text"}));
  EXPECT_EQ(modalities_of({port("tensor", {"audio/pcm;rate=16000"})}), (Words{"audio", "tensor"}));
  for (const auto& word : modalities_of({port("bytes", {"text/csv"})})) EXPECT_TRUE(is_modality(word));
  EXPECT_FALSE(is_modality("smell"));
}

TEST(SearchEntry, SaysWhatTheManifestSays) {
  const auto manifest = parse_source_manifest(kSampleManifest);
  ASSERT_TRUE(manifest);
  const SearchEntry classify = entry_of(*manifest, manifest->models[0]),
                    talk = entry_of(*manifest, manifest->models[1]);
  EXPECT_EQ(classify.model, "acme/classify");
  EXPECT_EQ(classify.publisher(), "acme");
  EXPECT_EQ(classify.description, "sees") << "the plugin's, where the model has none";
  EXPECT_EQ(classify.licence_weights, "CC-BY-4.0 OR LicenseRef-acme");
  EXPECT_EQ(classify.inputs, (std::vector<std::string>{"image", "tensor"}));
  EXPECT_EQ(talk.outputs, std::vector<std::string>{"json"});
  EXPECT_TRUE(talk.is_streaming);
}

}  // namespace
}  // namespace stoa::registry
