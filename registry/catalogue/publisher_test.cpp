// publisher_test.cpp: states of publishers, names that are held, keys before and after their ends.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "registry/catalogue/test_catalogue.hpp"

namespace stoa::registry {
namespace {

TEST(Publisher, ChangesItsStateByTheStepsThatAreDrawn) {
  // What it becomes by set_publisher_state: pending, verified, suspended, closed.
  const std::pair<std::string, std::string_view> rows[] = {
      {"pending", "...x"}, {"verified", "..xx"}, {"suspended", ".x.x"}, {"closed", "...."}};
  const std::string states[] = {"pending", "verified", "suspended", "closed", "", "Verified"};
  for (const auto& [from, steps] : rows)
    for (std::size_t i = 0; i < std::size(states); ++i) {
      TestCatalogue on;
      ASSERT_TRUE(on->create_publisher(on.admin, "acme", ""));
      if (from != "pending") on.add_key(on.key);
      if (from != "pending" && from != "verified") ASSERT_TRUE(on->set_publisher_state(on.admin, "acme", from, "x"));
      ASSERT_EQ(on->publisher("acme")->state, from);
      const bool is_step = i < steps.size() && steps[i] == 'x';
      EXPECT_EQ(on.refusal([&] { return on->set_publisher_state(on.admin, "acme", states[i], "because"); }),
                is_step ? "done" : "publisher.state")
          << from << " to " << states[i];
      EXPECT_EQ(on->publisher("acme")->state, is_step ? states[i] : from);
    }
}

TEST(Publisher, PublishesOnlyWhileItIsVerified) {
  TestCatalogue on;
  ASSERT_TRUE(on->create_publisher(on.admin, "acme", ""));
  const NewRelease next = on.announcement({.version = "2.0.0"}, &on.key);
  const auto open = [&] { return on.refusal([&] { return on->open_draft(on.acme, next); }); };
  EXPECT_EQ(open(), "publisher.state") << "no key yet";
  on.add_key(on.key);
  const ReleaseRecord release = on.checked("1.0.0");
  const ReleaseRecord old = on.published("0.9.0");
  const auto draft = on.draft({.version = "1.1.0"});
  ASSERT_TRUE(draft);
  ASSERT_TRUE(on->set_publisher_state(on.admin, "acme", "suspended", "looked into"));
  EXPECT_EQ(open(), "publisher.state");
  EXPECT_EQ(on.refusal([&] { return on.submit_to(draft->id, {.version = "1.1.0"}, &on.key); }), "publisher.state");
  EXPECT_EQ(on.refusal([&] { return on.try_key(on.acme, PrivateKey::generate()); }), "publisher.state");
  EXPECT_EQ(on.refusal([&] { return on->review(on.reviewer, release.id, Verdict::accept, ""); }), "publisher.state");
  EXPECT_TRUE(on->yank(on.acme, old.id, "withdrawn")) << "it may always take back";
  EXPECT_EQ(on.refusal([&] { return on->restore(on.acme, old.id, ""); }), "publisher.state");
  ASSERT_TRUE(on->set_publisher_state(on.admin, "acme", "verified", "fine"));
  EXPECT_TRUE(on->review(on.reviewer, release.id, Verdict::accept, ""));
  EXPECT_TRUE(on->restore(on.acme, old.id, ""));
}

TEST(Publisher, ThatIsSuspendedIsNotPublishedByItself) {
  TestCatalogue on({.cool_down_ms = 0, .review_required = false});
  on.add_acme();
  const auto release = on.submit("1.0.0");
  ASSERT_TRUE(release && on->begin_checks(release->id));
  ASSERT_TRUE(on->set_publisher_state(on.admin, "acme", "suspended", "x"));
  const auto waits = on->end_checks(release->id, {});
  ASSERT_TRUE(waits);
  EXPECT_EQ(waits->state, ReleaseState::validating);
  EXPECT_EQ(waits->state_because, "publisher 'acme' is suspended");
}

TEST(Publisher, HasANameOfItsOwn) {
  TestCatalogue on;
  on.add_acme();
  for (const std::string& name :
       {std::string(), std::string("Acme"), std::string("a_b"), std::string("-a"), std::string("a-"),
        std::string("a/b"), std::string("*"), std::string(65, 'a'), std::string("caf\xc3\xa9")})
    EXPECT_EQ(on.refusal([&] { return on->create_publisher(on.admin, name, ""); }), "publisher.name") << name;
  EXPECT_EQ(on.refusal([&] { return on->create_publisher(on.admin, "acme", ""); }), "publisher.exists");
  ASSERT_TRUE(on->set_publisher_state(on.admin, "acme", "closed", ""));
  EXPECT_EQ(on.refusal([&] { return on->create_publisher(on.admin, "acme", ""); }), "publisher.exists")
      << "a name is never given again";
  EXPECT_EQ(on.refusal([&] { return on->create_publisher(on.admin, "b", std::string(201, 'b')); }), "text.too_long");
  EXPECT_EQ(on.refusal([&] { return on->create_publisher(on.admin, "b", "B\x07"); }), "text.control");
}

// What folds to the same without hyphens is held, "root" is refused.
struct Folding {
  std::vector<std::string> told, asked;
  NameQuestion question() {
    return {.ask = [this](std::string_view name) -> Result<std::optional<std::string>> {
              asked.emplace_back(name);
              if (name.ends_with("root")) return failure(Code::invalid_argument, "name.reserved", "name: is reserved");
              for (const std::string& other : told)
                if (folded(other) == folded(name)) return "looks like " + other;
              return std::nullopt;
            },
            .tell = [this](std::string_view name) { told.emplace_back(name); }};
  }
  static std::string folded(std::string_view name) {
    std::string text(name);
    std::erase(text, '-');
    return text;
  }
};

TEST(Publisher, WhoseNameIsNearAnothersWaits) {
  TestCatalogue on;
  on.add_acme();
  Folding names;
  on.publisher_name = names.question();
  on.open();
  EXPECT_EQ(names.told, std::vector<std::string>{"acme"}) << "those there are, at opening";
  const auto near = on->create_publisher(on.admin, "ac-me", "");
  ASSERT_TRUE(near) << near.error().message;
  EXPECT_EQ(near->record.held_because, "looks like acme");
  ASSERT_TRUE(on->create_publisher(on.admin, "globex", ""));
  EXPECT_EQ(on.refusal([&] { return on->create_publisher(on.admin, "root", ""); }), "name.reserved");
  EXPECT_EQ(on.refusal([&] { return on->create_publisher(on.admin, "globex", ""); }), "publisher.exists");
  EXPECT_EQ(names.told, (std::vector<std::string>{"acme", "ac-me", "globex"})) << "what was refused is not told";

  const Actor held{Actor::Kind::publisher, "ac-me", Role::auditor};
  const PrivateKey own = PrivateKey::generate();
  const PublicKey point = own.public_key();
  const auto add = [&] {
    return on.refusal(
        [&] { return on->add_key(held, "ac-me", point, own.sign(key_possession_text("ac-me", point.id()))); });
  };
  EXPECT_EQ(add(), "publisher.held");
  EXPECT_EQ(on.refusal([&] { return on->let_publisher_pass(on.admin, "globex"); }), "publisher.not_held");
  EXPECT_EQ(on.refusal([&] { return on->let_publisher_pass(on.admin, "nobody"); }), "publisher.unknown");
  ASSERT_TRUE(on->let_publisher_pass(on.admin, "ac-me"));
  EXPECT_EQ(on->publisher("ac-me")->held_because, std::nullopt);
  EXPECT_EQ(add(), "done");
}

TEST(Publisher, WhosePluginsNameIsNearAnothersWaitsForAReviewer) {
  TestCatalogue on({.cool_down_ms = 5, .review_required = false});
  Folding names;
  on.plugin_name = names.question();
  on.open();
  on.add_acme();
  const auto outcome = [&](const PackageOf& of) { return on.good(on.check(on.submit(of))); };
  EXPECT_EQ(outcome({.version = "1.0.0"}).state, ReleaseState::published);
  const PackageOf near{.version = "1.0.0", .plugin = "vis-ion", .model = "sort"};
  const ReleaseRecord held = outcome(near);
  EXPECT_EQ(held.state, ReleaseState::validating);
  EXPECT_NE(held.state_because.find("looks like acme/vision"), std::string::npos) << held.state_because;
  EXPECT_EQ(names.told, (std::vector<std::string>{"acme/vision", "acme/vis-ion"}));
  const auto accepted = on->review(on.reviewer, held.id, Verdict::accept, "");
  ASSERT_TRUE(accepted);
  EXPECT_EQ(*accepted->cool_until_ms, on.now_ms + 5);
  EXPECT_EQ(outcome({.version = "1.1.0", .plugin = "vis-ion", .model = "sort"}).state, ReleaseState::published)
      << "the reviewer let the name pass";
  EXPECT_EQ(on.refusal([&] { return on.draft({.plugin = "root"}); }), "name.reserved");
  EXPECT_EQ(on->plugins("acme")->size(), 2u);
  EXPECT_EQ(on.refusal([&] { return on->set_plugin_state(on.acme, "acme/nothing", "delisted", ""); }),
            "plugin.unknown");
  for (const std::string_view state : {"listed", "", "held"})
    EXPECT_EQ(on.refusal([&] { return on->set_plugin_state(on.acme, "acme/vision", state, ""); }), "plugin.state");
  EXPECT_TRUE(on->examine());
}

}  // namespace
}  // namespace stoa::registry
