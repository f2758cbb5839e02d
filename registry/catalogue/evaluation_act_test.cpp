// evaluation_act_test.cpp: who may say what a release scored, and what it says for good.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "registry/catalogue/test_catalogue.hpp"

namespace stoa::registry {
namespace {

ReleaseRecord release_in(ReadyCatalogue& on, ReleaseState state) { return *on->release(on.ids.at(state)); }

TEST(EvaluationAct, IsSaidByThePublisherWithItsKeyAndByOperators) {
  ReadyCatalogue on;
  const ReleaseRecord release = *on->release(on.spare);
  const PrivateKey own = PrivateKey::generate();  // of an operator: nobody's in the catalogue
  const auto by_publisher = on.attach(on.acme, release, on.second_key);
  ASSERT_TRUE(by_publisher) << by_publisher.error().message;
  EXPECT_EQ(by_publisher->said_by, "publisher:acme");
  EXPECT_TRUE(by_publisher->is_publishers_key);
  const auto by_operator = on.attach(on.reviewer, release, own);
  ASSERT_TRUE(by_operator) << by_operator.error().message;
  EXPECT_EQ(by_operator->said_by, "operator:rita");
  EXPECT_FALSE(by_operator->is_publishers_key);
  EXPECT_EQ(by_operator->key.id(), own.public_key().id());
  on.open();  // as after a restart
  const auto all = on->evaluations({.release = release.id, .dataset = {}, .after = {}});
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 2u);
  const SignedEvaluation same = on.evaluation_of(release, on.second_key);
  EXPECT_EQ((*all)[0].opened.evaluation, same.evaluation);
  EXPECT_EQ(on->evaluations({.release = {}, .dataset = same.evaluation.dataset.sha256, .after = {}})->size(), 3u);
  EXPECT_EQ(on->evaluations({.release = release.id, .dataset = {}, .after = (*all)[0].id.text})->size(), 1u);
  EXPECT_TRUE(on->examine());
}

TEST(EvaluationAct, IsRefusedForItsOwnReason) {
  using enum ReleaseState;
  ReadyCatalogue on;
  const PrivateKey stranger = PrivateKey::generate();
  const ReleaseRecord release = release_in(on, published);
  const auto refusal = [&](const Actor& actor, const ReleaseRecord& of, const SignedEvaluation& said,
                           const std::optional<PublicKey>& shown = {}) {
    return on.refusal([&] { return on->attach_evaluation(actor, of.id, said, shown); });
  };
  const SignedEvaluation good = on.evaluation_of(release, on.key, 2);
  EXPECT_EQ(refusal(on.rival, release, good), "publisher.foreign");
  EXPECT_EQ(refusal(on.finance, release, good), "role.not_allowed");
  EXPECT_EQ(refusal(on.acme, *on->release(on.spare), good), "evaluation.other_release");
  const SignedEvaluation foreign = on.evaluation_of(release, stranger);
  EXPECT_EQ(refusal(on.acme, release, foreign), "evaluation.key");
  EXPECT_EQ(refusal(on.acme, release, foreign, stranger.public_key()), "evaluation.key");  // a publisher shows none
  EXPECT_EQ(refusal(on.reviewer, release, foreign), "evaluation.key");
  EXPECT_EQ(refusal(on.reviewer, release, foreign, on.registry_key.public_key()), "signature.unknown_key");
  SignedEvaluation forged = good;
  forged.envelope.signature[0] ^= 1;
  EXPECT_EQ(refusal(on.acme, release, forged), "signature.invalid");
  EXPECT_EQ(refusal(on.acme, release, on->evaluation(on.evaluation)->opened), "evaluation.exists");
  for (const ReleaseState state : {draft, rejected, revoked})
    EXPECT_EQ(refusal(on.acme, release_in(on, state), on.evaluation_of(release_in(on, state), on.key)),
              "release.state");
  for (const ReleaseState state : {validating, quarantined, deprecated, yanked}) {
    const auto said = on.attach(on.acme, release_in(on, state), on.key);
    EXPECT_TRUE(said) << name_of(state) << ": " << said.error().message;
  }
  Evaluation later = good.evaluation;
  later.run.at_ms = on.now_ms + 3'600'000;
  EXPECT_EQ(refusal(on.acme, release, *open_evaluation(sign_evaluation(later, on.key))), "evaluation.time");
  Evaluation other_model = good.evaluation;
  other_model.model = "acme/other";
  EXPECT_EQ(refusal(on.acme, release, *open_evaluation(sign_evaluation(other_model, on.key))),
            "evaluation.other_release");
  EXPECT_EQ(on.refusal([&] { return on->keep_outcomes(on.rival, on.evaluation); }), "publisher.foreign");
  EXPECT_EQ(on.refusal([&] { return on->keep_outcomes(on.acme, {"eval_none"}); }), "evaluation.unknown");
}

// Rules K1 and K2, for what is said of a release as for the release itself.
TEST(EvaluationAct, CountsWhileItsKeyDid) {
  ReadyCatalogue on;
  const ReleaseRecord release = *on->release(on.spare);
  on.now_ms += 1'000;
  const std::int64_t before = on.now_ms - 500;
  ASSERT_TRUE(on.attach(on.acme, release, on.key));
  ASSERT_TRUE(on->rotate_key(on.acme, "acme", on.key.public_key().id(), on.now_ms + 10));
  on.now_ms += 1'000;
  EXPECT_EQ(on.refusal([&] { return on.attach(on.acme, release, on.key); }), "evaluation.key");
  const auto is_good = [&] {
    return on->evaluations({.release = release.id, .dataset = {}, .after = {}})->front().is_key_good;
  };
  EXPECT_TRUE(is_good());
  ASSERT_TRUE(on->revoke_key(on.acme, "acme", on.key.public_key().id(), on.now_ms, "lost"));
  EXPECT_TRUE(is_good());
  ASSERT_TRUE(on->revoke_key(on.acme, "acme", on.key.public_key().id(), before, "lost earlier"));
  EXPECT_FALSE(is_good());
}

TEST(EvaluationAct, OutcomesAreWhatCollectionLeaves) {
  ReadyCatalogue on;
  EXPECT_TRUE(on->outcomes_of_evaluations()->empty());
  ASSERT_TRUE(on->keep_outcomes(on.acme, on.evaluation));
  ASSERT_TRUE(on->keep_outcomes(on.acme, on.evaluation));  // the answer was lost, and it is asked again
  const auto kept = on->outcomes_of_evaluations();
  ASSERT_EQ(kept->size(), 1u);
  EXPECT_EQ(kept->front(), on->evaluation(on.evaluation)->opened.evaluation.outcomes->sha256);
}

TEST(EvaluationAct, OfOneAreNotMoreThanALimit) {
  ReadyCatalogue on;
  const ReleaseRecord release = *on->release(on.spare);
  std::string reason;
  for (int i = 0; i < 65; ++i) {
    on.now_ms += 1;  // other documents
    const auto said = on.attach(on.acme, release, on.key);
    reason = said ? "" : said.error().reason;
    EXPECT_EQ(said.has_value(), i < 64) << i;
  }
  EXPECT_EQ(reason, "evaluation.too_many");
  EXPECT_TRUE(on.attach(on.reviewer, release, on.key));
}

TEST(EvaluationAct, AMissingOrAddedRowIsFoundByTheLog) {
  for (const char* change : {"DELETE FROM evaluations", "UPDATE evaluations SET said_by = 'operator:rita'",
                             "INSERT INTO evaluations SELECT 'eval_x', release, model, dataset_sha256, dataset_name, "
                             "document, signature, at_ms, 'operator:rita', key_id, public_key, is_publishers, "
                             "document_sha256, outcomes_sha256 FROM evaluations"}) {
    ReadyCatalogue on;
    on.close();
    run_on(on.file(), change);
    on.open();
    const auto examined = on->examine();
    ASSERT_FALSE(examined) << change;
    EXPECT_EQ(examined.error().reason, "catalogue.broken") << change;
  }
}

// What lies in the file is no more believed than what comes over the network.
TEST(EvaluationAct, AChangedRowIsFoundWhenItIsRead) {
  for (const char* change : {"UPDATE evaluations SET document = replace(document, '\"right\":3', '\"right\":2')",
                             "UPDATE evaluations SET signature = x'00'", "UPDATE evaluations SET public_key = x'00'",
                             "UPDATE evaluations SET key_id = 'x'"}) {
    ReadyCatalogue on;
    on.close();
    run_on(on.file(), change);
    on.open();
    EXPECT_EQ(on->evaluation(on.evaluation).error().reason, "evaluation.broken") << change;
  }
}

}  // namespace
}  // namespace stoa::registry
