// router_test.cpp: which path reaches which route, with which parameters. SPDX-License-Identifier: Apache-2.0
#include "host/http/router.hpp"

#include <gtest/gtest.h>

#include <array>

namespace stoa::http {
namespace {

Task<void> nothing(Exchange&) { co_return; }

Result<Router> make_router(std::vector<std::pair<Method, std::string>> patterns) {
  std::vector<Route> routes;
  for (auto& [method, pattern] : patterns) routes.push_back({method, std::move(pattern), nothing});
  return Router::create(std::move(routes));
}

// "pattern name=value …", or the outcome's name.
std::string ask(const Router& router, Method method, std::string_view path) {
  std::array<Field, Router::kParamsMax> params;
  std::array<char, 512> text;
  const auto match = router.match(method, path, {params, text});
  switch (match.outcome) {
    case Router::Outcome::not_found:
      return "404";
    case Router::Outcome::method_not_allowed:
      return "405 " + std::string(match.allow);
    case Router::Outcome::options:
      return "204 " + std::string(match.allow);
    case Router::Outcome::bad_path:
      return "400";
    case Router::Outcome::found:
      break;
  }
  std::string answer = match.route->pattern;
  for (std::size_t i = 0; i < match.params; ++i)
    answer.append(" ").append(params[i].name).append("=").append(params[i].value);
  return answer;
}

TEST(Router, TableOfPaths) {
  const auto router = make_router({
      {Method::get, "/"},
      {Method::get, "/v2"},
      {Method::get, "/v2/health/live"},
      {Method::get, "/v2/models/{model}"},
      {Method::get, "/v2/models/{publisher}/{model}"},
      {Method::post, "/v2/models/{model}/infer"},
      {Method::post, "/v2/models/{publisher}/{model}/infer"},
      {Method::get, "/v2/models/{publisher}/{model}/versions/{version}/ready"},
      {Method::get, "/v2/models/special/{model}/ready"},
      {Method::put, "/v2/models/{model}"},
      {Method::get, "/files/{path...}"},
  });
  ASSERT_TRUE(router) << router.error().message;
  struct Row {
    Method method;
    const char* path;
    const char* answer;
  };
  const Row rows[] = {
      {Method::get, "/", "/"},
      {Method::get, "/v2", "/v2"},
      {Method::get, "/v2/", "/v2"},
      {Method::get, "/v2//", "404"},
      {Method::get, "/v2/health/live", "/v2/health/live"},
      {Method::get, "/v2/health/live/", "/v2/health/live"},
      {Method::get, "/v2/health", "404"},
      {Method::get, "/v3", "404"},
      {Method::get, "/V2", "404"},
      {Method::get, "/%76%32", "/v2"},
      {Method::get, "/v2/models/m", "/v2/models/{model} model=m"},
      {Method::get, "/v2/models/p%2Fm", "/v2/models/{model} model=p/m"},
      {Method::get, "/v2/models/p%2fm@%5E1.2", "/v2/models/{model} model=p/m@^1.2"},
      {Method::get, "/v2/models/p/m", "/v2/models/{publisher}/{model} publisher=p model=m"},
      {Method::get, "/v2/models//m", "404"},
      {Method::post, "/v2/models/m/infer", "/v2/models/{model}/infer model=m"},
      {Method::post, "/v2/models/p%2Fm/infer/", "/v2/models/{model}/infer model=p/m"},
      {Method::post, "/v2/models/p/m/infer", "/v2/models/{publisher}/{model}/infer publisher=p model=m"},
      {Method::get, "/v2/models/p/infer", "405 POST, OPTIONS"},
      {Method::get, "/v2/models/a/b/versions/3/ready",
       "/v2/models/{publisher}/{model}/versions/{version}/ready publisher=a model=b version=3"},
      {Method::get, "/v2/models/special/b/ready", "/v2/models/special/{model}/ready model=b"},
      // A literal that leads nowhere does not hide the placeholder beside it.
      {Method::get, "/v2/models/special/b", "/v2/models/{publisher}/{model} publisher=special model=b"},
      {Method::head, "/v2", "/v2"},
      {Method::options, "/v2", "204 GET, HEAD, OPTIONS"},
      {Method::options, "/v2/models/m", "204 GET, HEAD, PUT, OPTIONS"},
      {Method::options, "/nowhere", "404"},
      {Method::post, "/v2", "405 GET, HEAD, OPTIONS"},
      {Method::other, "/v2", "405 GET, HEAD, OPTIONS"},
      {Method::get, "/files/a/b%20c/d", "/files/{path...} path=a/b%20c/d"},
      {Method::get, "/files/a//b", "/files/{path...} path=a//b"},
      {Method::get, "/files", "404"},
      {Method::get, "/files/", "404"},
      {Method::get, "/v2/models/%zz", "400"},
      {Method::get, "/v2/models/%2", "400"},
      {Method::get, "/v2/models/%00", "400"},
      {Method::get, "/v2/models/..", "/v2/models/{model} model=.."},
  };
  for (const Row& row : rows) EXPECT_EQ(ask(*router, row.method, row.path), row.answer) << row.path;
}

TEST(Router, RefusesMalformedPatterns) {
  EXPECT_FALSE(make_router({{Method::get, "v2"}}));
  EXPECT_FALSE(make_router({{Method::get, "/a//b"}}));
  EXPECT_FALSE(make_router({{Method::get, "/{rest...}/b"}}));
  EXPECT_FALSE(make_router({{Method::get, "/a"}, {Method::get, "/a"}}));
  EXPECT_FALSE(make_router({{Method::get, "/{a}"}, {Method::get, "/{b}"}}));
  EXPECT_FALSE(make_router({{Method::get, "/{1}/{2}/{3}/{4}/{5}/{6}/{7}/{8}/{9}"}}));
  EXPECT_TRUE(make_router({{Method::get, "/{a}"}, {Method::post, "/{b}"}}));
}

}  // namespace
}  // namespace stoa::http
