// key_api_test.cpp: a customer's keys, made by one of its keys, over HTTP. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "host/api/licensing/licensing_json.hpp"
#include "host/api/licensing/test_licensing.hpp"

namespace stoa::api {
namespace {

using KeyApiTest = LicensingTest;

// What a key has left of its budget is left of all that it made.
TEST_F(KeyApiTest, AKeyMakesNoneThatGetsPastItsLimits) {
  const Json team = operate(201, {"POST", "/v1/customers/northwind/keys",
                                  R"({"name":"team","scopes":["infer","account","manage"],"models":["acme/vision"],
                                      "budget":{"amount":100,"period":"none"}})",
                                  finance});
  const std::string secret = team["key"];
  for (const std::string& wider :
       {std::string(R"("budget":{"amount":101,"period":"none"})"), std::string(R"("models":["acme/talk"])")}) {
    const RegistryReply refused =
        send_customer({"POST", "/v1/account/keys", R"({"name":"made",)" + wider + "}", secret});
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.reason(), "key.wider");
  }
  const Json made = use(201, {"POST", "/v1/account/keys", R"({"name":"made","scopes":["account"]})", secret});
  EXPECT_EQ(made["made_by"], team["id"]);
  EXPECT_EQ(made["models"], team["models"]);
  EXPECT_EQ(made["budget"], team["budget"]);
  const std::string others = use(200, {"GET", "/v1/account", "", manage})["key"]["id"];
  for (const char* const act : {"rotate", "revoke"}) {
    const std::string body = act == std::string("rotate") ? "{}" : R"({"because":"mine"})";
    EXPECT_EQ(send_customer({"POST", "/v1/account/keys/" + others + "/" + act, body, secret}).reason(), "key.wider");
  }
  use(200, {"POST", "/v1/account/keys/" + made["id"].get<std::string>() + "/revoke", R"({"because":"so"})", secret});
}

}  // namespace
}  // namespace stoa::api
