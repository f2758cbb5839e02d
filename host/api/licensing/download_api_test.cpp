// download_api_test.cpp: packages whose bytes are given to whom they are licensed, over HTTP.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "host/api/licensing/test_licensing.hpp"

namespace stoa::api {
namespace {

class DownloadTest : public LicensingTest {
 protected:
  DownloadTest() : bytes(package("1.2.0", key)) {
    published("1.2.0", bytes, acme);
    path = "/v1/packages/" + registry::to_hex(registry::sha256_of(bytes));
    without_book = api->key_may_download;
    api->downloads_are_public = false;
    api->key_may_download = [this](std::string_view shown, const registry::ReleaseRecord& record) {
      std::vector<std::string> models;
      for (const registry::ReleaseModel& one : record.models) models.push_back(one.name);
      return book->may_download(shown, models, record.version);
    };
  }
  std::string key_for(const std::string& versions, const std::string& of_key = "{}") {
    const std::string name = "customer-" + std::to_string(++customers);
    operate(201, {"POST", "/v1/customers", Json{{"name", name}}.dump(), finance});
    licence = issue(Json{{"subject", {{"customer", name}}},
                         {"covers", Json::array({{{"model", "acme/*"}, {"versions", versions}}})}}
                        .dump());
    Json wanted = Json::parse(of_key);
    wanted["name"] = "download";
    return new_key(name, wanted.dump());
  }
  RegistryReply by_key(const std::string& shown, std::vector<std::string> fields = {}) {
    return send_as_customer({"GET", path, "", shown, std::move(fields)});
  }

  const std::string bytes;
  std::string path, licence;
  std::function<Result<void>(std::string_view, const registry::ReleaseRecord&)> without_book;
  int customers = 0;
};

TEST_F(DownloadTest, ByAKeyWhoseLicenceCoversAModelOfIt) {
  const std::string good = key_for("^1.2");
  const RegistryReply whole = by_key(good);
  EXPECT_EQ(whole.status, 200) << whole.body;
  EXPECT_EQ(whole.body, bytes);
  EXPECT_EQ(whole.fields.at("cache-control"), "private, no-cache") << "no cache gives it to another";
  const std::string tag = whole.fields.at("etag");
  EXPECT_EQ(by_key(good, {"Range: bytes=5-9"}).body, bytes.substr(5, 5));
  EXPECT_EQ(by_key(good, {"If-None-Match: " + tag}).status, 304);
  EXPECT_EQ(by_key("", {"If-None-Match: " + tag}).reason(), "key.missing") << "nobody learns whether it is there";
  EXPECT_EQ(by_key("", {"X-Api-Key: " + good}).body, bytes);
  EXPECT_EQ(send_as_customer({"GET", path + "?key=" + good}).reason(), "key.in_url");
  EXPECT_EQ(by_key(good, {"X-Api-Key: " + good}).reason(), "key.repeated");
}

TEST_F(DownloadTest, IsRefusedForTheReasonsOfACall) {
  EXPECT_EQ(by_key("").reason(), "key.missing");
  EXPECT_EQ(by_key("").status, 401);
  EXPECT_EQ(by_key("sk_half").reason(), "key.malformed");
  EXPECT_EQ(by_key(licensing::new_api_key()).reason(), "key.unknown");
  EXPECT_EQ(by_key(stranger).reason(), "licence.none");
  EXPECT_EQ(by_key(stranger).status, 403);
  EXPECT_EQ(by_key(key_for("^2")).reason(), "licence.version");
  EXPECT_EQ(by_key(key_for("*", R"({"scopes":["account"]})")).reason(), "key.scope");
  EXPECT_EQ(by_key(key_for("*", R"({"models":["rival/*"]})")).reason(), "key.model");
  const std::string revoked = key_for("*");
  EXPECT_EQ(by_key(revoked).status, 200);
  operate(200, {"POST", "/v1/licences/" + licence + "/revoke", R"({"because":"unpaid"})", finance});
  EXPECT_EQ(by_key(revoked).reason(), "licence.revoked");
}

TEST_F(DownloadTest, ByTokensOfOperatorsAndOfItsPublisherOnEitherPlane) {
  const std::string follower = add_operator("edge-1", "host");
  for (const std::string& token : {follower, admin, auditor, acme}) {
    EXPECT_EQ(send({"GET", path, "", token}).body, bytes);
    EXPECT_EQ(send_as_customer({"GET", path, "", token}).body, bytes);
  }
  EXPECT_EQ(send({"GET", path, "", rival}).reason(), "publisher.foreign");
  EXPECT_EQ(send_as_customer({"GET", path, "", rival}).reason(), "publisher.foreign");
  EXPECT_EQ(send({"GET", path}).reason(), "token.missing");
  EXPECT_EQ(send({"GET", path}).status, 401);
  // What nobody published is its publisher's and the operators', as before.
  const std::string next = package("1.3.0", key);
  checked("1.3.0", next, acme);
  const std::string hidden = "/v1/packages/" + registry::to_hex(registry::sha256_of(next));
  EXPECT_EQ(send({"GET", hidden, "", acme}).body, next);
  EXPECT_EQ(send({"GET", hidden, "", follower}).reason(), "package.unknown");
  EXPECT_EQ(send_as_customer({"GET", hidden, "", key_for("*")}).reason(), "package.unknown");
}

TEST_F(DownloadTest, ArePublicWhereTheOperatorSaysSo) {
  api->downloads_are_public = true;
  EXPECT_EQ(by_key("").body, bytes);
  EXPECT_EQ(send({"GET", path}).body, bytes);
}

// A host without [licensing] that gives packages to actors alone.
TEST_F(DownloadTest, WithoutABookNoKeyIsKnown) {
  api->key_may_download = without_book;
  EXPECT_EQ(by_key(key_for("*")).reason(), "key.unknown");
}

}  // namespace
}  // namespace stoa::api
