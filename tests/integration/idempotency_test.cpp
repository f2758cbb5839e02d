// idempotency_test.cpp: calls with an Idempotency-Key over real HTTP: one run, one answer, whatever the client does.
// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/integration/billed_world.hpp"
#include "tests/integration/http_client.hpp"

namespace stoa::test {
namespace {

using http::RawClient;
using http::status_of_answer;
using nlohmann::json;

constexpr const char* kRepeat = "/v2/models/stoa-test/repeat/";
constexpr licensing::Nano kFunds = 100 * licensing::kNanoPerUnit;

// Started before the first test, drained after the last. The identity model costs a cent, the others nothing.
std::unique_ptr<BilledWorld> shared_world;

class Idempotency : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    shared_world = std::make_unique<BilledWorld>(api::BillingRules{.unpriced_are_free = true});
    shared_world->serve();
  }
  static void TearDownTestSuite() { shared_world.reset(); }

  Answer post(const std::string& path, const std::string& body, const std::string& idempotency_key) {
    return client.post(path, body, {bearer_of(customer), "Idempotency-Key: " + idempotency_key});
  }
  Answer repeat(const std::string& text, const std::string& idempotency_key) {
    return post(std::string(kRepeat) + "generate", json{{"text_input", text}}.dump(), idempotency_key);
  }
  std::uint64_t emits() {
    const std::string body =
        client.post("/v2/models/stoa-test/witness/infer", R"({"inputs":[]})", {bearer_of(customer)}).body;
    return json::parse(body)["outputs"][0]["data"][0];
  }
  static std::string bearer_of(const std::string& key) { return "Authorization: Bearer " + key; }

  const BilledWorld::Payer payer = shared_world->add(kFunds);
  const std::string customer = payer.key;
  HttpClient client{shared_world->port()};
};

TEST_F(Idempotency, TheSameCallIsAnsweredTheSameAndRunsOnce) {
  const std::uint64_t before = emits();
  const Answer first = repeat("hello", "key-1"), second = repeat("hello", "key-1"),
               quoted = repeat("hello", "\"key-1\"");
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_FALSE(first.fields.contains("idempotent-replayed"));
  for (const Answer& again : {second, quoted}) {
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.fields.at("content-type"), first.fields.at("content-type"));
    EXPECT_EQ(again.fields.at("idempotent-replayed"), "true");
  }
  EXPECT_EQ(emits(), before + 1);
  repeat("hello", "key-2");
  EXPECT_EQ(emits(), before + 2);
}

TEST_F(Idempotency, IsPaidForOnce) {
  const auto ask = [&](const std::string& idempotency_key) {
    return post("/v2/models/stoa-demo/identity/infer", std::string(kBody), idempotency_key);
  };
  const Answer first = ask("paid"), second = ask("paid"), other = ask("paid-2");
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_FALSE(first.fields.at("x-stoa-receipt").empty());
  EXPECT_EQ(second.fields.at("x-stoa-receipt"), first.fields.at("x-stoa-receipt"));
  EXPECT_EQ(second.body, first.body);
  EXPECT_NE(other.fields.at("x-stoa-receipt"), first.fields.at("x-stoa-receipt"));
  EXPECT_EQ(shared_world->available(payer), kFunds - 2 * kCent);
  const licensing::Entry entry = shared_world->calls().at(shared_world->calls().size() - 2);
  EXPECT_EQ(entry.party->idempotency_key, "paid");
  EXPECT_NE(entry.party->body, licensing::Sha256{});
}

TEST_F(Idempotency, AStreamIsPaidForOnceAndSentAgainWithItsReceipt) {
  const auto ask = [&] {
    return post("/v2/models/" + std::string(kMetered) + "/generate_stream",
                R"({"text_input":"a b c","parameters":{"max_tokens":4}})", "metered");
  };
  const Answer first = ask();
  ASSERT_EQ(first.status, 200) << first.body;
  const licensing::Nano left = shared_world->available(payer);
  EXPECT_LT(left, kFunds);
  const Answer second = ask();
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.fields.at("x-stoa-receipt"), std::to_string(shared_world->journal->durable() - 1));
  EXPECT_EQ(shared_world->available(payer), left);
}

