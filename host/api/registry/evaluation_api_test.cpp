// evaluation_api_test.cpp: what releases scored, over a real server: attached, shown, side by side, refused.
// SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/test_registry.hpp"
#include "registry/evaluation/test_outcomes.hpp"

namespace stoa::api {
namespace {

class EvaluationApiTest : public RegistryTest {
 protected:
  EvaluationApiTest() : token(add_publisher("acme", key)) {
    bytes = package("1.2.0", key);
    release = published("1.2.0", bytes, token);
  }

  // Of four examples the first so many are right.
  static registry::Outcomes outcomes_of(std::size_t right) {
    registry::Outcomes outcomes;
    for (std::size_t i = 0; i < 4; ++i)
      outcomes.rows.push_back(
          {.id = std::to_string(i), .label = "cat", .answer = i < right ? "cat" : "dog", .failure = {}, .took_us = i});
    return outcomes;
  }
  std::string envelope(std::size_t right, const registry::PrivateKey& signer, const std::string& dataset = "animals") {
    registry::Evaluation said = registry::evaluation_of(outcomes_of(right));
    said.package_sha256 = registry::sha256_of(bytes);
    said.dataset.sha256 = registry::sha256_of(dataset);
    said.run.at_ms = now_ms;
    return registry::sign_evaluation(said, signer);
  }
  std::string path() const { return "/v1/releases/" + release + "/evaluations"; }
  RegistryRequest post(const std::string& signed_text, const std::string& who, const std::string& pem = "") {
    Json body{{"envelope", signed_text}};
    if (!pem.empty()) body["public_key"] = pem;
    return {"POST", path(), body.dump(), who};
  }

