// search_test.cpp: what there is, page by page, and what a text finds. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "registry/catalogue/test_catalogue.hpp"

namespace stoa::registry {
namespace {

// Drafts are rows like all others, and cheap.
ReleaseId announce(TestCatalogue& on, int number) {
  const auto made = on->open_draft(on.acme, {"acme/vision", "0.0." + std::to_string(number), {}, 1, ""});
  EXPECT_TRUE(made) << made.error().message;
  return made->id;
}

TEST(Search, PagesAreStableWhileNewOnesArrive) {
  TestCatalogue on;
  on.add_acme();
  std::vector<ReleaseId> old;
  for (int i = 0; i < 23; ++i) {
    on.now_ms += i % 3;  // some in the same millisecond
    old.push_back(announce(on, i));
  }
  std::ranges::sort(old, std::greater{});
  std::vector<ReleaseId> seen;
  ReleaseFilter filter{.most = 5};
  for (int page = 0;; ++page) {
    on.now_ms += 1;
    announce(on, 100 + page);
    const auto releases = on->releases(filter);
    ASSERT_TRUE(releases) << releases.error().message;
    if (page == 0) {
      filter.after = old[0].text;  // begins behind the newest of the old
      seen.push_back(old[0]);
      continue;
    }
    if (releases->empty()) break;
    EXPECT_LE(releases->size(), 5u);
    for (const ReleaseRecord& release : *releases) seen.push_back(release.id);
    filter.after = seen.back().text;
  }
  EXPECT_EQ(seen, old) << "each once, from the newest back";
}

TEST(Search, ATextIsLookedForAsItStands) {
  TestCatalogue on;
  on.add_acme();
  on.published({.version = "1.0.0", .plugin = "vision", .model = "classify", .description = "100% sure"});
  on.published({.version = "1.0.0", .plugin = "ears", .model = "hear_all", .description = "it's loud"});
  on.published({.version = "1.0.0", .plugin = "nose", .model = "smell", .description = "back\\\\slash"});
  const std::pair<std::string, std::set<std::string>> rows[] = {
      {"", {"acme/ears", "acme/nose", "acme/vision"}},
      {"acme", {"acme/ears", "acme/nose", "acme/vision"}},
      {"ears", {"acme/ears"}},
      {"CLASSIFY", {"acme/vision"}},
      {"%", {"acme/vision"}},
      {"0% s", {"acme/vision"}},
      {"_", {"acme/ears"}},
      {"r_a", {"acme/ears"}},
      {"rxa", {}},
      {"'", {"acme/ears"}},
      {"' OR '1'='1", {}},
      {"it's", {"acme/ears"}},
      {"\"", {}},
      {"\\", {"acme/nose"}},
      {"\\%", {}},
      {"k\\s", {"acme/nose"}},
      {"; DROP TABLE releases; --", {}},
      {"image-class", {"acme/ears", "acme/nose", "acme/vision"}},
      {std::string("%\0x", 3), {}},
  };
  for (const auto& [text, expected] : rows) {
    const auto releases = on->releases({.text = text});
    ASSERT_TRUE(releases) << releases.error().message;
    std::set<std::string> found;
    for (const ReleaseRecord& release : *releases) found.insert(release.plugin);
    EXPECT_EQ(found, expected) << "'" << text << "'";
  }
}

TEST(Search, FiltersAreTakenTogether) {
  ReadyCatalogue on;
  const auto count = [&](const ReleaseFilter& filter) {
    const auto releases = on->releases(filter);
    EXPECT_TRUE(releases);
    return releases->size();
  };
  EXPECT_EQ(count({}), 10u);
  EXPECT_EQ(count({.publisher = "acme"}), 10u);
  EXPECT_EQ(count({.publisher = "rival"}), 0u);
  EXPECT_EQ(count({.plugin = "acme/vision"}), 10u);
  EXPECT_EQ(count({.plugin = "acme/visio"}), 0u);
  EXPECT_EQ(count({.model = "acme/talk"}), 9u) << "a draft has no models";
  EXPECT_EQ(count({.model = "talk"}), 0u);
  EXPECT_EQ(count({.task = "text-generation"}), 9u);
  EXPECT_EQ(count({.model = "acme/talk", .task = "image-classification"}), 0u);
  EXPECT_EQ(count({.most = 3}), 3u);
  for (std::size_t i = 0; i < kReleaseStates; ++i) {
    const auto state = static_cast<ReleaseState>(i);
    EXPECT_EQ(count({.state = state}), state == ReleaseState::published ? 2u : 1u) << name_of(state);
  }
  for (const bool with : {false, true}) {
    const auto releases = on->releases({.state = ReleaseState::published, .with_manifest = with});
    for (const ReleaseRecord& release : *releases) {
      EXPECT_EQ(release.manifest.empty(), !with);
      EXPECT_EQ(release.models.size(), 2u);
    }
  }
}

TEST(Search, OfTheAuditLogGoesBackPageByPage) {
  ReadyCatalogue on;
  EXPECT_EQ(on->audit(on.reviewer, 0, 5, "").error().reason, "role.not_allowed");
  std::int64_t before = 0, expected = on->examine()->audit.lines;
  for (;;) {
    const auto lines = on->audit(on.auditor, before, 7, "");
    ASSERT_TRUE(lines);
    if (lines->empty()) break;
    for (const AuditLine& line : *lines) EXPECT_EQ(line.line, expected--);
    before = lines->back().line;
  }
  EXPECT_EQ(expected, 0);
  const auto of_one = on->audit(on.auditor, 0, 100, "acme/vision 1.2.0");
  ASSERT_EQ(of_one->size(), 6u);
  EXPECT_EQ(of_one->front().action, "release.yank");
  EXPECT_EQ(of_one->back().action, "release.draft");
}

}  // namespace
}  // namespace stoa::registry
