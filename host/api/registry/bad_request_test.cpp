// bad_request_test.cpp: what /v1 refuses, with its status, its reason and the field that is wrong.
// SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/test_registry.hpp"
#include "host/http/raw_client.hpp"

namespace stoa::api {
namespace {

class BadRequestTest : public RegistryTest {
 protected:
  struct Row {
    RegistryRequest request;
    long status;
    std::string reason, detail;  // what the detail begins with, or has
  };
  void check(const Row& row) {
    const RegistryReply reply = send(row.request);
    const std::string what = row.request.method + ' ' + row.request.path + ' ' + row.request.body.substr(0, 100);
    EXPECT_EQ(reply.status, row.status) << what << ": " << reply.body << reply.error;
    EXPECT_EQ(reply.reason(), row.reason) << what << ": " << reply.body;
    EXPECT_EQ(reply.fields.contains("www-authenticate"), row.status == 401) << what;
    if (row.request.method == "HEAD") return;
    const Json problem = reply.json();
    EXPECT_EQ(reply.fields.at("content-type"), "application/problem+json") << what;
    EXPECT_EQ(problem.value("status", 0), row.status) << what;
    EXPECT_TRUE(problem.value("detail", "").contains(row.detail)) << what << ": " << problem.value("detail", "");
  }
};

TEST_F(BadRequestTest, ABodySaysWhatIsAskedForOnceAndNothingElse) {
  const std::string many = [] {
    std::string body = "{";
    for (int i = 0; i < 50'000; ++i) body += "\"m" + std::to_string(i) + "\":1,";
    return body + "\"name\":\"x\"}";
  }();
  const auto levels = [](std::size_t count, const std::string& open, const std::string& close) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += open;
    for (std::size_t i = 0; i < count; ++i) text += close;
    return R"({"name":)" + text + "}";
  };
  const auto post = [&](std::string body) { return RegistryRequest{"POST", "/v1/operators", std::move(body), admin}; };
  const Row rows[] = {
      {post(""), 400, "registry.field", "name: is missing, want a string"},
      {post("{}"), 400, "registry.field", "name: is missing"},
      {post("{"), 400, "registry.json", "body: is no JSON object"},
      {post("[]"), 400, "registry.json", "body: is no JSON object"},
      {post("\"x\""), 400, "registry.json", "body: is no JSON object"},
      {post("{} {}"), 400, "registry.json", "body: is no JSON object"},
      {post("{\"name\":\"\xff\"}"), 400, "registry.json", "body: is no JSON object"},
      {post(R"({"name":"a","name":"b","role":"admin"})"), 400, "registry.json", "'name' is given twice"},
      {post(R"({"name":"a","role":"admin","x":{"y":1,"y":2}})"), 400, "registry.json", "'y' is given twice"},
      {post(many), 400, "registry.json", "more than 64 members"},
      {post(levels(63, "[", "]")), 400, "registry.field", "name: is array, want a string"},
      {post(levels(64, "[", "]")), 400, "registry.json", "body: is nested deeper than 64 levels"},
      {post(levels(400'000, "[", "]")), 400, "registry.json", "body: is nested deeper than 64 levels"},
      {post(levels(100'000, "[{\"a\":", "}]")), 400, "registry.json", "body: is nested deeper than 64 levels"},
      {post(R"({"name":)" + std::string(400'000, '[')), 400, "registry.json", "body: is nested deeper than 64 levels"},
      {post(R"({"name":null,"role":"admin"})"), 400, "registry.field", "name: is missing"},
      {post(R"({"name":7,"role":"admin"})"), 400, "registry.field", "name: is number, want a string"},
      {post(R"({"name":"","role":"admin"})"), 400, "registry.field", "name: is empty"},
      {post(R"({"name":"a","rolle":"admin"})"), 400, "registry.field", "role: is missing"},
      {post(R"({"name":"a","role":"admin","extra":1})"), 400, "registry.field", "extra: is not known here"},
      {post(R"({"name":"a","role":"king"})"), 400, "registry.field", "role: 'king' is none"},
      {post(R"({"name":"A b","role":"admin"})"), 400, "operator.name", "name"},
      {post(R"({"name":"admin","role":"admin"})"), 409, "operator.exists", "admin"},
      {post(std::string(2 << 20, ' ')), 413, "http.body_too_large", ""},
      {{"PUT", "/v1/aliases", R"({"model":"a/b","alias":"c","targets":{}})", admin},
       400,
       "registry.field",
       "targets: is object, want a list"},
      {{"PUT", "/v1/aliases", R"({"model":"a/b","alias":"c","targets":[1]})", admin},
       400,
       "registry.field",
       "targets[0]: is no object"},
      {{"PUT", "/v1/aliases", R"({"model":"a/b","alias":"c","targets":[{"version":"1.0.0"},{"ppm":1}]})", admin},
       400,
       "registry.field",
       "targets[1].version: is missing"},
      {{"PUT", "/v1/aliases", R"({"model":"a/b","alias":"c","targets":[{"version":"1.0.0","ppm":0}]})", admin},
       400,
       "registry.field",
       "targets[0].ppm: is 0, want 1 to 1000000"},
      {{"PUT", "/v1/aliases", R"({"model":"a/b","alias":"c","targets":[{"version":"1.0.0","ppm":1.5}]})", admin},
       400,
       "registry.field",
       "targets[0].ppm: is number, want an integer"},
      {{"PUT", "/v1/aliases/approvals", R"({"model":"a/b","approvals":-1})", admin},
       400,
       "registry.field",
       "approvals: is negative"},
      {{"PUT", "/v1/aliases/approvals", R"({"model":"a/b","approvals":2})", admin},
       400,
       "alias.approvals",
       "approvals"},
      {{"POST", "/v1/proposals/prop_x/approve", R"({"why":"x"})", admin},
       400,
       "registry.field",
       "why: is not known here, nothing is"},
      {{"POST", "/v1/proposals/prop_x/decline", R"({"why":"x"})", admin}, 400, "registry.field", "why"},
      {{"POST", "/v1/publishers/acme/token", R"({"why":"x"})", admin}, 400, "registry.field", "why"},
      {{"POST", "/v1/publishers/acme/let-pass", R"({"why":"x"})", admin}, 400, "registry.field", "why"},
      {{"POST", "/v1/publishers/acme/keys/0/rotate", R"({"at_ms":18446744073709551615})", admin},
       400,
       "registry.field",
       "at_ms: is 18446744073709551615"},
  };
  for (const Row& row : rows) check(row);
}

// Not one byte of the body is sent here.
TEST_F(BadRequestTest, WhoMaySendNothingIsToldSoBeforeTheBody) {
  std::string mistyped = admin;
  mistyped.back() = mistyped.back() == 'a' ? 'b' : 'a';
  struct Head {
    const char *request, *length;
    std::string token, status, reason;
  };
  const Head rows[] = {
      {"PUT /v1/uploads/up_x?offset=0", "16777216", "", "401", "token.missing"},
      {"PUT /v1/uploads/up_x?offset=0", "16777216", mistyped, "401", "token.syntax"},
      {"PUT /v1/evaluations/eval_x/outcomes", "16777216", "", "401", "token.missing"},
      {"POST /v1/operators", "1048576", "", "401", "token.missing"},
  };
  for (const Head& row : rows) {
    SCOPED_TRACE(std::string(row.request) + ' ' + row.reason);
    http::RawClient client(server->ports().at(0));
    const std::string token = row.token.empty() ? "" : "Authorization: Bearer " + row.token + "\r\n";
    client.send(std::string(row.request) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + row.length + "\r\n" + token +
                "\r\n");
    const std::string answer = client.answer();
    EXPECT_EQ(http::status_of_answer(answer), row.status) << answer;
    EXPECT_NE(answer.find("\"reason\":\"" + row.reason + '"'), std::string::npos) << answer;
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << "the body would be read as a request";
  }
}

TEST_F(BadRequestTest, AQueryIsReadStrictly) {
  const Row rows[] = {
      {{"GET", "/v1/releases?limit=0"}, 400, "registry.query", "limit: is '0', want a number from 1 to 1000"},
      {{"GET", "/v1/releases?limit=1001"}, 400, "registry.query", "limit"},
      {{"GET", "/v1/releases?limit=ten"}, 400, "registry.query", "limit"},
      {{"GET", "/v1/releases?limit=-1"}, 400, "registry.query", "limit"},
      {{"GET", "/v1/releases?limit="}, 400, "registry.query", "limit"},
      {{"GET", "/v1/releases?limit=1&limit=2"}, 400, "registry.query", "limit: is given twice"},
      {{"GET", "/v1/releases?state=happy"}, 400, "registry.query", "state: 'happy'"},
      {{"GET", "/v1/proposals?state=happy", "", admin}, 400, "registry.query", "state: 'happy'"},
      {{"GET", "/v1/audit?before=x", "", admin}, 400, "registry.query", "before"},
      {{"GET", "/v1/audit?before=9223372036854775808", "", admin}, 400, "registry.query", "before"},
  };
  for (const Row& row : rows) check(row);
}

TEST_F(BadRequestTest, WhoAsksIsKnownAndMay) {
  const std::string acme = add_publisher("acme", key), rival = add_publisher("rival", other_key);
  const std::string auditor = add_operator("otto", "auditor"), reviewer = add_operator("rita", "reviewer");
  std::string mistyped = admin;
  mistyped.back() = mistyped.back() == 'a' ? 'b' : 'a';
  const std::string bytes = package("1.2.0", key);
  const std::string id = checked("1.2.0", bytes, acme);
  const Json draft = take(201, {"POST", "/v1/releases", announcement("1.3.0", "some").dump(), acme});
  const std::string upload = "/v1/uploads/" + draft["upload"]["id"].get<std::string>();
  const std::string release = "/v1/releases/" + id, because = R"({"because":"x"})";
  const auto with = [](std::string field) { return RegistryRequest{"GET", "/v1/whoami", "", "", {std::move(field)}}; };
  const Row rows[] = {
      {{"GET", "/v1/whoami"}, 401, "token.missing", "Authorization: is missing"},
      {with("Authorization: Basic YTpi"), 401, "token.scheme", "Authorization: want 'Bearer'"},
      {with("Authorization: Bearer"), 401, "token.scheme", "Authorization"},
      {{"GET", "/v1/whoami", "", "x"}, 401, "token.syntax", ""},
      {{"GET", "/v1/whoami", "", mistyped}, 401, "token.syntax", ""},
      {{"GET", "/v1/whoami", "", admin, {"Authorization: Bearer " + acme}},
       400,
       "http.repeated_field",
       "Authorization"},
      // A token that is wrong is refused where none is needed, too: its owner believes that it counts.
      {{"GET", "/v1/releases", "", mistyped}, 401, "token.syntax", ""},
      {{"POST", "/v1/operators", R"({"name":"x","role":"admin"})"}, 401, "token.missing", ""},
      {{"POST", "/v1/operators", R"({"name":"x","role":"admin"})", auditor}, 403, "role.not_allowed", "auditor"},
      {{"POST", "/v1/operators", R"({"name":"x","role":"admin"})", acme}, 403, "role.not_allowed", "publisher:acme"},
      {{"DELETE", "/v1/operators/otto", "", reviewer}, 403, "role.not_allowed", "reviewer"},
      {{"GET", "/v1/audit", "", reviewer}, 403, "role.not_allowed", ""},
      {{"GET", "/v1/audit/head", "", acme}, 403, "role.not_allowed", ""},
      {{"GET", "/v1/proposals", "", acme}, 403, "role.not_allowed", ""},
      {{"POST", "/v1/publishers", R"({"name":"x"})", reviewer}, 403, "role.not_allowed", ""},
      {{"POST", "/v1/publishers/acme/token", "", rival}, 403, "publisher.foreign", "acme"},
      {{"PUT", "/v1/publishers/acme/state", R"({"state":"closed","because":"x"})", acme}, 403, "role.not_allowed", ""},
      {{"POST", "/v1/publishers/acme/keys", key_body("acme", other_key).dump(), rival},
       403,
       "publisher.foreign",
       "acme"},
      {{"POST", "/v1/publishers/acme/keys/" + key.public_key().id().hex + "/rotate", "", rival},
       403,
       "publisher.foreign",
       "acme"},
      {{"POST", "/v1/releases", announcement("2.0.0", "x").dump(), rival}, 403, "publisher.foreign", "acme"},
      {{"POST", "/v1/releases", announcement("2.0.0", "x").dump(), reviewer}, 403, "role.not_allowed", ""},
      {{"GET", upload, "", rival}, 404, "upload.not_found", ""},
      {{"PUT", upload, "x", rival}, 404, "upload.not_found", ""},
      {{"PUT", upload, "x", auditor}, 403, "role.not_allowed", ""},
      {{"PUT", upload, "x"}, 401, "token.missing", ""},
      {{"POST", "/v1/releases/" + draft["id"].get<std::string>() + "/submit", "", rival}, 403, "publisher.foreign", ""},
      {{"POST", release + "/review", R"({"verdict":"accept"})", acme}, 403, "role.not_allowed", ""},
      {{"POST", release + "/review", R"({"verdict":"accept"})", auditor}, 403, "role.not_allowed", ""},
      {{"POST", release + "/revoke", because, auditor}, 403, "role.not_allowed", ""},
      {{"POST", release + "/yank", because, rival}, 403, "publisher.foreign", ""},
      {{"PUT", "/v1/aliases", R"({"model":"acme/classify","alias":"c","targets":[{"version":"1.2.0"}]})", acme},
       403,
       "role.not_allowed",
       ""},
  };
  for (const Row& row : rows) check(row);
  // Told apart by no case.
  EXPECT_EQ(send(with("Authorization: bearer " + admin)).status, 200);
}

TEST_F(BadRequestTest, WhatIsNotThereIsSaidByItsName) {
  const std::string acme = add_publisher("acme", key);
  const std::string zeros(64, '0'), upload = "/v1/uploads/" + std::string(26, '0'), because = R"({"because":"x"})";
  const Row rows[] = {
      {{"GET", "/v1/nothing"}, 404, "http.not_found", ""},
      {{"PATCH", "/v1/releases", "", admin}, 405, "http.method_not_allowed", ""},
      {{"DELETE", "/v1/operators/nobody", "", admin}, 404, "operator.unknown", "nobody"},
      {{"DELETE", "/v1/operators/admin", "", admin}, 412, "operator.last_admin", "admin"},
      {{"GET", "/v1/publishers/nobody"}, 404, "publisher.unknown", "nobody"},
      {{"GET", "/v1/publishers/nobody/keys"}, 404, "publisher.unknown", "nobody"},
      {{"GET", "/v1/publishers/nobody/plugins"}, 404, "publisher.unknown", "nobody"},
      {{"POST", "/v1/publishers", R"({"name":"acme"})", admin}, 409, "publisher.exists", "acme"},
      {{"POST", "/v1/publishers", R"({"name":"Acme"})", admin}, 400, "publisher.name", "name"},
      {{"POST", "/v1/publishers/nobody/token", "", admin}, 404, "publisher.unknown", "nobody"},
      {{"POST", "/v1/publishers/acme/let-pass", "", admin}, 412, "publisher.not_held", "acme"},
      {{"PUT", "/v1/publishers/acme/state", R"({"state":"happy","because":"x"})", admin},
       412,
       "publisher.state",
       "happy"},
      {{"PUT", "/v1/publishers/acme/plugins/none/state", R"({"state":"delisted","because":"x"})", admin},
       404,
       "plugin.unknown",
       "acme/none"},
      {{"POST", "/v1/publishers/acme/keys", R"({"public_key":"x","possession":"00"})", acme},
       400,
       "key.syntax",
       "public_key"},
      {{"POST", "/v1/publishers/acme/keys",
        Json{{"public_key", other_key.public_key().pem()}, {"possession", "00"}}.dump(), acme},
       400,
       "registry.field",
       "possession: is no signature"},
      {{"POST", "/v1/publishers/acme/keys", key_body("rival", other_key).dump(), acme},
       400,
       "key.possession",
       "possession"},
      {{"POST", "/v1/publishers/acme/keys", key_body("acme", key).dump(), acme}, 409, "key.exists", ""},
      {{"POST", "/v1/publishers/acme/keys/" + zeros + "/rotate", "", acme}, 404, "key.unknown", ""},
      {{"POST", "/v1/publishers/acme/keys/" + zeros + "/revoke", because, acme}, 404, "key.unknown", ""},
      {{"GET", "/v1/releases/rel_0"}, 404, "release.unknown", "rel_0"},
      {{"DELETE", "/v1/releases/rel_0", "", acme}, 404, "release.unknown", "rel_0"},
      {{"POST", "/v1/releases/rel_0/submit", "", acme}, 404, "release.unknown", "rel_0"},
      {{"POST", "/v1/releases/rel_0/review", R"({"verdict":"accept"})", admin}, 404, "release.unknown", "rel_0"},
      {{"POST", "/v1/releases/rel_0/review", R"({"verdict":"maybe"})", admin}, 400, "registry.field", "verdict"},
      {{"POST", "/v1/releases/rel_0/yank", because, acme}, 404, "release.unknown", "rel_0"},
      {{"POST", "/v1/releases/rel_0/yank", "", acme}, 400, "registry.field", "because: is missing"},
      {{"GET", "/v1/uploads/x", "", acme}, 404, "upload.not_found", "upload: 'x'"},
      {{"GET", upload, "", acme}, 404, "upload.not_found", ""},
      {{"GET", upload, "", admin}, 404, "upload.not_found", ""},
      {{"GET", "/v1/packages/x"}, 404, "package.unknown", "'x'"},
      {{"GET", "/v1/packages/" + zeros}, 404, "package.unknown", zeros},
      {{"POST", "/v1/proposals/prop_0/approve", "", admin}, 404, "proposal.unknown", "prop_0"},
      {{"POST", "/v1/proposals/prop_0/decline", "", admin}, 404, "proposal.unknown", "prop_0"},
      {{"POST", "/v1/aliases/take-back", R"({"model":"acme/classify","alias":"c"})", admin},
       412,
       "alias.no_step_before",
       "acme/classify"},
      {{"PUT", "/v1/aliases", R"({"model":"acme/classify","alias":"c","targets":[]})", admin},
       404,
       "alias.unknown",
       "c"},
      {{"PUT", "/v1/aliases", R"({"model":"acme/classify","alias":"C d","targets":[{"version":"1.0.0"}]})", admin},
       400,
       "alias.name",
       "alias"},
      {{"PUT", "/v1/aliases", R"({"model":"acme/classify","alias":"c","targets":[{"version":"1.0.0"}]})", admin},
       404,
       "model.unknown",
       "model"},
  };
  for (const Row& row : rows) check(row);
}

TEST_F(BadRequestTest, AnAnnouncementAndItsBytesAgree) {
  const std::string acme = add_publisher("acme", key), bytes = package("1.2.0", key);
  const auto announce = [&](const std::string& member, const Json& value) {
    Json body = announcement("1.2.0", bytes);
    body[member] = value;
    return RegistryRequest{"POST", "/v1/releases", body.dump(), acme};
  };
  const Json draft = take(201, {"POST", "/v1/releases", announcement("1.2.0", bytes).dump(), acme});
  const std::string submit = "/v1/releases/" + draft["id"].get<std::string>() + "/submit";
  const std::string upload_id = draft["upload"]["id"], upload = "/v1/uploads/" + upload_id;
  const std::string by_upload = Json{{"upload", upload_id}}.dump();
  const Row rows[] = {
      {announce("plugin", "vision"), 400, "release.plugin", "plugin"},
      {announce("version", "1.2"), 400, "release.version", "version"},
      {announce("sha256", "00"), 400, "registry.field", "sha256: is no SHA-256"},
      {announce("bytes", 0), 400, "release.size", "bytes"},
      {announce("bytes", "7"), 400, "registry.field", "bytes: is string, want an integer"},
      {announce("bytes", std::uint64_t{11} << 30), 429, "publisher.quota", "bytes"},
      {announce("bytes", UINT64_MAX), 429, "publisher.quota", "bytes"},
      {announce("changelog", std::string(70'000, 'x')), 400, "text.too_long", "changelog"},
      {{"PUT", upload + "?offset=1", "x", acme}, 400, "upload.offset", ""},
      {{"PUT", upload + "?offset=18446744073709551615", "xx", acme}, 400, "upload.too_large", ""},
      {{"PUT", upload + "?offset=x", "x", acme}, 400, "registry.query", "offset"},
      {{"PUT", upload, bytes + "x", acme}, 400, "upload.too_large", ""},
      {{"PUT", upload, std::string((16 << 20) + 1, 'x'), acme}, 413, "http.body_too_large", ""},
      {{"POST", submit, "", acme}, 412, "upload.missing", ""},
      {{"POST", submit, R"({"upload":"x"})", acme}, 404, "upload.not_found", "upload: 'x'"},
      {{"POST", submit, by_upload, acme}, 412, "upload.incomplete", ""},
  };
  for (const Row& row : rows) check(row);
  take(200, {"PUT", upload, std::string(bytes.size(), 'x'), acme});
  check({{"PUT", upload, bytes.substr(0, 10), acme}, 400, "upload.different", ""});
  check({{"POST", submit, by_upload, acme}, 400, "upload.digest_mismatch", ""});
}

TEST_F(BadRequestTest, AVersionIsOnePackageForEver) {
  const std::string acme = add_publisher("acme", key), bytes = package("1.2.0", key);
  const std::string release = "/v1/releases/" + published("1.2.0", bytes, acme);
  const Row rows[] = {
      {{"POST", "/v1/releases", announcement("1.2.0", bytes).dump(), acme}, 409, "release.exists", "acme/vision"},
      {{"POST", "/v1/releases", announcement("1.2.0", "other").dump(), acme}, 409, "release.version_taken", "version"},
      {{"DELETE", release, "", acme}, 412, "release.state", "published"},
      {{"POST", release + "/submit", "", acme}, 412, "release.state", "published"},
      {{"POST", release + "/review", R"({"verdict":"accept"})", admin}, 412, "release.state", "published"},
      {{"POST", release + "/restore", R"({"because":"x"})", acme}, 412, "release.state", "published"},
  };
  for (const Row& row : rows) check(row);
  // Another package than the one that was announced.
  const std::string other = package("1.3.0", key);
  const Json draft = take(201, {"POST", "/v1/releases", announcement("1.4.0", other).dump(), acme});
  const std::string id = draft["id"], upload = draft["upload"]["id"];
  take(200, {"PUT", "/v1/uploads/" + upload, other, acme});
  check({{"POST", "/v1/releases/" + id + "/submit", Json{{"upload", upload}}.dump(), acme},
         400,
         "release.other_package",
         "acme/vision 1.3.0"});
}

}  // namespace
}  // namespace stoa::api
