// licence_policy_test.cpp: expressions over an operator's lists. SPDX-License-Identifier: Apache-2.0
#include "registry/checks/licence_policy.hpp"

#include <gtest/gtest.h>

#include "registry/checks/test_submission.hpp"

namespace stoa::registry {
namespace {

constexpr const char* kRuleNames[] = {"allowed", "workers_only", "review", "denied"};

std::string found(const LicenceRules& rules, std::string_view expression) {
  const auto finding = rules.evaluate(expression);
  return std::string(kRuleNames[static_cast<int>(finding.rule)]) + " " + finding.because;
}

TEST(LicenceLists, AnOperatorsEntriesComeOnTop) {
  const auto lists =
      on_top_of({.allowed = {"MIT", "BSD-*"}, .workers_only = {"GPL-*"}, .otherwise = "review"},
                {.allowed = {"LicenseRef-acme-*"}, .denied = {"gpl-*", "BSD-4-Clause"}, .otherwise = "denied"});
  const auto rules = LicenceRules::parse(lists);
  ASSERT_TRUE(rules.has_value()) << rules.error().message;
  EXPECT_EQ(found(*rules, "MIT"), "allowed MIT");
  EXPECT_EQ(found(*rules, "BSD-3-Clause"), "allowed BSD-3-Clause");
  EXPECT_EQ(found(*rules, "BSD-4-Clause"), "denied BSD-4-Clause");
  EXPECT_EQ(found(*rules, "GPL-3.0-only"), "denied GPL-3.0-only") << "moved, whatever its capitals";
  EXPECT_EQ(found(*rules, "LicenseRef-acme-1"), "allowed LicenseRef-acme-1");
  EXPECT_EQ(found(*rules, "AGPL-3.0-only"), "denied AGPL-3.0-only");
}

TEST(LicenceRules, ExpressionsComeToOneRule) {
  const auto rules =
      LicenceRules::parse({.allowed = {"MIT", "Apache-2.0", "BSD-*", "GPL-2.0-only WITH Classpath-exception-2.0"},
                           .workers_only = {"GPL-*", "LGPL-2.1-or-later"},
                           .review = {"LicenseRef-acme-*"},
                           .denied = {"AGPL-*", "BSD-4-Clause", "LicenseRef-acme-evil"}});
  ASSERT_TRUE(rules.has_value()) << rules.error().message;
  const struct {
    const char *expression, *rule;
  } rows[] = {
      {"MIT", "allowed MIT"},
      {"mit", "allowed mit"},
      {"BSD-3-Clause", "allowed BSD-3-Clause"},
      {"BSD-4-Clause", "denied BSD-4-Clause"},
      {"bsd-4-clause", "denied bsd-4-clause"},
      {"GPL-3.0-only", "workers_only GPL-3.0-only"},
      {"GPL-2.0+", "workers_only GPL-2.0+"},
      {"LGPL-2.1+", "workers_only LGPL-2.1+"},
      {"LGPL-2.1-only", "review LGPL-2.1-only"},
      {"AGPL-3.0-only", "denied AGPL-3.0-only"},
      {"LicenseRef-acme-1", "review LicenseRef-acme-1"},
      {"LicenseRef-acme-evil", "denied LicenseRef-acme-evil"},
      {"LicenseRef-who", "review LicenseRef-who"},
      {"DocumentRef-x:LicenseRef-acme-1", "review DocumentRef-x:LicenseRef-acme-1"},
      {"Unheard-1.0", "review Unheard-1.0"},
      // AND takes the strictest, OR the mildest.
      {"MIT AND Apache-2.0", "allowed MIT"},
      {"MIT AND GPL-3.0-only", "workers_only GPL-3.0-only"},
      {"GPL-3.0-only AND MIT", "workers_only GPL-3.0-only"},
      {"MIT AND Unheard-1.0", "review Unheard-1.0"},
      {"MIT AND GPL-2.0-only AND AGPL-3.0-only", "denied AGPL-3.0-only"},
      {"MIT OR GPL-3.0-only", "allowed MIT"},
      {"GPL-3.0-only OR MIT", "allowed MIT"},
      {"AGPL-3.0-only OR GPL-3.0-only", "workers_only GPL-3.0-only"},
      {"AGPL-3.0-only OR AGPL-1.0-only", "denied AGPL-3.0-only"},
      // AND binds tighter than OR, parentheses tighter than both.
      {"MIT OR AGPL-3.0-only AND GPL-3.0-only", "allowed MIT"},
      {"(MIT OR AGPL-3.0-only) AND GPL-3.0-only", "workers_only GPL-3.0-only"},
      {"AGPL-3.0-only AND MIT OR GPL-3.0-only", "workers_only GPL-3.0-only"},
      {"AGPL-3.0-only AND (MIT OR GPL-3.0-only)", "denied AGPL-3.0-only"},
      {"((MIT))", "allowed MIT"},
      {"(MIT OR (GPL-3.0-only AND Unheard-1.0)) AND Apache-2.0", "allowed MIT"},
      // An exception counts where an entry has it, and weakens nothing else.
      {"GPL-2.0-only WITH Classpath-exception-2.0", "allowed GPL-2.0-only WITH Classpath-exception-2.0"},
      {"GPL-2.0-only WITH Bison-exception-2.2", "workers_only GPL-2.0-only WITH Bison-exception-2.2"},
      {"AGPL-3.0-only WITH Classpath-exception-2.0", "denied AGPL-3.0-only WITH Classpath-exception-2.0"},
      {"GPL-2.0-only WITH Classpath-exception-2.0 AND MIT", "allowed GPL-2.0-only WITH Classpath-exception-2.0"},
  };
  for (const auto& row : rows) EXPECT_EQ(found(*rules, row.expression), row.rule) << row.expression;
}

TEST(LicenceRules, WhatNoEntryNamesIsOtherwise) {
  for (const auto* otherwise : kRuleNames) {
    LicenceLists lists;
    lists.otherwise = otherwise;
    EXPECT_EQ(found(*LicenceRules::parse(lists), "Unheard-1.0"), otherwise + std::string(" Unheard-1.0"));
  }
  EXPECT_EQ(found(LicenceRules(), "MIT"), "review MIT");
}

TEST(LicenceRules, RefusesListsThatMeanNothing) {
  const LicenceLists rows[] = {{.allowed = {""}},
                               {.allowed = {"*"}},
                               {.allowed = {"MIT OR ISC"}},
                               {.allowed = {"(MIT)"}},
                               {.allowed = {"MIT AND ISC"}},
                               {.allowed = {"G*L"}},
                               {.allowed = {"NONE"}},
                               {.denied = {"MI T"}},
                               {.review = {"MIT\n"}},
                               {.allowed = {"MIT"}, .denied = {"mit"}},
                               {.allowed = {"GPL-*", "gpl-*"}},
                               {.otherwise = "maybe"},
                               {.otherwise = ""}};
  for (const auto& row : rows) {
    const auto rules = LicenceRules::parse(row);
    ASSERT_FALSE(rules.has_value());
    EXPECT_EQ(rules.error().reason, "licence.policy");
  }
}

class LicenceCheck : public SubmissionTest {};

TEST_F(LicenceCheck, DefaultsAndWhereCodeRuns) {
  const struct {
    const char *code, *weights, *isolation, *told;
    bool runs_in_process = false;
  } rows[] = {
      {"Apache-2.0", "CC-BY-4.0", "", "passed"},
      {"MIT", "Apache-2.0", "T0", "passed", true},
      {"GPL-3.0-only", "MIT", "T1", "passed"},
      {"GPL-3.0-only", "MIT", "T2", "passed"},
      {"GPL-3.0-only", "MIT", "T2n", "passed", true},
      {"GPL-3.0-only", "MIT", "", "warned licence.code_workers_only"},
      {"GPL-3.0-only", "MIT", "", "failed licence.code_in_process", true},
      {"GPL-3.0-only", "MIT", "T0", "failed licence.code_in_process"},
      {"LGPL-2.1-or-later", "MIT", "T0", "failed licence.code_in_process"},
      {"MIT OR GPL-3.0-only", "MIT", "T0", "passed", true},
      {"MIT AND GPL-3.0-only", "MIT", "T0", "failed licence.code_in_process"},
      {"GPL-2.0-only WITH Classpath-exception-2.0", "MIT", "T0", "passed", true},
      {"AGPL-3.0-only", "MIT", "", "warned licence.code_review"},
      {"LicenseRef-acme", "MIT", "", "warned licence.code_review"},
      {"MIT", "LicenseRef-acme", "", "warned licence.weights_review"},
      {"MIT", "CC-BY-NC-4.0", "", "warned licence.weights_review"},
      {"MIT", "CC-BY-SA-4.0", "", "passed"},
      {"LicenseRef-acme", "CC-BY-NC-4.0", "", "warned licence.code_review"},
      {"GPL-3.0-only", "CC-BY-NC-4.0", "T1", "warned licence.weights_review"},
      {"GPL-3.0-only", "CC-BY-NC-4.0", "T0", "failed licence.code_in_process"},
  };
  for (const auto& row : rows) {
    auto made = draft();
    made.manifest["licences"] = {{"code", row.code}, {"weights", row.weights}};
    if (*row.isolation) made.manifest["min_isolation"] = row.isolation;
    auto sent = submission(made);
    if (row.runs_in_process) sent.policy.in_process = {"acme/other", *row.weights == 'M' ? "acme/*" : "acme/vision"};
    const auto outcome = outcome_of(run_checks(sent, host()), "licence");
    EXPECT_EQ(told(outcome), row.told) << row.code << ", " << row.weights << ", " << row.isolation;
    EXPECT_NE(outcome.message.find("; "), std::string::npos) << "tells of both";
  }
}

TEST_F(LicenceCheck, DeniedWeightsAreRefused) {
  auto made = draft();
  made.manifest["licences"]["weights"] = "CC-BY-NC-4.0 AND MIT";
  auto sent = submission(made);
  sent.policy.licences.weights = *LicenceRules::parse({.denied = {"CC-BY-NC-*"}});
  EXPECT_EQ(told(outcome_of(run_checks(sent, host()), "licence")), "failed licence.weights_denied");
}

}  // namespace
}  // namespace stoa::registry