  std::string token, bytes, release;
};

TEST_F(EvaluationApiTest, PublicPagesShowWhoSaidWhat) {
  const registry::PrivateKey operators_key = registry::PrivateKey::generate();
  EXPECT_EQ(take(200, {"GET", "/v1/catalogue/acme/classify", "", ""})["evaluations"], Json::array());
  take(201, post(envelope(3, key), token));
  ++now_ms;
  take(201,
       post(envelope(2, operators_key, "fish"), add_operator("rita", "reviewer"), operators_key.public_key().pem()));
  for (const char* page : {"/v1/catalogue/acme/classify", "/v1/catalogue/acme/classify/card"}) {
    const Json said = take(200, {"GET", page, "", ""})["evaluations"];
    ASSERT_EQ(said.size(), 2u) << page;
    EXPECT_EQ(said[0]["said_by"], "operator:rita") << "the latest first";
    EXPECT_EQ(said[0]["key_of"], "operator");
    EXPECT_EQ(said[1]["said_by"], "publisher:acme");
    EXPECT_EQ(said[1]["value"], 0.75);
    EXPECT_EQ(said[1]["signature"], "good");
  }
  const std::string card = send({"GET", "/v1/catalogue/acme/classify/card.md", "", ""}).body;
  EXPECT_TRUE(card.contains("| accuracy 0.7500 | 4 | 0 | publisher\\:acme | `" + key.public_key().id().hex +
                            "`, the publisher's key |"))
      << card;
}

TEST_F(EvaluationApiTest, ThePublisherAndAnOperatorSayWhatAReleaseScored) {
  const std::string reviewer = add_operator("rita", "reviewer");
  const Json mine = take(201, post(envelope(3, key), token));
  EXPECT_EQ(mine["said_by"], "publisher:acme");
  EXPECT_EQ(mine["key_of"], "publisher");
  EXPECT_EQ(mine["signature"], "good");
  EXPECT_EQ(mine["value"], 0.75);
  now_ms += 1;
  const Json theirs = take(201, post(envelope(1, other_key), reviewer, other_key.public_key().pem()));
  EXPECT_EQ(theirs["said_by"], "operator:rita");
  EXPECT_EQ(theirs["key_of"], "operator");

  // Anybody reads them, page by page, and verifies them without trusting who shows them.
  const Json first = take(200, {"GET", path() + "?limit=1"});
  ASSERT_EQ(first["items"].size(), 1u);
  const Json second = take(200, {"GET", path() + "?after=" + first["next"].get<std::string>()});
  EXPECT_EQ(second["items"][0]["id"], theirs["id"]);
  const Json shown = take(200, {"GET", "/v1/evaluations/" + mine["id"].get<std::string>()});
  const auto opened = registry::open_evaluation(shown["envelope"].get<std::string>());
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE(registry::verify_evaluation(*opened, key.public_key()));
  EXPECT_EQ(registry::PublicKey::from_pem(shown["public_key"].get<std::string>())->id(), key.public_key().id());
  const std::string set = registry::to_hex(registry::sha256_of("animals"));
  EXPECT_EQ(take(200, {"GET", "/v1/evaluations?dataset=" + set})["items"].size(), 2u);
  EXPECT_EQ(take(200, {"GET", "/v1/evaluations?dataset=" + std::string(64, '0')})["items"].size(), 0u);

  // Said for good: a key that turns out to be revoked is told beside it.
  take(200, {"POST", "/v1/publishers/acme/keys/" + key.public_key().id().hex + "/revoke",
             Json{{"because", "lost"}, {"from_ms", 1}}.dump(), token});
  const Json after = take(200, {"GET", "/v1/evaluations/" + mine["id"].get<std::string>(), "", token});
  EXPECT_EQ(after["signature"], "key revoked");
}

TEST_F(EvaluationApiTest, OutcomesAreKeptAndTwoAreComparedByThem) {
  const std::string a = take(201, post(envelope(1, key), token))["id"],
                    b = take(201, post(envelope(4, key), token))["id"];
  const std::string against = "/v1/evaluations/" + a + "/against/" + b;
  const Json without = take(200, {"GET", against});
  EXPECT_FALSE(without.contains("paired"));
  EXPECT_EQ(without["second"]["value"], 1.0);
  EXPECT_EQ(send({"GET", "/v1/evaluations/" + a + "/outcomes"}).reason(), "evaluation.no_outcomes");
  const std::string kept = registry::write_outcomes(outcomes_of(1));
  for (const auto& [id, right] : {std::pair(a, 1u), std::pair(b, 4u)}) {
    const std::string own = registry::write_outcomes(outcomes_of(right));
    EXPECT_EQ(take(200, {"PUT", "/v1/evaluations/" + id + "/outcomes", own, token})["has_outcomes"], true);
  }
  take(200, {"PUT", "/v1/evaluations/" + a + "/outcomes", kept, token});  // again
  EXPECT_EQ(take(200, {"GET", "/v1/evaluations/" + a + "/outcomes"}).dump(), kept);
  const Json paired = take(200, {"GET", against})["paired"];
  EXPECT_EQ(paired["test"], "mcnemar_exact");
  EXPECT_EQ(paired["first_better"], 0);
  EXPECT_EQ(paired["second_better"], 3);
  EXPECT_EQ(paired["even"], 1);
  EXPECT_NEAR(paired["p"].get<double>(), 0.25, 1e-12);
}

TEST_F(EvaluationApiTest, RefusesForItsOwnReason) {
  const std::string rival = add_publisher("rival", other_key), auditor = add_operator("otto", "auditor");
  const std::string good = envelope(2, key), id = take(201, post(envelope(1, key), token))["id"];
  const std::string elsewhere = take(201, post(envelope(1, key, "other animals"), token))["id"];
  const std::string outcomes = "/v1/evaluations/" + id + "/outcomes";
  std::string forged = good;
  forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
  struct Row {
    RegistryRequest request;
    long status;
    std::string reason;
  };
  const Row rows[] = {
      {post(good, ""), 401, "token.missing"},
      {post(good, rival), 403, "publisher.foreign"},
      {post(good, auditor), 403, "role.not_allowed"},
      {post(envelope(2, other_key), token), 401, "evaluation.key"},
      {post(envelope(2, other_key), token, other_key.public_key().pem()), 401, "evaluation.key"},
      {post(envelope(2, other_key), admin), 401, "evaluation.key"},
      {post(envelope(2, other_key), admin, "no key"), 400, "key.syntax"},
      {post(forged, token), 401, "signature.invalid"},
      {post("{}", token), 401, "signature.envelope"},
      {post(envelope(1, key), token), 409, "evaluation.exists"},
      {{"POST", path(), "{}", token}, 400, "registry.field"},
      {{"POST", path(), R"({"envelope":"x","more":1})", token}, 400, "registry.field"},
      {{"POST", "/v1/releases/rel_none/evaluations", Json{{"envelope", good}}.dump(), token}, 404, "release.unknown"},
      {{"GET", "/v1/releases/rel_none/evaluations"}, 404, "release.unknown"},
      {{"GET", "/v1/evaluations/eval_none"}, 404, "evaluation.unknown"},
      {{"GET", "/v1/evaluations"}, 400, "registry.query"},
      {{"GET", "/v1/evaluations?dataset=x"}, 400, "registry.query"},
      {{"GET", path() + "?limit=0"}, 400, "registry.query"},
      {{"GET", "/v1/evaluations/" + id + "/against/" + elsewhere}, 412, "comparison.dataset"},
      {{"GET", "/v1/evaluations/" + id + "/against/eval_none"}, 404, "evaluation.unknown"},
      {{"PUT", outcomes, "{}", token}, 400, "evaluation.outcomes"},
      {{"PUT", outcomes, registry::write_outcomes(outcomes_of(2)), token}, 400, "evaluation.outcomes"},
      {{"PUT", outcomes, registry::write_outcomes(outcomes_of(1)), rival}, 403, "publisher.foreign"},
      {{"PUT", outcomes, registry::write_outcomes(outcomes_of(1)), ""}, 401, "token.missing"},
      {{"PUT", "/v1/evaluations/eval_none/outcomes", "{}", token}, 404, "evaluation.unknown"},
  };
  for (const Row& row : rows) {
    const RegistryReply reply = send(row.request);
    EXPECT_EQ(reply.status, row.status) << row.request.method << ' ' << row.request.path << ' ' << reply.body;
    EXPECT_EQ(reply.reason(), row.reason) << row.request.method << ' ' << row.request.path << ' ' << reply.body;
  }
}

// Nobody learns from what is said of it that a release is there.
TEST_F(EvaluationApiTest, OfAReleaseThatIsNotOutIsForItsOwnPeople) {
  const std::string unseen = package("1.3.0", key);
  const std::string id = checked("1.3.0", unseen, token);
  auto said = registry::open_evaluation(envelope(2, key))->evaluation;
  said.version = "1.3.0";
  said.package_sha256 = registry::sha256_of(unseen);
  const RegistryRequest request{"POST", "/v1/releases/" + id + "/evaluations",
                                Json{{"envelope", registry::sign_evaluation(said, key)}}.dump(), token};
  const std::string evaluation = take(201, request)["id"];
  const std::string set = "/v1/evaluations?dataset=" + registry::to_hex(registry::sha256_of("animals"));
  EXPECT_EQ(send({"GET", "/v1/releases/" + id + "/evaluations"}).reason(), "release.unknown");
  EXPECT_EQ(send({"GET", "/v1/evaluations/" + evaluation}).reason(), "evaluation.unknown");
  EXPECT_EQ(take(200, {"GET", set})["items"].size(), 0u);
  for (const std::string& who : {token, admin}) {
    EXPECT_EQ(take(200, {"GET", "/v1/releases/" + id + "/evaluations", "", who})["items"].size(), 1u);
    EXPECT_EQ(take(200, {"GET", set, "", who})["items"].size(), 1u);
  }
}

}  // namespace
}  // namespace stoa::api
