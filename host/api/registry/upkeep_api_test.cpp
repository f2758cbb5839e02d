// upkeep_api_test.cpp: a registry is looked over and mended while it runs, by its admins.
// SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/test_registry.hpp"

namespace stoa::api {
namespace {

TEST_F(RegistryTest, AnAdminHasTheRegistryLookedOverAndMended) {
  const std::string token = add_publisher("acme", key), otto = add_operator("otto", "auditor");
  published("1.0.0", package("1.0.0", key), token);
  const Json sound = take(200, {"GET", "/v1/doctor", "", admin});
  EXPECT_EQ(sound["healthy"], true) << sound.dump(2);
  EXPECT_EQ(sound["packages"], 1);
  ASSERT_TRUE(publishing->blobs().put(std::as_bytes(std::span("nobody's", 8)), 1));
  const Json found = take(200, {"GET", "/v1/doctor?grace_s=60", "", admin});
  EXPECT_EQ(found["healthy"], false);
  ASSERT_EQ(found["ailments"].size(), 1u);
  EXPECT_EQ(found["ailments"][0]["reason"], "blob.orphaned");
  EXPECT_EQ(found["ailments"][0]["mended"], false);
  const Json mended = take(200, {"POST", "/v1/doctor?grace_s=60", "", admin});
  EXPECT_EQ(mended["healthy"], true) << mended.dump(2);
  EXPECT_EQ(mended["ailments"][0]["mended"], true);
  EXPECT_EQ(take(200, {"GET", "/v1/doctor", "", admin})["ailments"], Json::array());
  for (const char* method : {"GET", "POST"}) {
    EXPECT_EQ(send({method, "/v1/doctor", "", otto}).reason(), "role.not_allowed");
    EXPECT_EQ(send({method, "/v1/doctor", "", token}).reason(), "role.not_allowed");
    EXPECT_EQ(send({method, "/v1/doctor"}).reason(), "token.missing");
    EXPECT_EQ(send({method, "/v1/doctor?grace_s=0", "", admin}).reason(), "registry.query");
  }
}

TEST_F(RegistryTest, ADroppedDraftTakesItsUploadAlong) {
  const std::string token = add_publisher("acme", key), bytes = package("1.0.0", key);
  const Json draft = take(201, {"POST", "/v1/releases", announcement("1.0.0", bytes).dump(), token});
  const std::string upload = "/v1/uploads/" + draft["upload"]["id"].get<std::string>();
  take(200, {"PUT", upload + "?offset=0", bytes.substr(0, 100), token});
  const Json again = take(201, {"POST", "/v1/releases", announcement("1.0.0", bytes).dump(), token});
  EXPECT_EQ(again["id"], draft["id"]);
  EXPECT_EQ(again["upload"]["offset"], 100);
  take(204, {"DELETE", "/v1/releases/" + draft["id"].get<std::string>(), "", token});
  EXPECT_EQ(send({"GET", upload, "", token}).reason(), "upload.not_found");
}

}  // namespace
}  // namespace stoa::api
