// v2_server_test.cpp: what the host tells about itself, and how failures look. SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "tests/integration/host_environment.hpp"

namespace stoa::test {
namespace {

using nlohmann::json;

TEST(Server, TellsAboutItself) {
  HttpClient client(the_host().port());
  for (const char* path : {"/v2", "/v2/"}) {
    const json metadata = json::parse(client.get(path).body);
    EXPECT_EQ(metadata["name"], "stoa");
    EXPECT_TRUE(metadata["version"].is_string());
    EXPECT_NE(std::ranges::find(metadata["extensions"], "binary_tensor_data"), metadata["extensions"].end());
  }
  EXPECT_EQ(client.get("/v2/health/live").status, 200);
  EXPECT_EQ(client.get("/v2/health/ready").status, 200);
  EXPECT_EQ(client.send("HEAD", "/v2/health/ready", {}, {}).status, 200);
  HttpClient operators(the_host().operator_port());
  EXPECT_EQ(operators.get("/v2/health/live").status, 200);
  EXPECT_EQ(operators.get("/v2/models").status, 404);
  EXPECT_EQ(client.get("/metrics").status, 404);
}

TEST(Server, TellsAboutModels) {
  HttpClient client(the_host().port());
  const json metadata = json::parse(client.get("/v2/models/stoa-test/media").body);
  EXPECT_EQ(metadata["name"], "stoa-test/media");
  EXPECT_EQ(metadata["versions"], json({"1.2.3"}));
  EXPECT_EQ(metadata["inputs"][0]["datatype"], "BYTES");
  EXPECT_EQ(metadata["inputs"][0]["shape"], json({1}));
  EXPECT_EQ(metadata["inputs"][0]["parameters"]["media_types"], json({"image/png", "image/jpeg"}));
  EXPECT_EQ(metadata["inputs"][2]["shape"], json({-1, 2}));
  EXPECT_EQ(metadata, json::parse(client.get("/v2/models/stoa-test%2Fmedia/versions/1.2.3").body));
  EXPECT_EQ(json::parse(client.get("/v2/models/stoa-test/media/ready").body),
            (json{{"name", "stoa-test/media"}, {"ready", true}}));
  EXPECT_EQ(client.get("/v2/models/stoa-test/none/ready").status, 404);
  const json stats = json::parse(client.get("/v2/models/stoa-demo/null/stats").body);
  EXPECT_EQ(stats["model_stats"][0]["name"], "stoa-demo/null");
  EXPECT_TRUE(stats["model_stats"][0]["inference_stats"]["success"]["count"].is_number());
  EXPECT_GE(json::parse(client.get("/v2/models/stats").body)["model_stats"].size(), 9u);
  EXPECT_GE(json::parse(client.get("/v2/models").body)["models"].size(), 9u);
  for (const char* body : {"", "{}", R"({"ready":true})"}) {
    const json index = json::parse(client.post("/v2/repository/index", body).body);
    ASSERT_GE(index.size(), 9u);
    EXPECT_EQ(index[0]["state"], "READY");
  }
  EXPECT_EQ(client.post("/v2/repository/index", "[").status, 400);
}

// Below /v2 every failure has that protocol's body, also of a head that cannot be read.
TEST(Server, RefusesAHeadInTheProtocolOfItsPath) {
  HttpClient client(the_host().port());
  const std::vector<std::string> long_field{"Authorization: Bearer " + std::string(20'000, 'k')};
  const Answer v2 = client.post("/v2/models/stoa-demo/null/infer", "{}", long_field);
  EXPECT_EQ(v2.status, 431);
  EXPECT_TRUE(json::parse(v2.body).contains("error")) << v2.body;
  EXPECT_EQ(v2.fields.at("x-stoa-reason"), "http.bad_head");
  const Answer target = client.get("/v2/models/" + std::string(8'000, 'a'));
  EXPECT_EQ(target.status, 414);
  EXPECT_TRUE(json::parse(target.body).contains("error")) << target.body;
  const Answer other = client.post("/v1/things", "{}", long_field);
  EXPECT_EQ(other.status, 431);
  EXPECT_EQ(json::parse(other.body)["reason"], "http.bad_head") << other.body;
}

struct MethodRow {
  const char *method, *path;
  long status;
  const char* allow;
};
const MethodRow kMethods[] = {
    {"POST", "/v2/models/stoa-demo/null", 405, "GET, HEAD"},
    {"POST", "/v2/models/stoa-demo%2Fnull/versions/1.0.0", 405, "GET, HEAD"},
    {"POST", "/v2/models/nobody/nothing", 405, "GET, HEAD"},
    {"PUT", "/v2/models/stoa-demo/null", 405, "GET, HEAD"},
    {"DELETE", "/v2/models/stoa-demo/null/ready", 405, "GET, HEAD"},
    {"PATCH", "/v2/models/stoa-demo/null/stats", 405, "GET, HEAD"},
    {"PROPFIND", "/v2/models/stoa-demo/null/stats", 405, "GET, HEAD"},
    {"POST", "/v2/models/stoa-demo/null/ready", 405, "GET, HEAD"},
    {"GET", "/v2/models/stoa-demo/null/infer", 405, "POST"},
    {"HEAD", "/v2/models/stoa-demo/null/generate", 405, "POST"},
    {"PUT", "/v2/models/stoa-demo/null/versions/1.0.0/infer", 405, "POST"},
    {"DELETE", "/v2/models/stoa-demo/null/generate_stream", 405, "POST"},
    {"OPTIONS", "/v2/models/stoa-demo/null", 204, "GET, HEAD"},
    {"OPTIONS", "/v2/models/stoa-demo/null/infer", 204, "POST"},
    {"OPTIONS", "/v2/models/stoa-demo/null/generate_stream", 204, "POST"},
    {"PUT", "/v2/models/stoa-demo/null/config", 405, "GET, HEAD"},
    {"DELETE", "/v2/models/stoa-demo/null/trace/setting", 405, "GET, HEAD, POST"},
    {"OPTIONS", "/v2/models/stoa-demo/null/trace/setting", 204, "GET, HEAD, POST"},
    {"OPTIONS", "/v2/models/stoa-demo/null/fly", 404, nullptr},
    {"PUT", "/v2/models/stoa-demo/null/fly", 404, nullptr},
    {"GET", "/v2/models/stoa-demo/null/%2Fv2%2Flogging", 404, nullptr},
    {"POST", "/v2/models/stoa-demo/null/fly", 404, nullptr},
    {"POST", "/v2/models/null/infer", 404, nullptr},  // no publisher
    {"DELETE", "/v2/models", 405, "GET, HEAD, OPTIONS"},
    {"PUT", "/v2/models/stats", 405, "GET, HEAD, OPTIONS"},
};

TEST(Server, MethodsFollowTheAction) {
  HttpClient client(the_host().port());
  for (const auto& row : kMethods) {
    SCOPED_TRACE(std::string(row.method) + " " + row.path);
    const Answer answer = client.send(row.method, row.path, "{}", {});
    EXPECT_EQ(answer.status, row.status) << answer.body << answer.error;
    EXPECT_EQ(answer.fields.contains("allow"), row.allow != nullptr);
    if (row.allow) {
      EXPECT_EQ(answer.fields.at("allow"), row.allow);
    }
    if (row.status == 204) {
      EXPECT_EQ(answer.body, "");
      EXPECT_FALSE(answer.fields.contains("content-length") || answer.fields.contains("content-type"));
    } else if (std::string_view(row.method) != "HEAD") {
      EXPECT_TRUE(json::parse(answer.body).at("error").is_string());
    }
  }
}

struct NotOfferedRow {
  const char *method, *path, *says;
};
const NotOfferedRow kNotOffered[] = {
    {"GET", "/v2/models/stoa-demo/null/config", "GET /v2/models/{model} tells"},
    {"GET", "/v2/models/stoa-demo%2Fnull/versions/1.0.0/config", "GET /v2/models/{model} tells"},
    {"GET", "/v2/models/stoa-demo/null/trace/setting", "traceparent"},
    {"POST", "/v2/models/stoa-demo/null/versions/1.0.0/trace/setting", "traceparent"},
    {"GET", "/v2/trace/setting", "traceparent"},
    {"POST", "/v2/trace/setting", "traceparent"},
    {"GET", "/v2/logging", "configuration"},
    {"POST", "/v2/logging", "configuration"},
    {"POST", "/v2/repository/main/index", "POST /v2/repository/index"},
    {"POST", "/v2/repository/models/null/load", "folder of packages"},
    {"POST", "/v2/repository/models/stoa-demo/null/load", "folder of packages"},
    {"POST", "/v2/repository/models/stoa-demo%2Fnull/unload", "folder of packages"},
    {"GET", "/v2/systemsharedmemory/status", "send tensors in the request"},
    {"GET", "/v2/systemsharedmemory/region/r/status", "send tensors in the request"},
    {"POST", "/v2/systemsharedmemory/region/r/register", "send tensors in the request"},
    {"POST", "/v2/systemsharedmemory/unregister", "send tensors in the request"},
    {"GET", "/v2/cudasharedmemory/status", "send tensors in the request"},
    {"POST", "/v2/cudasharedmemory/region/r/unregister", "send tensors in the request"},
};

TEST(Server, SaysWhatToDoInsteadOfWhatItHasNot) {
  HttpClient client(the_host().port());
  for (const auto& row : kNotOffered) {
    Answer answer = client.send(row.method, row.path, "{}", {});
    EXPECT_EQ(answer.status, 501) << row.path << answer.body << answer.error;
    EXPECT_EQ(answer.fields["x-stoa-reason"], "route.not_offered") << row.path;
    EXPECT_NE(json::parse(answer.body).at("error").get<std::string>().find(row.says), std::string::npos) << answer.body;
  }
  EXPECT_EQ(client.post("/v2/repository/index", "{}").status, 200);
  EXPECT_EQ(client.post("/v2/repository/models/stoa-demo/null/fly", "{}").status, 404);
}

TEST(Server, CompressesWhatTheClientAsksFor) {
  HttpClient client(the_host().port());
  const std::string plain = client.get("/openapi.json").body;
  Answer answer = client.get_compressed("/openapi.json");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.fields.at("content-encoding"), "gzip");
  EXPECT_EQ(answer.fields.at("vary"), "Accept-Encoding");
  EXPECT_LT(std::stoul(answer.fields.at("content-length")), plain.size() / 3);
  EXPECT_EQ(answer.body, plain);
  const std::string etag = answer.fields.at("etag");
  EXPECT_TRUE(etag.starts_with("W/"));
  answer = client.get("/openapi.json", {"Accept-Encoding: gzip", "If-None-Match: " + etag});
  EXPECT_EQ(answer.status, 304);
  EXPECT_FALSE(answer.fields.contains("content-encoding"));
  answer = client.send("HEAD", "/openapi.json", {}, {"Accept-Encoding: gzip"});
  EXPECT_EQ(answer.fields.at("content-encoding"), "gzip");
  EXPECT_LT(std::stoul(answer.fields.at("content-length")), plain.size() / 3);
  EXPECT_EQ(answer.body, "");
  answer = client.send("OPTIONS", "/v2/models/stoa-demo/null/infer", {}, {"Accept-Encoding: gzip"});
  EXPECT_EQ(answer.status, 204);
  EXPECT_FALSE(answer.fields.contains("content-encoding"));
  answer = client.get_compressed("/v2/health/live");
  EXPECT_EQ(answer.body, R"({"live":true})");
  EXPECT_FALSE(answer.fields.contains("content-encoding"));
  std::string ones = "1";
  for (int i = 1; i < 1000; ++i) ones += ",1";
  const auto infer = [&](const std::string& parameters, const char* encodings) {
    const std::string body = R"({"parameters":{)" + parameters +
                             R"(},"inputs":[{"name":"in","shape":[1000],"datatype":"FP32","data":[)" + ones + "]}]}";
    return client.send("POST", "/v2/models/stoa-demo/null/infer", body, {}, encodings);
  };
  answer = infer("", "gzip");
  EXPECT_EQ(answer.fields.at("content-encoding"), "gzip");
  EXPECT_EQ(answer.body, infer("", nullptr).body);
  answer = infer("", "deflate");
  EXPECT_EQ(answer.fields.at("content-encoding"), "deflate");
  EXPECT_EQ(answer.body, infer("", nullptr).body);
  answer = infer(R"("binary_data_output":true)", "gzip");
  EXPECT_EQ(answer.fields.at("content-type"), "application/octet-stream");
  EXPECT_FALSE(answer.fields.contains("content-encoding"));
}

TEST(Server, RefusedPathsAndMethodsAreNamed) {
  HttpClient client(the_host().port());
  const std::tuple<const char*, const char*, const char*> rows[] = {
      {"GET", "/v2/nowhere", "path: nothing is served at '/v2/nowhere'"},
      {"DELETE", "/v2", "method: DELETE is not allowed here, GET, HEAD, OPTIONS are"},
      {"GET", "/v2/models/%zz/x", "path: has malformed percent-encoding"},
      {"GET", "/v2/models/a/b/versions/1/x/y", "path: want /v2/models/{publisher}/{model}"},
      {"GET", "/v2/models/stoa-demo/null/fly", "path: a model has no 'fly', it has infer, generate, "},
      {"PUT", "/v2/models/stoa-demo/null", "method: PUT is not one of those allowed here: GET, HEAD"},
      {"POST", "/v2/models/null/infer",
       "path: no action behind 'null/infer', want /v2/models/{publisher}/{model}/infer"},
      {"GET", "/v2/models/stoa-demo/none", "model: there is none called \"stoa-demo/none\" here"},
      {"POST", "/v2/models/stoa-demo/none/infer", "model: there is none called \"stoa-demo/none\" here"},
      {"GET", "/v2/models/stoa-demo/null/versions/9", "version: model \"stoa-demo/null\" has no version \"9\" here"},
      {"POST", "/v2/repository/index", "body: must be a JSON object, begins with something else"},
  };
  for (const auto& [method, path, says] : rows) {
    const Answer answer = client.send(method, path, "3", {});
    EXPECT_EQ(answer.status / 100, 4) << path << answer.body;
    EXPECT_TRUE(json::parse(answer.body).at("error").get<std::string>().starts_with(says)) << answer.body;
  }
}

struct FailRow {
  int how;
  long status;
  const char *reason, *says;
};
const FailRow kFailures[] = {
    {0, 400, "output.needs_binary", "output 'number' holds NaN at element 1"},
    {1, 400, "probe.refused", "how: 1 is refused"},
    {2, 429, "probe.busy", "come again"},
    {4, 500, "plugin.bad_output", "output 'number' as FP64"},
    {5, 500, "plugin.bad_output", "shape"},
    {6, 500, "plugin.bad_output", "unheard_of"},
    {7, 400, "output.needs_binary", "output 'word' is not UTF-8 at element 1"},
    {8, 400, "output.needs_binary", "infinity"},
    {9, 500, "probe.own_code", "a code of our own"},
    {10, 500, "plugin.exception", ""},
};

TEST(Server, FailuresHaveTheirStatus) {
  HttpClient client(the_host().port());
  const auto body = [](int how) {
    return R"({"inputs":[{"name":"how","shape":[1],"datatype":"INT32","data":[)" + std::to_string(how) + "]}]}";
  };
  for (const auto& row : kFailures) {
    const Answer answer = client.post("/v2/models/stoa-test/fail/infer", body(row.how));
    EXPECT_EQ(answer.status, row.status) << row.how << answer.body;
    EXPECT_NE(json::parse(answer.body).at("error").get<std::string>().find(row.says), std::string::npos) << answer.body;
    EXPECT_EQ(answer.fields.contains("x-stoa-reason") ? answer.fields.at("x-stoa-reason") : "", row.reason);
    if (row.status == 429) {
      EXPECT_EQ(answer.fields.at("retry-after"), "2");
      EXPECT_EQ(answer.fields.at("retry-after-ms"), "1500");
    }
    EXPECT_EQ(client.post("/v2/models/stoa-test/fail/infer", body(99)).status, 200);
  }
  const Answer missing = client.post(
      "/v2/models/stoa-test/fail/infer",
      R"({"outputs":[{"name":"word"}],"inputs":[{"name":"how","shape":[1],"datatype":"INT32","data":[99]}]})");
  EXPECT_EQ(missing.status, 500) << missing.body;
  EXPECT_EQ(missing.fields.at("x-stoa-reason"), "plugin.missing_output");
}

TEST(Server, ErrorsOutsideV2AreProblems) {
  HttpClient client(the_host().port());
  const Answer answer = client.get("/nowhere");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.fields.at("content-type"), "application/problem+json");
  const json problem = json::parse(answer.body);
  EXPECT_TRUE(problem["type"].get<std::string>().starts_with("urn:stoa:problem:"));
  EXPECT_EQ(problem["status"], 404);
  EXPECT_EQ(problem["title"], "Not Found");
  EXPECT_TRUE(problem["request_id"].is_string());
  EXPECT_TRUE(json::parse(client.get("/v2/nowhere").body).contains("error"));
}

TEST(Server, MetricsShowModelsAndRoutes) {
  HttpClient client(the_host().port()), operators(the_host().operator_port());
  client.post("/v2/models/stoa-demo/null/infer",
              R"({"inputs":[{"name":"in","shape":[1],"datatype":"FP32","data":[1]}]})");
  const Answer answer = operators.get("/metrics");
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(answer.fields.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line :
       {"nv_inference_request_success{model=\"stoa-demo/null\",version=\"1.0.0\"} ",
        "nv_inference_request_failure{model=\"stoa-test/fail\",version=\"1.2.3\",reason=\"OTHER\"} ",
        "stoa_inference_duration_seconds_bucket{model=\"stoa-demo/null\",version=\"1.0.0\",le=\"+Inf\"} ",
        "stoa_http_requests_total{method=\"POST\",route=\"/v2/models/{model...}\",status=\"200\"} ",
        "stoa_http_connections_accepted_total ", "process_resident_memory_bytes ", "stoa_build_info{",
        "stoa_model_ready{model=\"stoa-demo/null\",version=\"1.0.0\",isolation=\"T0\"} 1"})
    EXPECT_NE(answer.body.find(line), std::string::npos) << line;
}

TEST(Server, DescriptionIsCached) {
  HttpClient client(the_host().port());
  const Answer first = client.get("/openapi.json");
  ASSERT_EQ(first.status, 200);
  EXPECT_EQ(json::parse(first.body)["openapi"], "3.1.0");
  const Answer again = client.get("/openapi.json", {"If-None-Match: " + first.fields.at("etag")});
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(again.fields.at("etag"), first.fields.at("etag"));
  EXPECT_EQ(client.get("/openapi.json", {"If-None-Match: \"other\""}).status, 200);
}

}  // namespace
}  // namespace stoa::test
