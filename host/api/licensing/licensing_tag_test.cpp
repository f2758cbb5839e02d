// licensing_tag_test.cpp: what a client has already is not sent again, and only who may see it hears so.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "host/api/licensing/test_licensing.hpp"

namespace stoa::api {
namespace {

using LicensingTagTest = LicensingTest;

TEST_F(LicensingTagTest, WhatSomebodyHasIsNotSentAgain) {
  const std::string licence = issue(R"({"subject":{"customer":"northwind"},"covers":[{"model":"acme/vision"}]})");
  struct Row {
    Plane plane;
    std::string path, token;
  };
  const Row rows[] = {{Plane::operators, "/v1/customers", auditor},
                      {Plane::operators, "/v1/customers/northwind/keys", auditor},
                      {Plane::operators, "/v1/licences", auditor},
                      {Plane::operators, "/v1/licences/" + licence, auditor},
                      {Plane::operators, "/v1/publishers/acme/licences", acme},
                      {Plane::operators, "/v1/offers", auditor},
                      {Plane::operators, "/v1/leases", auditor},
                      {Plane::customers, "/v1/account", manage},
                      {Plane::customers, "/v1/account/keys", manage},
                      {Plane::customers, "/v1/account/licences", manage},
                      {Plane::customers, "/v1/leases", manage}};
  const auto get = [&](const Row& row, const std::string& field, const char* method = "GET") {
    const RegistryRequest request{method, row.path, "", row.token, {"If-None-Match: " + field}};
    return row.plane == Plane::operators ? send_operator(request) : send_customer(request);
  };
  for (const Row& row : rows) {
    const RegistryReply whole = get(row, "\"other\"");
    EXPECT_EQ(whole.status, 200) << row.path;
    EXPECT_EQ(whole.fields.at("cache-control"), "private, no-cache");
    const std::string tag = whole.fields.at("etag");
    for (const std::string& field : {tag, "\"a\", W/" + tag, std::string("*")}) {
      const RegistryReply same = get(row, field);
      EXPECT_EQ(same.status, 304) << row.path << ' ' << field;
      EXPECT_EQ(same.body, "");
      EXPECT_EQ(same.fields.at("etag"), tag);
    }
    EXPECT_EQ(get(row, "\"other\"", "HEAD").fields.at("etag"), tag) << row.path;
    EXPECT_EQ(get({row.plane, row.path, ""}, "*").status, 401) << row.path << ": who asks is looked at first";
  }
  const std::string before = get(rows[2], "").fields.at("etag");
  operate(200, {"POST", "/v1/licences/" + licence + "/revoke", R"({"because":"unpaid"})", finance});
  EXPECT_EQ(get(rows[2], before).status, 200) << "an act changes what is said";
}

}  // namespace
}  // namespace stoa::api
