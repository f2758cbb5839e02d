// registry_api_test.cpp: every route of /v1 as those call it who may. SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/test_registry.hpp"

namespace stoa::api {
namespace {

std::vector<std::string> names_in(const Json& page, const char* name) {
  std::vector<std::string> names;
  for (const Json& item : page.at("items")) names.push_back(item.at(name));
  return names;
}

using Names = std::vector<std::string>;

TEST_F(RegistryTest, OperatorsComeActAndGo) {
  const Json made = take(201, {"POST", "/v1/operators", R"({"name":"rita","role":"reviewer"})", admin});
  EXPECT_EQ(made["role"], "reviewer");
  const std::string rita = made["token"];
  EXPECT_EQ(take(200, {"GET", "/v1/whoami", "", rita}), (Json{{"actor", "operator:rita"}, {"role", "reviewer"}}));
  EXPECT_EQ(names_in(take(200, {"GET", "/v1/operators", "", admin}), "name"), (Names{"admin", "rita"}));
  take(204, {"DELETE", "/v1/operators/rita", "", admin});
  EXPECT_EQ(send({"GET", "/v1/whoami", "", rita}).reason(), "token.unknown");
}

TEST_F(RegistryTest, TheAuditLogIsReadPageByPage) {
  add_operator("rita", "reviewer");
  add_operator("otto", "auditor");
  const Json newest = take(200, {"GET", "/v1/audit?limit=2", "", admin});
  ASSERT_EQ(newest["items"].size(), 2u);
  EXPECT_EQ(newest["items"][0]["subject"], "otto");
  const std::string next = newest.at("next");
  const Json oldest = take(200, {"GET", "/v1/audit?limit=2&before=" + next, "", admin});
  EXPECT_EQ(names_in(oldest, "subject"), Names{"admin"});
  EXPECT_FALSE(oldest.contains("next"));
  EXPECT_EQ(take(200, {"GET", "/v1/audit?subject=rita", "", admin})["items"].size(), 1u);
  const Json head = take(200, {"GET", "/v1/audit/head", "", admin});
  EXPECT_EQ(head["audit"]["lines"], 3);
  EXPECT_EQ(head["audit"]["sha256"], newest["items"][0]["sha256"]);
}

TEST_F(RegistryTest, APublisherProvesItsKeyAndIsSuspendedAndComesBack) {
  const Json made = take(201, {"POST", "/v1/publishers", R"({"name":"acme","display_name":"Acme Inc."})", admin});
  EXPECT_EQ(made["state"], "pending");
  EXPECT_EQ(made["display_name"], "Acme Inc.");
  const std::string first = made["token"];
  const std::string token = take(200, {"POST", "/v1/publishers/acme/token", "", admin})["token"];
  EXPECT_EQ(send({"GET", "/v1/whoami", "", first}).reason(), "token.unknown");
  const Json kept = take(201, {"POST", "/v1/publishers/acme/keys", key_body("acme", key).dump(), token});
  EXPECT_EQ(kept["state"], "active");
  EXPECT_EQ(take(200, {"GET", "/v1/publishers/acme"})["state"], "verified");
  EXPECT_EQ(names_in(take(200, {"GET", "/v1/publishers"}), "name"), Names{"acme"});
  EXPECT_EQ(names_in(take(200, {"GET", "/v1/publishers/acme/keys"}), "id"), Names{kept["id"]});
  const std::string state = "/v1/publishers/acme/state";
  EXPECT_EQ(take(200, {"PUT", state, R"({"state":"suspended","because":"owes us"})", admin})["state"], "suspended");
  EXPECT_EQ(take(200, {"PUT", state, R"({"state":"verified","because":"paid"})", admin})["state"], "verified");
}

TEST_F(RegistryTest, ANameNearAnothersWaitsForAnOperator) {
  add_publisher("acme", key);
  const Json held = take(201, {"POST", "/v1/publishers", R"({"name":"acmee"})", admin});
  ASSERT_TRUE(held.contains("held_because"));
  EXPECT_FALSE(take(200, {"POST", "/v1/publishers/acmee/let-pass", "", admin}).contains("held_because"));
}

TEST_F(RegistryTest, AKeyIsRotatedAndRevoked) {
  const std::string acme = add_publisher("acme", key);
  const std::string id = published("1.2.0", package("1.2.0", key), acme);
  const std::string path = "/v1/publishers/acme/keys/" + key.public_key().id().hex;
  const auto later = now_ms + 1000;
  EXPECT_EQ(take(200, {"POST", path + "/rotate", Json{{"at_ms", later}}.dump(), acme})["state"], "active");
  EXPECT_EQ(send({"POST", path + "/rotate", "", acme}).status, 200);
  const Json gone =
      take(200, {"POST", path + "/revoke", Json{{"from_ms", now_ms - 1000}, {"because", "stolen"}}.dump(), acme});
  EXPECT_EQ(gone["state"], "revoked");
  EXPECT_EQ(gone["quarantined"], Json::array({id}));
}

TEST_F(RegistryTest, AReleaseIsAnnouncedSentCheckedReviewedAndGoesItsWay) {
  const std::string acme = add_publisher("acme", key), bytes = package("1.2.0", key);
  Json body = announcement("1.2.0", bytes);
  body["changelog"] = "first";
  const Json draft = take(201, {"POST", "/v1/releases", body.dump(), acme});
  EXPECT_EQ(draft["state"], "draft");
  const std::string id = draft["id"], upload = draft["upload"]["id"];
  take(200, {"PUT", "/v1/uploads/" + upload, bytes.substr(0, 1000), acme});
  const Json half = take(200, {"GET", "/v1/uploads/" + upload, "", acme});
  EXPECT_EQ(half["offset"], 1000);
  EXPECT_EQ(half["bytes"], bytes.size());
  // Who did not hear the answer sends the chunk again.
  take(200, {"PUT", "/v1/uploads/" + upload + "?offset=0", bytes.substr(0, 1000), acme});
  const Json whole = take(200, {"PUT", "/v1/uploads/" + upload + "?offset=1000", bytes.substr(1000), acme});
  EXPECT_EQ(whole["offset"], bytes.size());
  const std::string release = "/v1/releases/" + id;
  EXPECT_EQ(take(202, {"POST", release + "/submit", Json{{"upload", upload}}.dump(), acme})["state"], "submitted");
  wait_for_checks(id);
  const Json seen = take(200, {"GET", release, "", acme});
  EXPECT_EQ(seen["state"], "validating");
  EXPECT_GT(seen["checks"].size(), 5u);
  EXPECT_EQ(seen["manifest"]["id"], "acme/vision");
  EXPECT_EQ(seen["models"][0]["name"], "acme/classify");
  const auto step = [&](const char* name, const char* because) {
    return take(200, {"POST", release + name, because, admin})["state"];
  };
  EXPECT_EQ(step("/review", R"({"verdict":"quarantine","because":"odd"})"), "quarantined");
  EXPECT_EQ(step("/review", R"({"verdict":"accept","because":"fine"})"), "published");
  EXPECT_EQ(step("/deprecate", R"({"because":"old"})"), "deprecated");
  EXPECT_EQ(step("/restore", R"({"because":"not that old"})"), "published");
  EXPECT_EQ(step("/yank", R"({"because":"wrong weights"})"), "yanked");
  EXPECT_EQ(step("/revoke", R"({"because":"hostile"})"), "revoked");
  EXPECT_EQ(take(200, {"GET", release})["state_because"], "hostile");
}

TEST_F(RegistryTest, ADraftIsDropped) {
  const std::string acme = add_publisher("acme", key);
  const Json draft = take(201, {"POST", "/v1/releases", announcement("1.2.0", "not yet").dump(), acme});
  const std::string path = "/v1/releases/" + draft["id"].get<std::string>();
  EXPECT_EQ(send({"DELETE", path, "", add_publisher("rival", other_key)}).reason(), "publisher.foreign");
  take(204, {"DELETE", path, "", acme});
  EXPECT_EQ(send({"GET", path, "", acme}).reason(), "release.unknown");
}

TEST_F(RegistryTest, WhatIsNotPublicIsItsPublishersAndTheOperators) {
  const std::string acme = add_publisher("acme", key), rival = add_publisher("rival", other_key);
  const std::string id = checked("1.2.0", package("1.2.0", key), acme), path = "/v1/releases/" + id;
  for (const std::string& token : {std::string(), rival}) {
    EXPECT_EQ(send({"GET", path, "", token}).reason(), "release.unknown");
    EXPECT_EQ(take(200, {"GET", "/v1/releases", "", token})["items"].size(), 0u);
  }
  for (const std::string& token : {acme, admin}) {
    EXPECT_EQ(send({"GET", path, "", token}).status, 200);
    EXPECT_EQ(names_in(take(200, {"GET", "/v1/releases", "", token}), "id"), Names{id});
  }
}

TEST_F(RegistryTest, ReleasesAreFoundByWhatTheyAreAndReadPageByPage) {
  const std::string acme = add_publisher("acme", key);
  Names ids;
  for (const std::string version : {"1.0.0", "1.1.0", "1.2.0"})
    ids.push_back(published(version, package(version, key), acme));
  std::ranges::sort(ids);  // those of one millisecond come in any order
  for (const std::string query :
       {"", "?publisher=acme", "?plugin=acme/vision", "?plugin=acme%2Fvision", "?model=acme/classify",
        "?task=image-classification", "?state=published", "?q=vision"}) {
    Names found = names_in(take(200, {"GET", "/v1/releases" + query}), "id");
    std::ranges::sort(found);
    EXPECT_EQ(found, ids) << query;
  }
  for (const std::string query :
       {"?publisher=other", "?plugin=acme/other", "?model=acme/other", "?task=other", "?state=yanked", "?q=sonnet"})
    EXPECT_EQ(take(200, {"GET", "/v1/releases" + query})["items"].size(), 0u) << query;
  Names walked;
  std::string after;
  for (int page = 0; page < 10; ++page) {
    const Json answer = take(200, {"GET", "/v1/releases?limit=2" + after});
    for (const std::string& id : names_in(answer, "id")) walked.push_back(id);
    if (!answer.contains("next")) break;
    after = "&after=" + answer["next"].get<std::string>();
  }
  std::ranges::sort(walked);
  EXPECT_EQ(walked, ids);
}

TEST_F(RegistryTest, AliasesMoveAreTakenBackAndCanNeedTwo) {
  const std::string acme = add_publisher("acme", key), rita = add_operator("rita", "reviewer");
  published("1.0.0", package("1.0.0", key), acme);
  published("1.1.0", package("1.1.0", key), acme);
  const auto move = [&](const std::string& token, const std::string& targets) {
    const std::string body = R"({"model":"acme/classify","alias":"champion","note":"n","targets":)" + targets + "}";
    return send({"PUT", "/v1/aliases", body, token});
  };
  const RegistryReply first = move(admin, R"([{"version":"1.0.0"}])");
  EXPECT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(first.json()["step"]["targets"], Json::parse(R"([{"version":"1.0.0","ppm":1000000}])"));
  EXPECT_EQ(move(admin, R"([{"version":"1.0.0","ppm":900000},{"version":"1.1.0","ppm":100000}])").status, 200);
  EXPECT_EQ(take(200, {"GET", "/v1/aliases?model=acme/classify"})["items"][0]["targets"].size(), 2u);
  const std::string back = R"({"model":"acme/classify","alias":"champion"})";
  EXPECT_EQ(take(200, {"POST", "/v1/aliases/take-back", back, rita})["step"]["targets"].size(), 1u);
  EXPECT_EQ(take(200, {"GET", "/v1/aliases/steps?model=acme/classify&alias=champion"})["items"].size(), 3u);
  EXPECT_EQ(take(200, {"GET", "/v1/aliases/steps?model=acme/classify&alias=champion&limit=1"})["items"].size(), 1u);

  take(200, {"PUT", "/v1/aliases/approvals", R"({"model":"acme/classify","approvals":1})", admin});
  const auto propose = [&] {
    const RegistryReply proposed = move(admin, R"([{"version":"1.1.0"}])");
    EXPECT_EQ(proposed.status, 202) << proposed.body;
    return "/v1/proposals/" + proposed.json()["proposal"]["id"].get<std::string>();
  };
  const std::string declined = propose();
  EXPECT_EQ(take(200, {"GET", "/v1/proposals", "", admin})["items"].size(), 1u);
  EXPECT_EQ(take(200, {"POST", declined + "/decline", "", rita})["proposal"]["state"], "declined");
  EXPECT_EQ(take(200, {"GET", "/v1/proposals?state=declined", "", admin})["items"].size(), 1u);
  const std::string approved = propose();
  EXPECT_EQ(send({"POST", approved + "/approve", "", admin}).reason(), "proposal.own");
  EXPECT_EQ(take(200, {"POST", approved + "/approve", "", rita})["step"]["approved_by"], "operator:rita");
  EXPECT_EQ(send({"POST", approved + "/approve", "", rita}).reason(), "proposal.state");
}

TEST_F(RegistryTest, APluginIsDelistedAndListedAgain) {
  const std::string acme = add_publisher("acme", key);
  published("1.0.0", package("1.0.0", key), acme);
  EXPECT_EQ(names_in(take(200, {"GET", "/v1/publishers/acme/plugins"}), "name"), Names{"acme/vision"});
  const std::string path = "/v1/publishers/acme/plugins/vision/state";
  EXPECT_EQ(take(200, {"PUT", path, R"({"state":"delisted","because":"old"})", acme})["state"], "delisted");
  EXPECT_EQ(take(200, {"PUT", path, R"({"state":"listed","because":"new"})", acme})["state"], "listed");
}

TEST_F(RegistryTest, APackageIsServedWholeAndInRanges) {
  const std::string acme = add_publisher("acme", key), bytes = package("1.2.0", key);
  published("1.2.0", bytes, acme);
  const std::string hex = registry::to_hex(registry::sha256_of(bytes)), path = "/v1/packages/" + hex;
  const std::string tag = '"' + hex + '"', size = std::to_string(bytes.size());
  struct Row {
    std::string method;
    std::vector<std::string> fields;
    long status;
    std::string body, content_range;
  };
  const Row rows[] = {
      {"GET", {}, 200, bytes, ""},
      {"HEAD", {}, 200, "", ""},
      {"HEAD", {"Range: bytes=0-9"}, 200, "", ""},
      {"GET", {"Range: bytes=0-9"}, 206, bytes.substr(0, 10), "bytes 0-9/" + size},
      {"GET",
       {"Range: bytes=100-"},
       206,
       bytes.substr(100),
       "bytes 100-" + std::to_string(bytes.size() - 1) + '/' + size},
      {"GET",
       {"Range: bytes=5-99999999"},
       206,
       bytes.substr(5),
       "bytes 5-" + std::to_string(bytes.size() - 1) + '/' + size},
      {"GET",
       {"Range: bytes=" + std::to_string(bytes.size() - 1) + "-"},
       206,
       bytes.substr(bytes.size() - 1),
       "bytes " + std::to_string(bytes.size() - 1) + '-' + std::to_string(bytes.size() - 1) + '/' + size},
      {"GET", {"Range: bytes=0-9", "If-Range: " + tag}, 206, bytes.substr(0, 10), "bytes 0-9/" + size},
      // What is no range of one part from a beginning is not looked at.
      {"GET", {"Range: bytes=0-9", "If-Range: \"another\""}, 200, bytes, ""},
      {"GET", {"Range: bytes=9-5"}, 200, bytes, ""},
      {"GET", {"Range: bytes=-5"}, 200, bytes, ""},
      {"GET", {"Range: bytes=0-1,3-4"}, 200, bytes, ""},
      {"GET", {"Range: lines=0-1"}, 200, bytes, ""},
      {"GET", {"Range: bytes=a-b"}, 200, bytes, ""},
      {"GET", {"Range: bytes=99999999999999999999-"}, 200, bytes, ""},
      {"GET", {"If-None-Match: " + tag}, 304, "", ""},
      {"GET", {"If-None-Match: *"}, 304, "", ""},
      {"GET", {"If-None-Match: \"a\", W/" + tag}, 304, "", ""},
      {"GET", {"If-None-Match: " + tag, "Range: bytes=0-9"}, 304, "", ""},
      {"HEAD", {"If-None-Match: " + tag}, 304, "", ""},
      {"GET", {"If-None-Match: \"another\""}, 200, bytes, ""},
  };
  for (const auto& row : rows) {
    RegistryRequest request{row.method, path, "", "", row.fields};
    const std::string what = row.method + ' ' + (row.fields.empty() ? "" : row.fields[0]);
    for (const RegistryReply& reply : {send(request), send_as_customer(request)}) {
      EXPECT_EQ(reply.status, row.status) << what << reply.error;
      EXPECT_EQ(reply.body, row.body) << what;
      const auto field = [&](const char* name) {
        const auto found = reply.fields.find(name);
        return found == reply.fields.end() ? std::string() : found->second;
      };
      EXPECT_EQ(field("content-range"), row.content_range) << what;
      EXPECT_EQ(field("etag"), tag) << what;
      EXPECT_EQ(field("accept-ranges"), "bytes") << what;
      EXPECT_EQ(field("cache-control"), "public, max-age=31536000, immutable") << what;
      if (row.status == 200) {
        EXPECT_EQ(field("content-length"), size) << what;
        EXPECT_EQ(field("content-type"), "application/vnd.stoa.package") << what;
      }
    }
  }
  const RegistryReply beyond = send({"GET", path, "", "", {"Range: bytes=" + size + "-"}});
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(beyond.reason(), "package.range");
  EXPECT_EQ(beyond.fields.at("content-range"), "bytes */" + size);
}

TEST_F(RegistryTest, APackageThatIsNotPublicNeedsAToken) {
  const std::string acme = add_publisher("acme", key), rival = add_publisher("rival", other_key);
  const std::string bytes = package("1.2.0", key), id = checked("1.2.0", bytes, acme);
  const std::string path = "/v1/packages/" + registry::to_hex(registry::sha256_of(bytes));
  EXPECT_EQ(send({"GET", path}).reason(), "package.unknown");
  EXPECT_EQ(send({"GET", path, "", rival}).reason(), "package.unknown");
  const RegistryReply own = send({"GET", path, "", acme});
  EXPECT_EQ(own.body, bytes);
  EXPECT_EQ(own.fields.at("cache-control"), "private, no-store");
  EXPECT_EQ(send({"GET", path, "", admin}).body, bytes);
  // On the customers' plane the field is not the registry's.
  EXPECT_EQ(send_as_customer({"GET", path, "", acme}).reason(), "package.unknown");
  take(200, {"POST", "/v1/releases/" + id + "/review", R"({"verdict":"accept"})", admin});
  EXPECT_EQ(send_as_customer({"GET", path, "", "a customer's key"}).body, bytes);
  EXPECT_EQ(send({"GET", path, "", "a customer's key"}).reason(), "token.syntax");
  take(200, {"POST", "/v1/releases/" + id + "/revoke", R"({"because":"hostile"})", admin});
  const RegistryReply revoked = send_as_customer({"GET", path});
  EXPECT_EQ(revoked.status, 410);
  EXPECT_EQ(revoked.reason(), "release.revoked");
}

TEST_F(RegistryTest, ADamagedPackageNeverEndsAsAWholeOne) {
  const std::string acme = add_publisher("acme", key), bytes = package("1.2.0", key);
  published("1.2.0", bytes, acme);
  int damaged = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "registry/blobs"))
    if (entry.is_regular_file() && entry.file_size() == bytes.size()) {
      std::filesystem::permissions(entry.path(), std::filesystem::perms::owner_write,
                                   std::filesystem::perm_options::add);
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(bytes.size() - 1));
      file.put(static_cast<char>(bytes.back() ^ 1));
      ++damaged;
    }
  ASSERT_EQ(damaged, 1);
  const RegistryReply reply = send({"GET", "/v1/packages/" + registry::to_hex(registry::sha256_of(bytes))});
  EXPECT_NE(reply.status, 200) << "as whole, with " << reply.body.size() << " bytes";
}

}  // namespace
}  // namespace stoa::api