TEST_F(Idempotency, WhoHasNothingLeftIsStillAnsweredWhatWasPaid) {
  const BilledWorld::Payer poor = shared_world->add(kCent);
  const auto ask = [&](const std::string& idempotency_key) {
    return client.post("/v2/models/stoa-demo/identity/infer", kBody,
                       {bearer_of(poor.key), "Idempotency-Key: " + idempotency_key});
  };
  ASSERT_EQ(ask("last").status, 200);
  EXPECT_EQ(ask("next").status, 402);
  EXPECT_EQ(ask("last").fields.at("idempotent-replayed"), "true");
  EXPECT_EQ(ask("next").status, 402);
}

TEST_F(Idempotency, AnotherRequestWithTheKeyIsRefused) {
  ASSERT_EQ(repeat("hello", "k").status, 200);
  const Answer other = repeat("goodbye", "k");
  EXPECT_EQ(other.status, 422);
  EXPECT_EQ(other.fields.at("x-stoa-reason"), "idempotency.other_body");
  const Answer elsewhere = post(std::string(kRepeat) + "generate_stream", json{{"text_input", "hello"}}.dump(), "k");
  EXPECT_EQ(elsewhere.status, 422);
}

TEST_F(Idempotency, AKeyIsItsCustomersAlone) {
  ASSERT_EQ(repeat("mine", "k").status, 200);
  const std::string stranger = shared_world->add(0).key;
  const Answer answer = client.post(std::string(kRepeat) + "generate", json{{"text_input", "other"}}.dump(),
                                    {bearer_of(stranger), "Idempotency-Key: k"});
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.fields.contains("idempotent-replayed"));
}

TEST_F(Idempotency, NoKeyIsToldWhatItCouldNotHaveAskedFor) {
  ASSERT_EQ(repeat("secret", "shared").status, 200);
  struct Row {
    std::vector<std::string> models;
    licensing::Scope scope;
    const char* outcome;
  };
  const Row rows[] = {{{"stoa-demo/*"}, licensing::Scope::infer, "403 key.model"},
                      {{"stoa-test/repeater"}, licensing::Scope::infer, "403 key.model"},
                      {{}, licensing::Scope::account, "403 key.scope"},
                      {{"stoa-demo/identity", "stoa-test/repeat"}, licensing::Scope::infer, "200 "},
                      {{}, licensing::Scope::infer, "200 "}};
  auto& access = shared_world->world.access;
  for (const Row& row : rows) {
    const std::string other = access.add_key(payer.customer);
    access.holdings.keys.back().models = row.models;
    access.holdings.keys.back().scopes = static_cast<licensing::Scopes>(row.scope);
    access.publish();
    for (const char* const path : {kRepeat, "/v2/models/stoa-test%2Frepeat/"}) {
      const Answer answer = client.post(std::string(path) + "generate", json{{"text_input", "secret"}}.dump(),
                                        {bearer_of(other), "Idempotency-Key: shared"});
      const bool has_reason = answer.fields.contains("x-stoa-reason");
      if (path == kRepeat || answer.status == 403)
        EXPECT_EQ(std::to_string(answer.status) + " " + (has_reason ? answer.fields.at("x-stoa-reason") : ""),
                  row.outcome);
      if (answer.status != 200) EXPECT_FALSE(answer.body.contains("secret"));
      EXPECT_EQ(answer.fields.contains("idempotent-replayed"), answer.status == 200);
    }
  }
}

