// model_path_test.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/model_path.hpp"

#include <gtest/gtest.h>

namespace stoa::api {
namespace {

struct PathRow {
  const char *rest, *name, *version, *action;  // name null: refused
};
const PathRow kPathRows[] = {
    {"acme/vision", "acme/vision", "", ""},
    {"acme/vision/infer", "acme/vision", "", "infer"},
    {"acme%2Fvision/infer", "acme/vision", "", "infer"},
    {"acme%2fvision", "acme/vision", "", ""},
    {"acme/vision/versions/1.2.0", "acme/vision", "1.2.0", ""},
    {"acme/vision/versions/1.2.0/infer", "acme/vision", "1.2.0", "infer"},
    {"acme%2Fvision/versions/v10/ready", "acme/vision", "v10", "ready"},
    {"acme/vision@1.2.0/infer", "acme/vision", "1.2.0", "infer"},
    {"acme%2Fvision%401.2.0/infer", "acme/vision", "1.2.0", "infer"},
    {"acme/ready", "acme/ready", "", ""},  // a model may be called like an action
    {"acme/infer/infer", "acme/infer", "", "infer"},
    {"acme/versions/versions/1", "acme/versions", "1", ""},
    {"acme/vision/versions", "acme/vision", "", "versions"},  // no such action: its caller says so
    {"vision", "vision", "", ""},                             // not found later, by name
    {"", nullptr, "", ""},
    {"acme//infer", nullptr, "", ""},
    {"acme/vision/", nullptr, "", ""},
    {"acme/vision/versions/1/infer/x", nullptr, "", ""},
    {"acme/vision/trace/setting", "acme/vision", "", "trace/setting"},
    {"acme%2Fvision/versions/1/trace/setting", "acme/vision", "1", "trace/setting"},
    {"acme/vision/versions/1/trace/setting", "acme/vision", "1", "trace/setting"},
    {"acme/vision/trace/setting/x", nullptr, "", ""},
    {"acme/vision/versions/1/trace/setting/x", nullptr, "", ""},
    {"acme/vision/a/b", nullptr, "", ""},
    {"acme%2/vision", nullptr, "", ""},
    {"acme%00/vision", nullptr, "", ""},
    {"acme%zz/vision", nullptr, "", ""},
    {"acme/vision@1/versions/2/infer", nullptr, "", ""},
};

TEST(ModelPath, NameIsTwoSegmentsOrOneWithASlash) {
  for (const auto& row : kPathRows) {
    const auto path = parse_model_path(row.rest);
    ASSERT_EQ(path.has_value(), row.name != nullptr) << row.rest;
    if (!path) continue;
    EXPECT_EQ(path->name, row.name) << row.rest;
    EXPECT_EQ(path->version, row.version) << row.rest;
    EXPECT_EQ(path->action, row.action) << row.rest;
  }
}

}  // namespace
}  // namespace stoa::api
