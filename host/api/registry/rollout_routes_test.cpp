// rollout_routes_test.cpp: a roll-out over HTTP: begun, steered, looked at, and what is refused.
// SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/test_registry.hpp"

namespace stoa::api {
namespace {

class RolloutRoutes : public RegistryTest {
 protected:
  RolloutRoutes() {
    const std::string acme = add_publisher("acme", key);
    for (const char* version : {"1.0.0", "1.1.0"}) published(version, package(version, key), acme);
    point("1.0.0");
    reviewer = add_operator("rita", "reviewer");
    auditor = add_operator("otto", "auditor");
  }
  void point(const std::string& version) {
    take(200, {"PUT", "/v1/aliases",
               Json{{"model", kModel}, {"alias", "default"}, {"targets", {{{"version", version}}}}}.dump(), admin});
  }
  RegistryRequest post(const std::string& action, Json body, const std::string& token) const {
    body["model"] = kModel;
    return {"POST", "/v1/rollouts" + action, body.dump(), token};
  }
  Json only(const std::string& path) {
    const Json page = take(200, {"GET", path, "", auditor});
    EXPECT_EQ(page["items"].size(), 1u) << page;
    return page["items"].empty() ? Json() : page["items"][0];
  }
  const std::string kModel = "acme/classify";
  std::string reviewer, auditor;
};

TEST_F(RolloutRoutes, GoFromStartToRollback) {
  const Json started = take(201, post("",
                                      {{"version", "1.1.0"},
                                       {"steps_ppm", {50'000, 1'000'000}},
                                       {"promotes", true},
                                       {"customers", {"vip"}},
                                       {"limits", {{"requests_min", 7}}},
                                       {"note", "try"}},
                                      reviewer));
  EXPECT_EQ(started["state"], "running");
  EXPECT_EQ(started["share_ppm"], 50'000);
  EXPECT_EQ(started["limits"]["requests_min"], 7);
  EXPECT_EQ(started["limits"]["window_ms"], 60'000) << "where nothing is said";
  EXPECT_EQ(only("/v1/rollouts?model=acme/classify"), started);
  EXPECT_EQ(take(200, post("/pause", {{"because", "night"}}, reviewer))["state"], "paused");
  EXPECT_EQ(take(200, post("/resume", Json::object(), reviewer))["state"], "running");
  EXPECT_EQ(take(200, post("/promote", Json::object(), reviewer))["state"], "promoted");
  const Json back = take(200, post("/rollback", {{"because", "wrong labels"}}, reviewer));
  EXPECT_EQ(back["from"], "1.1.0");
  EXPECT_EQ(back["to"], "1.0.0");
  const Json verdict = only("/v1/verdicts?model=acme/classify");
  EXPECT_EQ(verdict["reason"], "rollout.operator");
  EXPECT_EQ(verdict["numbers"], "wrong labels");
  EXPECT_FALSE(verdict.contains("forgiven"));
  take(200, post("/forgive", {{"version", "1.1.0"}}, reviewer));
  EXPECT_TRUE(only("/v1/verdicts").contains("forgiven"));
  EXPECT_EQ(
      take(201, post("", {{"shadow", {{"version", "1.1.0"}, {"share_ppm", 5}}}}, reviewer))["shadow"]["share_ppm"], 5);
}

TEST_F(RolloutRoutes, AndStepsOfAliasesAreReadPageByPage) {
  for (int i = 0; i < 3; ++i) {
    now_ms += 1'000;
    take(201, {"POST", "/v1/rollouts", R"({"model":"acme/classify","shadow":{"version":"1.1.0"}})", reviewer});
    take(200, {"POST", "/v1/rollouts/rollback", R"({"model":"acme/classify"})", reviewer});
  }
  for (int i = 0; i < 4; ++i)
    take(200,
         {"PUT", "/v1/aliases",
          Json{{"model", kModel}, {"alias", "beta"}, {"targets", {{{"version", i % 2 ? "1.0.0" : "1.1.0"}}}}}.dump(),
          reviewer});
  const auto pages = [&](const std::string& path) {
    std::string sizes;
    for (std::string before; sizes.size() < 40;) {
      const Json page = take(200, {"GET", path + (before.empty() ? "" : "&before=" + before), "", reviewer});
      sizes += std::to_string(page["items"].size()) + " ";
      if (!page.contains("next")) return sizes;
      before = page["next"];
    }
    return sizes + "without an end";
  };
  EXPECT_EQ(pages("/v1/rollouts?model=acme/classify&limit=2"), "2 1 ");
  EXPECT_EQ(pages("/v1/rollouts?limit=3"), "3 ") << "no empty page behind the last one";
  EXPECT_EQ(pages("/v1/aliases/steps?alias=beta&limit=2"), "2 2 ");
  EXPECT_EQ(pages("/v1/aliases/steps?alias=beta&limit=3"), "3 1 ");
  EXPECT_EQ(pages("/v1/aliases/steps?alias=beta"), "4 ");
  EXPECT_EQ(send({"GET", "/v1/aliases/steps?before=x", "", reviewer}).reason(), "registry.query");
}

TEST_F(RolloutRoutes, HearWhatOtherHostsFound) {
  const std::string edge = add_operator("edge", "host");
  const Json started =
      take(201, post("", {{"version", "1.1.0"}, {"steps_ppm", {50'000, 1'000'000}}, {"customers", {"vip"}}}, reviewer));
  const Json heard = take(200, {"GET", "/v1/rollouts?model=acme/classify&limit=1", "", edge});
  EXPECT_EQ(heard["items"][0]["customers"], Json({"vip"}));
  Json news{{"kind", "step"}, {"version", "1.1.0"}, {"step", 1}, {"rollout", started["id"]}, {"numbers", "0 of 100"}};
  EXPECT_EQ(take(200, post("/news", news, edge)), Json({{"noted", true}}));
  EXPECT_EQ(take(200, post("/news", news, edge)), Json({{"noted", false}})) << "known already";
  EXPECT_EQ(only("/v1/rollouts")["step"], 1);
  news = {{"kind", "rolled_back"}, {"version", "1.1.0"}, {"reason", "rollout.errors"}, {"numbers", "9 of 10 failed"}};
  EXPECT_EQ(take(200, post("/news", news, edge)), Json({{"noted", true}}));
  EXPECT_EQ(only("/v1/verdicts")["actor"], "operator:edge");
  EXPECT_EQ(only("/v1/verdicts")["back_to"], "1.0.0");
}

TEST_F(RolloutRoutes, SayWhatThisHostDoes) {
  api->rollouts = [] {
    return std::vector<ModelReport>{
        {.model = "acme/classify",
         .stable = "1.0.0",
         .candidate = "1.1.0",
         .releases = {{.version = "1.0.0", .state = "serving", .share_ppm = 900'000, .figures = {{100, 1, 250}}},
                      {.version = "1.1.0", .state = "rolled_back", .reason = "rollout.errors: 9 of 10"}},
         .shadow = ShadowReport{.version = "1.2.0", .equal = 3, .last_difference = "output 'text'"}},
        {.model = "acme/talk"}};
  };
  const Json here = only("/v1/rollouts/here?model=acme/classify");
  EXPECT_EQ(here["releases"][0],
            Json::parse(
                R"({"version":"1.0.0","state":"serving","share_ppm":900000,"requests":100,"failed":1,"p99_us":250})"));
  EXPECT_EQ(here["releases"][1]["reason"], "rollout.errors: 9 of 10");
  EXPECT_EQ(here["shadow"]["equal"], 3);
  EXPECT_EQ(take(200, {"GET", "/v1/rollouts/here", "", auditor})["items"].size(), 2u);
  // A release that failed on this host alone is forgiven here.
  std::string forgiven;
  api->forgive_here = [&](const std::string& model, const std::string& version) -> Result<void> {
    forgiven = model + " " + version;
    return {};
  };
  EXPECT_EQ(take(200, post("/forgive", {{"version", "1.0.0"}}, reviewer))["version"], "1.0.0");
  EXPECT_EQ(forgiven, "acme/classify 1.0.0");
  EXPECT_EQ(send(post("/forgive", {{"version", "1.0.0"}}, auditor)).reason(), "role.not_allowed");
}

TEST_F(RolloutRoutes, RefuseByFieldAndReason) {
  const struct {
    RegistryRequest request;
    long status;
    std::string reason, detail;
  } rows[] = {
      {post("", {{"version", "1.1.0"}}, ""), 401, "token.missing", ""},
      {post("", {{"version", "1.1.0"}, {"steps_ppm", {1}}}, auditor), 403, "role.not_allowed", "roll releases out"},
      {post("", {{"version", 1}}, reviewer), 400, "registry.field", "version: is number"},
      {post("", {{"version", "1.1.0"}, {"steps_ppm", {-1}}}, reviewer), 400, "registry.field", "steps_ppm: "},
      {post("", {{"version", "1.1.0"}, {"steps_ppm", {0.5}}}, reviewer), 400, "registry.field", "steps_ppm: "},
      {post("", {{"version", "1.1.0"}, {"customers", {1}}}, reviewer), 400, "registry.field", "customers: "},
      {post("", {{"version", "1.1.0"}, {"promotes", "yes"}}, reviewer), 400, "registry.field", "promotes: is string"},
      {post("", {{"version", "1.1.0"}, {"percent", 5}}, reviewer), 400, "registry.field", "percent: is not known here"},
      {post("", {{"version", "1.1.0"}, {"limits", {{"window", 5}}}}, reviewer), 400, "registry.field",
       "limits.window: "},
      {post("", {{"version", "1.1.0"}, {"limits", {{"window_ms", -5}}}}, reviewer), 400, "registry.field",
       "limits.window_ms: is negative"},
      {post("", {{"version", "1.1.0"}, {"limits", Json::array()}}, reviewer), 400, "registry.field",
       "limits: is array"},
      {post("", {{"shadow", Json::object()}}, reviewer), 400, "registry.field", "shadow.version: is missing"},
      {post("", {{"version", "1.1.0"}}, reviewer), 400, "rollout.plan", "steps_ppm: is empty"},
      {post("", {{"version", "1.0.0"}, {"steps_ppm", {1}}}, reviewer), 400, "rollout.plan", "version: "},
      {post("", {{"version", "7.0.0"}, {"steps_ppm", {1}}}, reviewer), 404, "version.unknown", ""},
      {post("/pause", Json::object(), reviewer), 412, "rollout.none", kModel},
      {post("/rollback", {{"because", "a\x01"}}, reviewer), 400, "text.control", "because: "},
      {post("/forgive", {{"version", "1.1.0"}}, reviewer), 412, "rollout.no_verdict", "1.1.0"},
      {post("/news", {{"kind", "step"}, {"version", "1.1.0"}}, reviewer), 400, "rollout.news", "rollout: "},
      {post("/news", {{"kind", "rumour"}, {"version", "1.1.0"}}, reviewer), 400, "rollout.news", "kind: is 'rumour'"},
      {post("/news", {{"kind", "failed"}, {"version", "1.1.0"}}, reviewer), 400, "rollout.news", "reason: "},
      {post("/news", {{"kind", "failed"}, {"version", "1.1.0"}, {"reason", "r"}}, auditor), 403, "role.not_allowed",
       "report on roll-outs"},
      {post("/forgive", Json::object(), reviewer), 400, "registry.field", "version: is missing"},
      {{"GET", "/v1/rollouts", "", ""}, 401, "token.missing", ""},
      {{"GET", "/v1/rollouts/here", "", ""}, 401, "token.missing", ""},
      {{"GET", "/v1/verdicts", "", ""}, 401, "token.missing", ""},
      {{"GET", "/v1/rollouts?limit=0", "", auditor}, 400, "registry.query", "limit: "},
  };
  for (const auto& row : rows) {
    const RegistryReply reply = send(row.request);
    const std::string what = row.request.path + ' ' + row.request.body;
    EXPECT_EQ(reply.status, row.status) << what << ": " << reply.body;
    EXPECT_EQ(reply.reason(), row.reason) << what;
    EXPECT_TRUE(reply.json().value("detail", "").contains(row.detail)) << what << ": " << reply.body;
  }
}

}  // namespace
}  // namespace stoa::api
