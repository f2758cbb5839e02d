// catalogue_test.cpp: the way of a release from a publisher's first key to an alias, and back.
// SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/catalogue.hpp"

#include <gtest/gtest.h>

#include "registry/catalogue/test_catalogue.hpp"

namespace stoa::registry {
namespace {

TEST(Catalogue, ARelasesWayFromFirstKeyToAlias) {
  TestCatalogue catalogue;
  catalogue.add_acme();
  EXPECT_EQ(catalogue->publisher("acme")->state, "verified");
  const ReleaseRecord release = catalogue.published("1.2.0");
  EXPECT_EQ(release.state, ReleaseState::published);
  EXPECT_EQ(release.models.size(), 2u);
  const auto moved = catalogue->move_alias(catalogue.reviewer, {"acme/classify", "champion", {{"1.2.0"}}, "first"});
  ASSERT_TRUE(moved) << moved.error().message;
  ASSERT_TRUE(moved->step);
  catalogue.open();
  const auto aliases = catalogue->aliases("acme/classify");
  ASSERT_TRUE(aliases);
  ASSERT_EQ(aliases->size(), 1u);
  EXPECT_EQ(aliases->front().targets, (std::vector<AliasTarget>{{"1.2.0", 1'000'000}}));
  const auto whole = catalogue->examine();
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->alias_steps, 1);
  EXPECT_GE(whole->audit.lines, 8);
}

TEST(Catalogue, TokensSayWhoActs) {
  TestCatalogue catalogue;
  const auto first = catalogue->create_first_admin("root");
  ASSERT_TRUE(first && *first);
  EXPECT_FALSE(*catalogue->create_first_admin("root")) << "there is one already";
  const auto actor = catalogue->authenticate((*first)->token);
  ASSERT_TRUE(actor) << actor.error().message;
  EXPECT_EQ(actor->text(), "operator:root");
  const auto publisher = catalogue->create_publisher(*actor, "acme", "");
  ASSERT_TRUE(publisher);
  EXPECT_EQ(catalogue->authenticate(publisher->token)->text(), "publisher:acme");
  std::string mistyped = publisher->token;
  mistyped[12] = mistyped[12] == 'x' ? 'y' : 'x';
  EXPECT_EQ(catalogue->authenticate(mistyped).error().reason, "token.syntax");
  const auto next = catalogue->replace_publisher_token(*actor, "acme");
  ASSERT_TRUE(next);
  EXPECT_EQ(catalogue->authenticate(publisher->token).error().reason, "token.unknown");
  EXPECT_EQ(catalogue->revoke_operator(*actor, "root").error().reason, "operator.last_admin");
}

}  // namespace
}  // namespace stoa::registry
