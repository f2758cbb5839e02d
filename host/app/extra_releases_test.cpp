// extra_releases_test.cpp: which releases are held for those who ask, and which give way.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/extra_releases.hpp"

#include <gtest/gtest.h>

#include <map>

namespace stoa::app {
namespace {

using rollout::ReleaseId;

class ExtraReleasesTest : public testing::Test {
 protected:
  // "new", "new, acme/b gave way", "known", or the reason.
  std::string ask(const std::string& model, const std::string& version, std::int64_t now_ms) {
    const auto answer = extras.ask({model, version}, now_ms);
    if (!answer) return answer.error().reason;
    if (!answer->is_new) return "known";
    return answer->gave_way.empty() ? "new" : "new, " + answer->gave_way + " gave way";
  }
  void load(const std::string& model, const std::string& version, std::int64_t used_ms = 0) {
    used[{model, version}] = used_ms;
  }

  std::map<ReleaseId, std::int64_t> used;
  ExtraReleases extras{2, [this](const ReleaseId& release) {
                         const auto at = used.find(release);
                         return at == used.end() ? std::nullopt : std::optional(at->second);
                       }};
};

TEST_F(ExtraReleasesTest, TheLeastRecentlyUsedOneGivesWay) {
  EXPECT_EQ(ask("acme/a", "1.0.0", 100), "new");
  EXPECT_EQ(ask("acme/b", "1.0.0", 200), "new");
  EXPECT_EQ(ask("acme/a", "1.0.0", 300), "known");
  load("acme/a", "1.0.0");
  load("acme/b", "1.0.0");
  EXPECT_EQ(ask("acme/c", "1.0.0", 400), "new, acme/b gave way");
  EXPECT_EQ(extras.models(), (std::vector<std::string>{"acme/a", "acme/c"}));
  load("acme/c", "1.0.0");
  load("acme/a", "1.0.0", 500);  // was asked without a word to this one: its version was in the catalogue
  EXPECT_EQ(ask("acme/a", "1.1.0", 600), "new, acme/c gave way");
  EXPECT_EQ(extras.versions_of("acme/a"), (std::vector<std::string>{"1.0.0", "1.1.0"}));
  EXPECT_EQ(extras.count(), 2u);
}

TEST_F(ExtraReleasesTest, WhatIsStillLoadedGivesNoWay) {
  EXPECT_EQ(ask("acme/a", "1.0.0", 100), "new");
  EXPECT_EQ(ask("acme/b", "1.0.0", 200), "new");
  EXPECT_EQ(ask("acme/c", "1.0.0", 300), "release.no_room");
  load("acme/b", "1.0.0");
  EXPECT_EQ(ask("acme/c", "1.0.0", 400), "new, acme/b gave way");
}

TEST_F(ExtraReleasesTest, WhatFailedTakesNoRoomAndIsTriedAgainLater) {
  EXPECT_EQ(ask("acme/a", "1.0.0", 0), "new");
  EXPECT_TRUE(extras.fail({"acme/a", "1.0.0"}, {Code::internal, "load.golden", "case 1 differs", 0}, 1'000));
  EXPECT_FALSE(extras.fail({"acme/x", "1.0.0"}, {Code::internal, "load.golden", "", 0}, 1'000)) << "nobody asked";
  const auto refused = extras.ask({"acme/a", "1.0.0"}, 2'000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "release.load_failed");
  EXPECT_EQ(refused.error().message, "acme/a 1.0.0 does not load here: case 1 differs");
  EXPECT_EQ(refused.error().retry_after_ms, 29'000u);
  EXPECT_EQ(ask("acme/b", "1.0.0", 3'000), "new");
  EXPECT_EQ(ask("acme/c", "1.0.0", 3'000), "new");
  load("acme/b", "1.0.0");
  EXPECT_EQ(ask("acme/a", "1.0.0", 31'000), "new, acme/b gave way");
}

}  // namespace
}  // namespace stoa::app
