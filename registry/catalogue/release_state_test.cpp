// release_state_test.cpp: all pairs of states, and every act on a release in every state.
// SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/release_state.hpp"

#include <gtest/gtest.h>

#include "registry/catalogue/test_catalogue.hpp"

namespace stoa::registry {
namespace {

constexpr ReleaseState state_at(std::size_t i) { return static_cast<ReleaseState>(i); }

struct StepRow {
  std::string_view from, to;  // "x" where there is a step, in the order of the columns
};
// draft, submitted, validating, quarantined, rejected, published, deprecated, yanked, revoked
constexpr StepRow kSteps[] = {
    {"draft", ".x......."},       {"submitted", "..x......"}, {"validating", "...xxx..."},
    {"quarantined", "....xx..."}, {"rejected", "........."},  {"published", "...x..xxx"},
    {"deprecated", "...x.x.xx"},  {"yanked", "...x.x..x"},    {"revoked", "........."},
};

TEST(ReleaseState, HasTheStepsThatAreDrawnAndNoOther) {
  ASSERT_EQ(std::size(kSteps), kReleaseStates);
  for (std::size_t from = 0; from < kReleaseStates; ++from)
    for (std::size_t to = 0; to < kReleaseStates; ++to) {
      EXPECT_EQ(name_of(state_at(from)), kSteps[from].from);
      const auto step = require_step(state_at(from), state_at(to));
      EXPECT_EQ(step.has_value(), kSteps[from].to[to] == 'x') << kSteps[from].from << " to " << kSteps[to].from;
      if (step) continue;
      EXPECT_EQ(step.error().reason, "release.state");
      EXPECT_NE(step.error().message.find(kSteps[from].from), std::string::npos) << step.error().message;
      EXPECT_NE(step.error().message.find(kSteps[to].from), std::string::npos) << step.error().message;
    }
}

TEST(ReleaseState, HasNamesThatReadBack) {
  for (std::size_t i = 0; i < kReleaseStates; ++i) EXPECT_EQ(release_state_of(name_of(state_at(i))), state_at(i));
  for (const std::string_view none : {"", "Draft", "draft ", "unknown"})
    EXPECT_EQ(release_state_of(none), std::nullopt);
}

struct AttemptRow {
  std::string_view name, outcome;  // "x" where it is done, "." where it is refused with release.state
  Result<ReleaseRecord> (*run)(ReadyCatalogue&, const ReleaseId&);
};
constexpr AttemptRow kAttempts[] = {
    {"submit", "x........",
     [](ReadyCatalogue& on, const ReleaseId& id) { return on.submit_to(id, {.version = "1.8.0"}, &on.key); }},
    {"drop_draft", "x........",
     [](ReadyCatalogue& on, const ReleaseId& id) -> Result<ReleaseRecord> {
       const auto dropped = on->drop_draft(on.acme, id);
       return dropped ? Result<ReleaseRecord>(ReleaseRecord{}) : std::unexpected(dropped.error());
     }},
    {"begin_checks", ".x.......", [](ReadyCatalogue& on, const ReleaseId& id) { return on->begin_checks(id); }},
    {"end_checks", "..x......",
     [](ReadyCatalogue& on, const ReleaseId& id) { return on->end_checks(id, {{"size", "passed", "", "", 1}}); }},
    {"accept", "..xx.....",
     [](ReadyCatalogue& on, const ReleaseId& id) { return on->review(on.reviewer, id, Verdict::accept, ""); }},
    {"reject", "..xx.....",
     [](ReadyCatalogue& on, const ReleaseId& id) { return on->review(on.reviewer, id, Verdict::reject, "x"); }},
    {"quarantine", "..x..xxx.",
     [](ReadyCatalogue& on, const ReleaseId& id) { return on->review(on.reviewer, id, Verdict::quarantine, "x"); }},
    {"deprecate", ".....x...", [](ReadyCatalogue& on, const ReleaseId& id) { return on->deprecate(on.acme, id, "x"); }},
    {"yank", ".....xx..", [](ReadyCatalogue& on, const ReleaseId& id) { return on->yank(on.acme, id, "x"); }},
    {"restore", "......xx.", [](ReadyCatalogue& on, const ReleaseId& id) { return on->restore(on.acme, id, ""); }},
    {"revoke", ".....xxx.", [](ReadyCatalogue& on, const ReleaseId& id) { return on->revoke(on.reviewer, id, "x"); }},
};

TEST(ReleaseState, IsLeftByItsActsAlone) {
  ReadyCatalogue on;
  for (const auto& [name, outcome, run] : kAttempts)
    for (std::size_t i = 0; i < kReleaseStates; ++i) {
      const ReleaseId id = on.ids.at(state_at(i));
      const std::string found = on.refusal([&] { return run(on, id); });
      EXPECT_EQ(found, outcome[i] == 'x' ? "done" : "release.state")
          << name << " of a release that is " << kSteps[i].from;
      if (found != "done") continue;
      const auto whole = on->examine();
      EXPECT_TRUE(whole) << name << ": " << whole.error().message;
      on.put_back();
    }
}

TEST(ReleaseState, OfAReleaseThatIsNotThereIsNotFound) {
  ReadyCatalogue on;
  for (const auto& [name, outcome, run] : kAttempts)
    EXPECT_EQ(on.refusal([&] { return run(on, {"rel_00000000000000000000000000"}); }), "release.unknown") << name;
}

TEST(ReleaseState, IsExplained) {
  ReadyCatalogue on;
  const ReleaseId id = on.ids.at(ReleaseState::published);
  for (const Verdict verdict : {Verdict::reject, Verdict::quarantine})
    EXPECT_EQ(on.refusal([&] { return on->review(on.reviewer, id, verdict, ""); }), "review.reason");
  EXPECT_EQ(on.refusal([&] { return on->revoke(on.reviewer, id, ""); }), "review.reason");
  EXPECT_EQ(on.refusal([&] { return on->yank(on.acme, id, "red \x1b[31m"); }), "text.control");
  EXPECT_EQ(on.refusal([&] { return on->yank(on.acme, id, std::string(2'001, 'x')); }), "text.too_long");
  EXPECT_EQ(on->yank(on.acme, id, "breaks on grey images")->state_because, "breaks on grey images");
}

}  // namespace
}  // namespace stoa::registry
