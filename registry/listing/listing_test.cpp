// listing_test.cpp: what is shown follows every act, and nothing else is shown. SPDX-License-Identifier: Apache-2.0
#include "registry/listing/listing.hpp"

#include <gtest/gtest.h>

#include "registry/catalogue/test_catalogue.hpp"
#include "registry/listing/listing_file.hpp"

namespace stoa::registry {
namespace {

class ListingTest : public ::testing::Test {
 protected:
  ListingTest() : listing([this](const auto& use) { return use(*on.operator->()); }) { on.add_acme(); }

  // "acme/classify 1.2.0 (3)": each model with its newest version and how many are shown.
  std::string shown() {
    const auto index = listing.index();
    EXPECT_TRUE(index) << index.error().message;
    std::string text;
    for (const auto& entry : (*index)->find({})->entries)
      text += (text.empty() ? "" : ", ") + entry->model + " " + entry->version + (entry->is_deprecated ? " old" : "") +
              " (" + std::to_string(entry->versions) + ")";
    // Followed step by step and read at once have to come to the same.
    Listing anew([this](const auto& use) { return use(*on.operator->()); });
    const auto whole = anew.index();
    EXPECT_EQ((*whole)->size(), (*index)->size());
    for (std::size_t i = 0; i < (*whole)->size(); ++i) {
      const auto a = (*whole)->find({.most = 1000})->entries[i], b = (*index)->find({.most = 1000})->entries[i];
      EXPECT_EQ(a->model + a->version + a->release + std::to_string(a->versions),
                b->model + b->version + b->release + std::to_string(b->versions));
    }
    return text;
  }
  std::string chosen(const std::string& model, const std::string& selector) {
    const auto its = listing.model(model);
    if (!its) return its.error().reason;
    const auto release = choose(*its, selector);
    return release ? release->version : release.error().reason;
  }

