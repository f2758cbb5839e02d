// error_answer_test.cpp: statuses, bodies and advice of failures. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "host/api/problem.hpp"
#include "host/api/status_mapping.hpp"

namespace stoa::api {
namespace {

struct Row {
  Code code;
  const char* reason;
  unsigned v2, problem;
};
const Row kRows[] = {
    {Code::invalid_argument, "request.invalid", 400, 400},
    {Code::out_of_range, "x", 400, 400},
    {Code::failed_precondition, "x", 400, 412},
    {Code::not_found, "model.unknown", 404, 404},
    {Code::permission_denied, "x", 403, 403},
    {Code::unauthenticated, "x", 401, 401},
    {Code::resource_exhausted, "x", 429, 429},
    {Code::resource_exhausted, "model.queue_full", 503, 503},
    {Code::unavailable, "model.not_ready", 503, 503},
    {Code::unimplemented, "request.shared_memory", 501, 501},
    {Code::unimplemented, "request.method", 405, 405},
    {Code::invalid_argument, "request.media_type", 415, 415},
    {Code::deadline_exceeded, "request.deadline", 504, 504},
    {Code::internal, "plugin.bad_output", 500, 500},
    {Code::data_loss, "x", 500, 500},
    {static_cast<Code>(123), "acme.own", 500, 500},
    {Code::resource_exhausted, "http.body_too_large", 413, 413},
    {Code::deadline_exceeded, "http.body_slow", 408, 408},
    {Code::unimplemented, "http.content_encoding", 415, 415},
};

TEST(StatusMapping, IsOneTable) {
  for (const auto& row : kRows) {
    const Error error{row.code, row.reason, "m", 0};
    EXPECT_EQ(v2_status(error), row.v2) << row.reason;
    EXPECT_EQ(problem_status(error), row.problem) << row.reason;
    EXPECT_FALSE(status_title(row.v2).empty()) << row.v2;
  }
}

const std::string* field(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.fields)
    if (key == name) return &value;
  return nullptr;
}

TEST(ErrorAnswer, AdvisesWhenToRetry) {
  const auto busy = v2_error({Code::unavailable, "model.draining", "wait", 1200});
  ASSERT_TRUE(field(busy, "Retry-After"));
  EXPECT_EQ(*field(busy, "Retry-After"), "2");
  EXPECT_EQ(*field(busy, "retry-after-ms"), "1200");
  EXPECT_FALSE(field(v2_error({Code::internal, "x", "m", 1200}), "Retry-After"));
}

TEST(ErrorAnswer, IsJsonWhateverAPluginSays) {
  const auto answer = v2_error({Code::internal, "not a\r\nword", "quote \" line\n bytes \xff\xfe", 0});
  EXPECT_EQ(nlohmann::json::parse(answer.body)["error"], "quote \" line\n bytes ??");
  EXPECT_FALSE(field(answer, "x-stoa-reason"));
}

TEST(ErrorAnswer, FormFollowsTheTarget) {
  http::RequestHead head;
  head.request_id = "r-1";
  const Error error{Code::not_found, "route.unknown", "no such path", 0};
  for (const auto& [path, is_v2] : {std::pair{"/v2", true}, {"/v2/x", true}, {"/v20", false}, {"/", false}}) {
    head.path = path;
    const auto answer = render_error(404, error, &head);
    const auto body = nlohmann::json::parse(answer.body);
    EXPECT_EQ(body.contains("error"), is_v2) << path;
    EXPECT_EQ(answer.content_type, is_v2 ? "application/json" : "application/problem+json");
  }
  const auto problem = nlohmann::json::parse(render_error(404, error, &head).body);
  EXPECT_EQ(problem, (nlohmann::json{{"type", "urn:stoa:problem:route.unknown"},
                                     {"title", "Not Found"},
                                     {"status", 404},
                                     {"detail", "no such path"},
                                     {"reason", "route.unknown"},
                                     {"request_id", "r-1"}}));
  EXPECT_EQ(nlohmann::json::parse(render_error(400, error, nullptr).body)["request_id"], "");
}

}  // namespace
}  // namespace stoa::api
