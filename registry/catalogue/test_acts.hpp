// test_acts.hpp: every act of the catalogue, once, on a catalogue that is ready for it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "registry/catalogue/test_catalogue.hpp"

namespace stoa::registry {

struct TestAct {
  std::string name;
  std::string who;              // of a admin, r reviewer, f finance, o auditor, p the publisher; "-": asks nobody
  std::string action, subject;  // of its line in the audit log
  std::function<Result<void>(ReadyCatalogue&, const Actor&)> run;
  int lines = 1;  // of the audit log
};

template <class Value>
Result<void> only(const Result<Value>& result) {
  return result ? Result<void>() : std::unexpected(result.error());
}

inline std::vector<TestAct> all_acts() {
  using enum ReleaseState;
  using R = ReadyCatalogue;
  const auto id = [](R& on, ReleaseState state) { return on.ids.at(state); };
  const PackageOf next{.version = "2.0.0"}, drafted{.version = "1.8.0"};
  return {
      {"create_operator", "a", "operator.create", "zoe",
       [](R& on, const Actor& by) { return only(on->create_operator(by, "zoe", Role::finance)); }},
      {"revoke_operator", "a", "operator.revoke", "rita",
       [](R& on, const Actor& by) { return on->revoke_operator(by, "rita"); }},
      {"create_publisher", "a", "publisher.create", "globex",
       [](R& on, const Actor& by) { return only(on->create_publisher(by, "globex", "Globex")); }},
      {"replace_publisher_token", "ap", "publisher.token", "acme",
       [](R& on, const Actor& by) { return only(on->replace_publisher_token(by, "acme")); }},
      {"let_publisher_pass", "a", "publisher.let_pass", "acne",
       [](R& on, const Actor& by) { return only(on->let_publisher_pass(by, "acne")); }},
      {"set_publisher_state", "a", "publisher.state", "acme",
       [](R& on, const Actor& by) { return only(on->set_publisher_state(by, "acme", "suspended", "x")); }},
      {"add_key", "ap", "key.add", "acme",
       [](R& on, const Actor& by) { return only(on.try_key(by, on.registry_key)); }},
      {"rotate_key", "ap", "key.rotate", "acme",
       [](R& on, const Actor& by) { return only(on->rotate_key(by, "acme", on.key.public_key().id(), on.now_ms)); }},
      {"revoke_key", "ap", "key.revoke", "acme",
       [](R& on, const Actor& by) { return only(on->revoke_key(by, "acme", on.key.public_key().id(), 0, "lost")); }, 6},
      {"open_draft", "ap", "release.draft", "acme/vision 2.0.0",
       [=](R& on, const Actor& by) { return only(on->open_draft(by, on.announcement(next, &on.key))); }},
      {"drop_draft", "ap", "release.drop", "acme/vision 1.8.0",
       [=](R& on, const Actor& by) { return on->drop_draft(by, id(on, draft)); }},
      {"submit", "ap", "release.submit", "acme/vision 1.8.0",
       [=](R& on, const Actor& by) {
         return only(on->submit(by, id(on, draft), *inspect_package(on.package(drafted, &on.key), on.trust())));
       }},
      {"begin_checks", "-", "release.check", "acme/vision 1.7.0",
       [=](R& on, const Actor&) { return only(on->begin_checks(id(on, submitted))); }},
      {"end_checks", "-", "release.checked", "acme/vision 1.6.0",
       [=](R& on, const Actor&) { return only(on->end_checks(id(on, validating), {{"size", "passed", "", "", 1}})); }},
      {"end_checks, failed", "-", "release.reject", "acme/vision 1.6.0",
       [=](R& on, const Actor&) {
         return only(on->end_checks(id(on, validating), {{"size", "failed", "a", "b", 1}}));
       }},
      {"accept", "ar", "release.publish", "acme/vision 1.6.0",
       [=](R& on, const Actor& by) { return only(on->review(by, id(on, validating), Verdict::accept, "")); }},
      {"reject", "ar", "release.reject", "acme/vision 1.6.0",
       [=](R& on, const Actor& by) { return only(on->review(by, id(on, validating), Verdict::reject, "x")); }},
      {"quarantine", "ar", "release.quarantine", "acme/vision 1.0.0",
       [=](R& on, const Actor& by) { return only(on->review(by, id(on, published), Verdict::quarantine, "x")); }},
      {"deprecate", "arp", "release.deprecate", "acme/vision 1.0.0",
       [=](R& on, const Actor& by) { return only(on->deprecate(by, id(on, published), "old")); }},
      {"yank", "arp", "release.yank", "acme/vision 1.0.0",
       [=](R& on, const Actor& by) { return only(on->yank(by, id(on, published), "old")); }},
      {"restore", "arp", "release.restore", "acme/vision 1.2.0",
       [=](R& on, const Actor& by) { return only(on->restore(by, id(on, yanked), "good")); }},
      {"revoke", "ar", "release.revoke", "acme/vision 1.2.0",
       [=](R& on, const Actor& by) { return only(on->revoke(by, id(on, yanked), "bad")); }},
      {"set_plugin_state", "arp", "plugin.state", "acme/vision",
       [](R& on, const Actor& by) { return only(on->set_plugin_state(by, "acme/vision", "delisted", "")); }},
      {"attach_evaluation", "arp", "evaluation.attach", "acme/vision 1.9.0",
       [](R& on, const Actor& by) { return only(on.attach(by, *on->release(on.spare), on.key)); }},
      {"keep_outcomes", "arp", "evaluation.outcomes", "acme/vision 1.0.0",
       [](R& on, const Actor& by) { return only(on->keep_outcomes(by, on.evaluation)); }},
      {"move_alias", "ar", "alias.move", "acme/classify@beta",
       [](R& on, const Actor& by) {
         return only(on->move_alias(by, {"acme/classify", "beta", {{"1.0.0", 900'000}, {"1.9.0", 100'000}}, "try"}));
       }},
      {"remove alias", "ar", "alias.move", "acme/classify@champion",
       [](R& on, const Actor& by) { return only(on->move_alias(by, {"acme/classify", "champion", {}, ""})); }},
      {"take_back_alias", "ar", "alias.move", "acme/classify@champion",
       [](R& on, const Actor& by) { return only(on->take_back_alias(by, "acme/classify", "champion", "")); }},
      {"propose", "ar", "alias.propose", "acme/talk@champion",
       [](R& on, const Actor& by) { return only(on->move_alias(by, {"acme/talk", "champion", {{"1.9.0"}}, ""})); }},
      {"approve", "a", "alias.approve", "acme/talk@champion",
       [](R& on, const Actor& by) { return only(on->approve(by, on.proposal)); }},
      {"decline", "ar", "alias.decline", "acme/talk@champion",
       [](R& on, const Actor& by) { return only(on->decline(by, on.proposal)); }},
      {"start_rollout", "ar", "rollout.start", "acme/classify",
       [](R& on, const Actor& by) {
         return only(on->start_rollout(by, {.model = "acme/classify", .version = "1.1.0", .steps_ppm = {50'000}}));
       },
       2},
      {"roll_back", "ar", "rollout.rollback", "acme/classify",
       [](R& on, const Actor& by) { return only(on->roll_back(by, "acme/classify", "")); }, 2},
      {"forgive", "ar", "rollout.forgive", "acme/classify",
       [](R& on, const Actor& by) { return only(on->forgive(by, "acme/classify", "1.0.0")); }},
      {"note_rollout", "-", "rollout.rolled_back", "acme/classify",
       [](R& on, const Actor&) {
         return only(on->note_rollout({.kind = RolloutNews::Kind::rolled_back,
                                       .model = "acme/classify",
                                       .version = "1.9.0",
                                       .reason = "rollout.latency"}));
       }},
      {"require_approvals", "a", "alias.approvals", "acme/talk",
       [](R& on, const Actor& by) { return on->require_approvals(by, "acme/talk", 0); }},
  };
}

}  // namespace stoa::registry
