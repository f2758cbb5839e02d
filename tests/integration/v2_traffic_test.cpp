// v2_traffic_test.cpp: who gets which release over HTTP, and what listens. SPDX-License-Identifier: Apache-2.0
#include <mutex>
#include <nlohmann/json.hpp>

#include "tests/integration/host_environment.hpp"

namespace stoa::test {
namespace {

using nlohmann::json;

// Remembers what it hears, as text.
class Ear final : public inference::Mirror {
 public:
  struct Heard {
    std::string asked, answered, ended;  // ended: "yes", an error's reason, or empty
  };
  std::unique_ptr<inference::MirroredCall> begin(const runtime::CallSpec& spec) noexcept override {
    auto heard = std::make_shared<Heard>();
    for (const auto& input : spec.inputs) heard->asked += input.name;
    const std::lock_guard lock(mutex_);
    heard_.push_back(heard);
    return std::make_unique<One>(heard);
  }
  std::vector<std::shared_ptr<Heard>> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  struct One final : inference::MirroredCall {
    explicit One(std::shared_ptr<Heard> to) : heard(std::move(to)) {}
    void add(std::span<const runtime::OutputPart> parts) noexcept override {
      for (const auto& part : parts)
        heard->answered.append(reinterpret_cast<const char*>(part.data().data()), part.data().size());
    }
    void end(const std::optional<Error>& error) noexcept override { heard->ended = error ? error->reason : "yes"; }
    std::shared_ptr<Heard> heard;
  };

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Heard>> heard_;
};

// Of a model's name, until the test is over.
class TrafficOf {
 public:
  TrafficOf(std::string name, inference::Traffic traffic) : name_(std::move(name)) {
    before_.models = {the_host().catalog().find(name_, "").value()};
    traffic.models = before_.models;
    traffic.stable = before_.models.front();
    the_host().catalog().set(name_, std::move(traffic));
  }
  ~TrafficOf() { the_host().catalog().set(name_, before_); }

 private:
  std::string name_;
  inference::Traffic before_;
};

// Two models whose questions are alike stand for two releases: an answer says which of them it was.
TEST(V2Traffic, RequestsFallOnOneSideAndSessionsStayThere) {
  const std::string salt = "stoa-test/witness@1.2.3";  // the candidate's version
  inference::Traffic traffic;
  traffic.candidate = the_host().catalog().find("stoa-test/echo", "").value();
  traffic.candidate_ppm = 500'000;
  const TrafficOf split("stoa-test/witness", traffic);
  HttpClient client(the_host().port());
  const auto answers = [&](const std::string& action, const std::string& body, const std::string& id) {
    const Answer answer = client.post("/v2/models/stoa-test/witness" + action, body, {"x-request-id: " + id});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body).value("model_name", "");
  };
  const auto expected = [&](const std::string& key) {
    return inference::is_below(salt, key, 500'000) ? "stoa-test/echo" : "stoa-test/witness";
  };
  std::string first_to_stay;  // an id that stays with the stable one by itself
  int candidates = 0;
  for (int i = 0; i < 40; ++i) {
    const std::string id = "id" + std::to_string(i);
    const std::string which = answers("/infer", R"({"inputs":[]})", id);
    EXPECT_EQ(which, expected(id)) << id;
    EXPECT_EQ(answers("/generate", "{}", id), which);
    candidates += which == "stoa-test/echo" ? 1 : 0;
    if (which == "stoa-test/witness") first_to_stay = id;
    EXPECT_EQ(answers("/versions/1.2.3/infer", R"({"inputs":[]})", id), "stoa-test/witness") << "by exact version";
  }
  EXPECT_GT(candidates, 5);
  EXPECT_LT(candidates, 35);
  for (int i = 0; i < 40; ++i) {
    const std::string session = "session" + std::to_string(i);
    const std::string body = R"({"parameters":{"sequence_id":")" + session + R"("},"inputs":[]})";
    EXPECT_EQ(answers("/infer", body, first_to_stay), expected(session)) << session;
    EXPECT_EQ(answers("/generate", R"({"parameters":{"sequence_id":")" + session + R"("}})", first_to_stay),
              expected(session));
  }
}

TEST(V2Traffic, AnswersAreHeardWholeAndOnce) {
  const auto ear = std::make_shared<Ear>();
  inference::Traffic traffic;
  traffic.mirror = ear;
  const TrafficOf heard("stoa-test/repeat", traffic);
  HttpClient client(the_host().port());
  const std::string path = "/v2/models/stoa-test/repeat";
  EXPECT_EQ(client.post(path + "/generate", R"({"text_input":"ab"})").status, 200);
  EXPECT_EQ(client.post(path + "/generate_stream", R"({"text_input":"ab","times":3})").status, 200);
  EXPECT_NE(client.post(path + "/generate_stream", R"({"text_input":"ab","times":3,"fail_at":1})").status, 0);
  EXPECT_EQ(client.post(path + "/versions/1.2.3/generate", R"({"text_input":"ab"})").status, 200);
  EXPECT_NE(client.post(path + "/generate", R"({"wrong":1})").status, 200);
  const auto all = ear->heard();
  ASSERT_EQ(all.size(), 3u) << "neither by exact version nor refused ones";
  EXPECT_EQ(all[0]->answered, "ab");
  EXPECT_EQ(all[0]->ended, "yes");
  EXPECT_EQ(all[1]->answered, "ababab");
  EXPECT_EQ(all[1]->ended, "yes");
  EXPECT_EQ(all[1]->asked, "text_inputtimes");
  EXPECT_NE(all[2]->ended, "yes");
  EXPECT_NE(all[2]->ended, "");
}

TEST(V2Traffic, ARevokedReleaseIsGone) {
  inference::Traffic traffic;
  traffic.revoked = {"1.0.0"};
  const TrafficOf revoked("stoa-test/echo", traffic);
  HttpClient client(the_host().port());
  const Answer answer = client.post("/v2/models/stoa-test/echo/versions/1.0.0/infer", R"({"inputs":[]})");
  EXPECT_EQ(answer.status, 410);
  EXPECT_NE(answer.body.find("was revoked"), std::string::npos) << answer.body;
}

}  // namespace
}  // namespace stoa::test
