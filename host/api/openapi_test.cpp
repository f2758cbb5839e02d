// openapi_test.cpp: the document against itself and the table of what is not offered.
// SPDX-License-Identifier: Apache-2.0
#include "host/api/openapi.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "host/api/not_offered.hpp"

namespace stoa::api {
namespace {

using nlohmann::json;

// "{a}" of a path, each.
std::set<std::string> names_in(const std::string& path) {
  std::set<std::string> names;
  for (std::size_t begin = path.find('{'); begin != std::string::npos; begin = path.find('{', begin + 1))
    names.insert(path.substr(begin + 1, path.find('}', begin) - begin - 1));
  return names;
}

TEST(OpenApi, EveryOperationHasItsOwnIdItsTagAndThePathsParameters) {
  const json document = json::parse(describe_api().json());
  std::set<std::string> ids, tags;
  for (const json& tag : document["tags"]) tags.insert(tag["name"]);
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      SCOPED_TRACE(method + ' ' + path);
      EXPECT_TRUE(ids.insert(operation["operationId"]).second) << operation["operationId"];
      EXPECT_TRUE(tags.contains(operation["tags"][0])) << operation["tags"];
      std::set<std::string> described;
      for (const json& parameter : operation.value("parameters", json::array()))
        if (parameter["in"] == "path") described.insert(parameter["name"]);
      EXPECT_EQ(described, names_in(path));
      EXPECT_FALSE(operation["responses"].empty());
    }
  }
}

TEST(OpenApi, WhatIsNotOfferedAnswers501AndSaysWhatToDoInstead) {
  const json document = json::parse(describe_api().json());
  const std::string model = "/v2/models/{publisher}/{model}";
  for (const NotOffered& row : not_offered()) {
    std::string path(row.path);
    if (const std::size_t rest = path.find("...}"); rest != std::string::npos) path.replace(rest, 4, "}");
    const bool is_route = path.starts_with('/');
    for (const std::string& at :
         is_route ? std::vector{path} : std::vector{model + '/' + path, model + "/versions/{version}/" + path}) {
      ASSERT_TRUE(document["paths"].contains(at)) << at;
      const json& operations = document["paths"][at];
      EXPECT_EQ(operations.contains("get"), row.takes_get) << at;
      EXPECT_EQ(operations.contains("post"), row.takes_post) << at;
      for (const auto& [method, operation] : operations.items()) {
        EXPECT_EQ(operation["responses"]["501"]["description"], row.says) << method << ' ' << at;
        EXPECT_EQ(operation["responses"].size(), 1u) << method << ' ' << at;
      }
    }
  }
}

}  // namespace
}  // namespace stoa::api
