// evaluation_test.cpp: the signed document: one form, figures that follow from their counts, every changed byte
// noticed. SPDX-License-Identifier: Apache-2.0
#include "registry/evaluation/evaluation.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "registry/evaluation/test_outcomes.hpp"

namespace stoa::registry {
namespace {

const std::vector<Outcomes>& kinds() {
  static const std::vector<Outcomes> kKinds{labels({{"cat", "cat"}, {"cat", "dog"}, {"dog", "bird"}, {"dog", ""}}),
                                            labels({{"a", ""}}), numbers({{3, 2.5}, {-0.5, 0.1}, {2, 2}, {7, 8, true}}),
                                            numbers({{1, 0, true}}), numbers({{1, 1}})};
  return kKinds;
}

TEST(EvaluationDocument, IsReadAsItWasWritten) {
  for (const Outcomes& outcomes : kinds()) {
    const Evaluation evaluation = evaluation_of(outcomes);
    const std::string text = write_evaluation(evaluation);
    const auto read = parse_evaluation(text);
    ASSERT_TRUE(read) << read.error().message << "\n" << text;
    EXPECT_EQ(*read, evaluation);
    EXPECT_EQ(write_evaluation(*read), text);
    const auto back = verify_outcomes(*read, write_outcomes(outcomes));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(write_outcomes(*back), write_outcomes(outcomes));
  }
}

TEST(EvaluationDocument, NoChangedByteIsTakenForSigned) {
  const PrivateKey key = PrivateKey::generate(), other = PrivateKey::generate();
  const Evaluation evaluation = evaluation_of(kinds()[0]);
  const std::string envelope = sign_evaluation(evaluation, key);
  const auto opened = open_evaluation(envelope + "\n");
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->evaluation, evaluation);
  EXPECT_TRUE(verify_evaluation(*opened, key.public_key()));
  EXPECT_EQ(verify_evaluation(*opened, other.public_key()).error().reason, "signature.unknown_key");
  for (std::size_t i = 0; i < envelope.size(); ++i) {
    std::string changed = envelope;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto read = open_evaluation(changed);
    EXPECT_FALSE(read && verify_evaluation(*read, key.public_key())) << i;
  }
  for (std::size_t size = 0; size < envelope.size(); size += 7) EXPECT_FALSE(open_evaluation(envelope.substr(0, size)));
  // A package's signature is none over an evaluation: the type is part of what is signed.
  const std::string document = write_evaluation(evaluation);
  EXPECT_FALSE(open_evaluation(serialise_envelope(sign_manifest(document, key), document)));
}

// Of the document, as somebody would change it who signs it himself.
TEST(EvaluationDocument, IsRefusedWhereItsFiguresDoNotFollow) {
  const std::string text = write_evaluation(evaluation_of(kinds()[0])),
                    number = write_evaluation(evaluation_of(kinds()[2]));
  struct Row {
    const char *old, *fresh;
  };
  constexpr Row kRows[] = {
      {R"("accuracy":0.25)", R"("accuracy":0.99)"},
      {R"("right":1,"foreign")", R"("right":4,"foreign")"},
      {R"("failed":1)", R"("failed":0)"},
      {R"("count":1)", R"("count":0)"},
      {R"("expected":2)", R"("expected":3)"},
      {R"("foreign":1)", R"("foreign":0)"},
      {R"("macro_f1":)", R"("macro_f1":1)"},
      {R"("label":"dog")", R"("label":"cat")"},
      {R"("p50":200)", R"("p50":900)"},
      {R"("stoa_evaluation":1)", R"("stoa_evaluation":2)"},
      {R"("examples":4})", R"("examples":3})"},
      {R"("on":"package")", R"("on":"paper")"},
      {R"("at_ms":1790000000000)", R"("at_ms":-1)"},
      {R"("cpus":2)", R"("cpus":2.0)"},
      {R"("model":"acme/classify")", R"("model":"acme\u001b")"},
      {R"("name":"animals")", R"("name":"")"},
      {R"("isolation":"T2")", R"("isolation":"T2","more":1)"},
      {R"("stoa_evaluation":1)", R"("stoa_evaluation":1,"more":1)"},
      {R"("stoa_evaluation":1,)", R"("stoa_evaluation":1, )"},
      {R"(a failure is not right)", R"(a failure is right)"},
  };
  for (const Row& row : kRows) {
    std::string changed = text;
    const std::size_t at = changed.find(row.old);
    ASSERT_NE(at, text.npos) << row.old << "\n" << text;
    changed.replace(at, std::string(row.old).size(), row.fresh);
    const auto read = parse_evaluation(changed);
    ASSERT_FALSE(read) << row.fresh;
    EXPECT_EQ(read.error().reason, "evaluation.document") << row.fresh;
  }
  for (const Row& row : {Row{R"("mae":)", R"("mae":-)"}, Row{R"("mae_95":[)", R"("mae_95":[9)"},
                         Row{R"("rmse":0.)", R"("rmse":0.0)"}, Row{R"("rmse":)", R"("rmse":null,"x":)"}}) {
    std::string changed = number;
    const std::size_t at = changed.find(row.old);
    ASSERT_NE(at, number.npos) << row.old << "\n" << number;
    changed.replace(at, std::string(row.old).size(), row.fresh);
    EXPECT_FALSE(parse_evaluation(changed)) << changed;
  }
  for (const char* bad : {"", "{}", "[]", "null", "{\"stoa_evaluation\":1}", "\xff"})
    EXPECT_FALSE(parse_evaluation(bad));
  EXPECT_FALSE(parse_evaluation(std::string(kEvaluationBytesMax + 1, ' ')));
}

TEST(OutcomesDocument, IsThoseOfItsEvaluationAndNoOthers) {
  const Outcomes outcomes = kinds()[0];
  const Evaluation evaluation = evaluation_of(outcomes);
  const std::string text = write_outcomes(outcomes);
  EXPECT_EQ(verify_outcomes(evaluation, text + " ").error().reason, "evaluation.outcomes");
  // Signed digest and all, but its figures are others.
  Outcomes better = outcomes;
  better.rows[1].answer = "cat";
  Evaluation claims = evaluation;
  const std::string other = write_outcomes(better);
  claims.outcomes = OutcomesDigest{sha256_of(other), other.size()};
  EXPECT_TRUE(verify_outcomes(claims, other).error().message.contains("other figures"));
  claims.outcomes.reset();
  EXPECT_FALSE(verify_outcomes(claims, text));
  const std::string bad[] = {
      "",
      "[]",
      R"({"task":"classification","outcomes":[]})",
      R"({"task":"classification","outcomes":[{"id":"1","expected":"a","took_us":1}]})",
      R"({"task":"classification","outcomes":[{"id":"1","expected":"a","answer":7,"took_us":1}]})",
      R"({"task":"art","outcomes":[{"id":"1","expected":"a","answer":"a","took_us":1}]})",
      R"({"task":"regression","outcomes":[{"id":"1","expected":"a","answer":1.0,"took_us":1}]})",
      R"({"task":"classification","outcomes":[{"id":"1","expected":"a","answer":"a","took_us":1},)"
      R"({"id":"1","expected":"a","answer":"a","took_us":1}]})",
      R"({"outcomes":[{"id":"1","expected":"a","answer":"a","took_us":1}],"task":"classification"})",
      std::string(kOutcomesBytesMax + 1, ' ')};
  for (const std::string& one : bad) EXPECT_FALSE(parse_outcomes(one)) << one.substr(0, 100);
}

}  // namespace
}  // namespace stoa::registry