TEST_F(Idempotency, BinaryTensorsAreAnsweredTheSame) {
  const std::string header =
      R"({"inputs":[{"name":"in_fp32","shape":[1,1],"datatype":"FP32","parameters":{"binary_data_size":4}}],)"
      R"("parameters":{"binary_data_output":true}})";
  const std::string body = header + std::string("\0\0\x80\x3f", 4);
  const auto ask = [&] {
    return client.post("/v2/models/stoa-demo/identity/infer", body,
                       {bearer_of(customer), "Idempotency-Key: binary", "Content-Type: application/octet-stream",
                        "Inference-Header-Content-Length: " + std::to_string(header.size())});
  };
  const Answer first = ask(), second = ask();
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.fields.at("content-type"), "application/octet-stream");
  EXPECT_EQ(second.fields.at("inference-header-content-length"), first.fields.at("inference-header-content-length"));
  EXPECT_EQ(second.fields.at("idempotent-replayed"), "true");
}

TEST_F(Idempotency, AStreamIsSentAgainWhole) {
  const std::string body = json{{"text_input", "word "}, {"times", 20}}.dump();
  const Answer first = post(std::string(kRepeat) + "generate_stream", body, "stream");
  ASSERT_EQ(first.status, 200) << first.body;
  const std::uint64_t after = emits();
  const Answer second = post(std::string(kRepeat) + "generate_stream", body, "stream");
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.fields.at("content-type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(second.fields.at("idempotent-replayed"), "true");
  EXPECT_EQ(emits(), after);
}

TEST_F(Idempotency, ACallWhoseClientLeavesRunsToItsEndAndIsAnsweredLater) {
  const std::string body = json{{"text_input", std::string(1'000, 'x')}, {"times", 300}}.dump();
  const std::string request =
      request_with(bearer(customer) + "Idempotency-Key: left\r\nContent-Type: application/json\r\n",
                   std::string(kRepeat) + "generate_stream", body);
  const std::uint64_t before = emits();
  {
    RawClient leaver(shared_world->port(), 4'096);
    ASSERT_TRUE(leaver.send(request));
    ASSERT_TRUE(leaver.wait_for("data: "));
  }
  Answer answer;
  for (const std::uint64_t until_ns = thread::monotonic_ns() + 10'000'000'000; thread::monotonic_ns() < until_ns;) {
    answer = post(std::string(kRepeat) + "generate_stream", body, "left");
    if (answer.status != 409) break;
    EXPECT_EQ(answer.fields.at("x-stoa-reason"), "idempotency.running");
    EXPECT_EQ(answer.fields.at("retry-after"), "1");
  }
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.fields.at("idempotent-replayed"), "true");
  EXPECT_EQ(emits(), before + 300);
  std::size_t events = 0;
  for (std::size_t at = answer.body.find("data: "); at != std::string::npos; at = answer.body.find("data: ", at + 1))
    ++events;
  EXPECT_EQ(events, 300u);
}

TEST_F(Idempotency, ACallThatFailedMayBeMadeAgainWithItsKey) {
  const auto fail = [&](int how) {
    return post("/v2/models/stoa-test/fail/infer",
                json{{"inputs", {{{"name", "how"}, {"shape", {1}}, {"datatype", "INT32"}, {"data", {how}}}}}}.dump(),
                "f");
  };
  for (int round = 0; round < 2; ++round) EXPECT_EQ(fail(2).fields.at("x-stoa-reason"), "probe.busy");
  const Answer refused = post(std::string(kRepeat) + "generate", "{", "f");
  EXPECT_EQ(refused.status, 400);
  const Answer torn = post(std::string(kRepeat) + "generate_stream",
                           json{{"text_input", "x"}, {"times", 5}, {"fail_at", 3}}.dump(), "f");
  EXPECT_TRUE(torn.body.contains("probe") || torn.body.contains("the thread broke")) << torn.body;
  const Answer good = fail(100);
  EXPECT_EQ(good.status, 200) << good.body;
  EXPECT_FALSE(good.fields.contains("idempotent-replayed"));
  EXPECT_EQ(fail(100).fields.at("idempotent-replayed"), "true");
}

TEST_F(Idempotency, AnAnswerThatIsTooLongIsNotKeptAndSaidToBe) {
  const std::string body = json{{"text_input", std::string(100'000, 'x')}, {"times", 12}}.dump();
  ASSERT_EQ(post(std::string(kRepeat) + "generate_stream", body, "long").status, 200);
  const std::uint64_t after = emits();
  const Answer again = post(std::string(kRepeat) + "generate_stream", body, "long");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.fields.at("x-stoa-reason"), "idempotency.not_kept");
  EXPECT_EQ(emits(), after);
}

TEST_F(Idempotency, AKeyThatIsNoneIsRefused) {
  const auto refused = [&](const std::vector<std::string>& fields) {
    std::vector<std::string> all = fields;
    all.push_back(bearer_of(customer));
    const Answer answer = client.post(std::string(kRepeat) + "generate", R"({"text_input":"x"})", all);
    return std::to_string(answer.status) + " " +
           (answer.fields.contains("x-stoa-reason") ? answer.fields.at("x-stoa-reason") : "");
  };
  EXPECT_EQ(refused({"Idempotency-Key: " + std::string(256, 'k')}), "400 idempotency.key");
  EXPECT_EQ(refused({"Idempotency-Key: " + std::string(255, 'k')}), "200 ");
  EXPECT_EQ(refused({"Idempotency-Key: a b"}), "400 idempotency.key");
  EXPECT_EQ(refused({"Idempotency-Key: \xc3\xa4"}), "400 idempotency.key");
  EXPECT_EQ(refused({"Idempotency-Key: \"open"}), "400 idempotency.key");
  EXPECT_EQ(refused({"Idempotency-Key: \"a\"; b=1"}), "400 idempotency.key");
  EXPECT_EQ(refused({"Idempotency-Key: \"\""}), "400 idempotency.key");
  EXPECT_EQ(refused({"Idempotency-Key;"}), "400 idempotency.key");
  EXPECT_EQ(refused({"Idempotency-Key: a", "Idempotency-Key: a"}), "400 http.repeated_field");
}

TEST_F(Idempotency, WithoutAKeyThatCountsNothingIsAnswered) {
  ASSERT_EQ(repeat("secret", "mine").status, 200);
  const Answer answer =
      client.post(std::string(kRepeat) + "generate", R"({"text_input":"secret"})", {"Idempotency-Key: mine"});
  EXPECT_EQ(answer.status, 401);
}

TEST_F(Idempotency, AtManyConnectionsWithOneKeyExactlyOneRuns) {
  constexpr std::size_t kConnections = 64;
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kConnections; ++i) clients.emplace_back(shared_world->port());
  for (int round = 0; round < 20; ++round) {
    const std::string request = request_with(
        bearer(customer) + "Idempotency-Key: storm-" + std::to_string(round) + "\r\nContent-Type: application/json\r\n",
        std::string(kRepeat) + "generate", json{{"text_input", "round"}}.dump());
    const std::uint64_t before = emits();
    for (RawClient& one : clients) EXPECT_TRUE(one.send(request));
    std::size_t ran = 0, replayed = 0, running = 0;
    for (RawClient& one : clients) {
      const std::string answer = one.answer(), status = status_of_answer(answer);
      const bool is_again = field_of(answer, "idempotent-replayed") == "true";
      if (status == "200") ++(is_again ? replayed : ran);
      if (status != "200" && status != "409") ADD_FAILURE() << answer;
      if (status == "409" && field_of(answer, "x-stoa-reason") == "idempotency.running") ++running;
    }
    EXPECT_EQ(ran, 1u);
    EXPECT_EQ(ran + replayed + running, kConnections);
    EXPECT_EQ(emits(), before + 1);
  }
}

}  // namespace
}  // namespace stoa::test