  TestCatalogue on;
  Listing listing;
};

TEST_F(ListingTest, ShowsWhatIsPublishedOrDeprecatedAndNothingElse) {
  EXPECT_EQ(shown(), "");
  on.good(on.submit("0.9.0"));
  on.checked("0.9.1");
  EXPECT_EQ(shown(), "") << "nobody has reviewed them";
  const ReleaseRecord first = on.published("1.0.0");
  EXPECT_EQ(shown(), "acme/classify 1.0.0 (1), acme/talk 1.0.0 (1)");
  const ReleaseRecord second = on.published("1.1.0");
  on.published("2.0.0-rc.1");
  EXPECT_EQ(shown(), "acme/classify 1.1.0 (3), acme/talk 1.1.0 (3)") << "a pre-release is no newest one";
  on.good(on->deprecate(on.acme, second.id, "old"));
  EXPECT_EQ(shown(), "acme/classify 1.0.0 (3), acme/talk 1.0.0 (3)");
  on.good(on->yank(on.acme, first.id, "broken"));
  EXPECT_EQ(shown(), "acme/classify 1.1.0 old (2), acme/talk 1.1.0 old (2)");
  on.good(on->restore(on.acme, first.id, "not broken"));
  EXPECT_EQ(shown(), "acme/classify 1.0.0 (3), acme/talk 1.0.0 (3)");
  on.good(on->revoke(on.reviewer, first.id, "harmful"));
  on.good(on->revoke(on.reviewer, second.id, "harmful"));
  EXPECT_EQ(shown(), "acme/classify 2.0.0-rc.1 (1), acme/talk 2.0.0-rc.1 (1)") << "there is nothing else";
}

TEST_F(ListingTest, ADelistedPluginIsNotThereAndItsNeighboursAre) {
  on.published("1.0.0");
  on.published({.version = "1.0.0", .plugin = "ears", .model = "hear"});
  EXPECT_EQ(shown(), "acme/classify 1.0.0 (1), acme/ears-talk 1.0.0 (1), acme/hear 1.0.0 (1), acme/talk 1.0.0 (1)");
  ASSERT_TRUE(on->set_plugin_state(on.acme, "acme/vision", "delisted", "done with it"));
  EXPECT_EQ(shown(), "acme/ears-talk 1.0.0 (1), acme/hear 1.0.0 (1)");
  EXPECT_EQ(listing.model("acme/classify").error().reason, "model.unknown");
  EXPECT_TRUE(listing.model("acme/hear"));
  ASSERT_TRUE(on->set_plugin_state(on.acme, "acme/vision", "listed", "again"));
  EXPECT_EQ(chosen("acme/classify", ""), "1.0.0");
}

TEST_F(ListingTest, AModelThatANewVersionLacksKeepsItsOldOne) {
  on.published({.version = "1.0.0", .model = "classify"});
  on.published({.version = "1.1.0", .model = "sort"});
  EXPECT_EQ(shown(), "acme/classify 1.0.0 (1), acme/sort 1.1.0 (1), acme/talk 1.1.0 (2)");
}

TEST_F(ListingTest, AKeyThatIsRevokedTakesItsReleasesAway) {
  on.published("1.0.0");
  on.now_ms += 10;
  const std::int64_t from = on.now_ms;
  on.now_ms += 10;
  on.published("1.1.0");
  EXPECT_EQ(chosen("acme/classify", ""), "1.1.0");
  ASSERT_TRUE(on->revoke_key(on.acme, "acme", on.key.public_key().id(), from, "stolen"));
  EXPECT_EQ(shown(), "acme/classify 1.0.0 (1), acme/talk 1.0.0 (1)");
}

TEST_F(ListingTest, NamesMeanWhatTheyMeanEverywhere) {
  for (const char* version : {"1.0.0", "1.2.0", "1.10.0", "2.0.0-rc.1"}) on.published(version);
  const ReleaseRecord yanked = on.published("1.11.0");
  on.good(on->yank(on.acme, yanked.id, "broken"));
  ASSERT_TRUE(on->move_alias(on.reviewer, {"acme/classify", "champion", {{"1.2.0"}}, ""}));
  ASSERT_TRUE(on->move_alias(on.reviewer, {"acme/classify", "lost", {{"1.0.0"}}, ""}));
  const struct {
    const char *model, *selector, *version;
  } rows[] = {
      {"acme/classify", "", "1.10.0"},
      {"acme/classify", "latest", "1.10.0"},
      {"acme/classify", "^1.2", "1.10.0"},
      {"acme/classify", "~1.2", "1.2.0"},
      {"acme/classify", "1.0.0", "1.0.0"},
      {"acme/classify", "2.0.0-rc.1", "2.0.0-rc.1"},
      {"acme/classify", "champion", "1.2.0"},
      {"acme/classify", "challenger", "alias.unknown"},
      {"acme/classify", "3", "range.unmatched"},
      {"acme/classify", "1.11.0", "version.unknown"},
      {"acme/classify", ">=1 <", "range.syntax"},
      {"acme/classify", "a b", "alias.syntax"},
      {"acme/nothing", "", "model.unknown"},
      {"nobody/classify", "", "model.unknown"},
      {"classify", "", "model.unknown"},
      {"", "", "model.unknown"},
      {"acme/classify' OR '1'='1", "", "model.unknown"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(chosen(row.model, row.selector), row.version) << row.model << '@' << row.selector;
  const auto model = listing.model("acme/classify");
  EXPECT_EQ(model->plugin, "acme/vision");
  ASSERT_EQ(model->aliases.size(), 2u);
  ASSERT_EQ(model->releases.size(), 4u);
  EXPECT_EQ(model->releases[0].version, "2.0.0-rc.1");
  EXPECT_EQ(model->releases[3].version, "1.0.0");
  on.good(on->revoke(on.reviewer, on->release("acme/vision", "1.0.0")->id, "harmful"));
  EXPECT_EQ(listing.model("acme/classify")->aliases.size(), 1u) << "one that points at what is not shown is not either";
  EXPECT_EQ(chosen("acme/classify", "lost"), "alias.target") << "but it is there";
}

TEST_F(ListingTest, AnActOnSomethingElseReadsNothingAgain) {
  on.published("1.0.0");
  const auto before = *listing.index();
  EXPECT_EQ(*listing.index(), before) << "nothing happened";
  ASSERT_TRUE(on->create_operator(on.admin, "otto", Role::auditor));
  EXPECT_EQ(*listing.index(), before) << "no plugin has a line";
  on.published("1.1.0");
  EXPECT_NE(*listing.index(), before);
}

// The file is believed where it is whole and of this log, and then nothing is different but what is read.
TEST_F(ListingTest, WhatWasKeptIsWhatIsReadAnewWhateverHappenedSince) {
  const auto file = on.folder / ".listing";
  const auto with = [this](const auto& use) { return use(*on.operator->()); };
  on.published("1.0.0");
  on.published({.version = "1.0.0", .plugin = "ears", .model = "hear"});
  const std::string both =
      "acme/classify 1.0.0 (1), acme/ears-talk 1.0.0 (1), acme/hear 1.0.0 (1), acme/talk 1.0.0 (1)";
  const auto shown_by = [](Listing& one) {
    std::string text;
    for (const auto& entry : (*one.index())->find({})->entries)
      text += (text.empty() ? "" : ", ") + entry->model + " " + entry->version + " (" +
              std::to_string(entry->versions) + ")";
    return text;
  };
  {
    Listing first(with, file);
    EXPECT_EQ(shown_by(first), both);
    EXPECT_TRUE(std::filesystem::exists(file)) << "all of it was read: the next start need not";
  }
  const auto kept = read_listing_file(file);
  ASSERT_TRUE(kept);
  const auto written = (*listing.index())->entries();
  ASSERT_EQ(kept->entries.size(), written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    const SearchEntry &a = *kept->entries[i], &b = *written[i];
    EXPECT_TRUE(a.model == b.model && a.plugin == b.plugin && a.task == b.task && a.description == b.description &&
                a.inputs == b.inputs && a.outputs == b.outputs && a.licence_code == b.licence_code &&
                a.licence_weights == b.licence_weights && a.meters == b.meters && a.prices == b.prices &&
                a.is_streaming == b.is_streaming && a.release == b.release && a.version == b.version &&
                a.is_deprecated == b.is_deprecated && a.published_ms == b.published_ms && a.versions == b.versions)
        << a.model;
  }
  const std::string good = file_bytes(file);
  on.published("1.1.0");
  ASSERT_TRUE(on->set_plugin_state(on.acme, "acme/ears", "delisted", "done with it"));
  const std::string now = "acme/classify 1.1.0 (2), acme/talk 1.1.0 (2)";
  std::string other_byte = good;
  other_byte[good.size() / 2] ^= 1;
  const auto of_another_log = [&] {
    EXPECT_TRUE(keep_listing_file(file, {{kept->head.lines, {}}, kept->entries}));
    return file_bytes(file);
  };
  for (const std::string& bytes : {good, other_byte, good.substr(0, good.size() - 1), std::string(), of_another_log(),
                                   std::string("stoa listing")}) {
    write_file(file, bytes);
    Listing again(with, file);
    EXPECT_EQ(shown_by(again), now) << bytes.size();
    again.keep();
    EXPECT_EQ(read_listing_file(file)->entries.size(), 2u);
  }
}

}  // namespace
}  // namespace stoa::registry
