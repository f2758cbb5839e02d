// problem_answer_test.cpp: statuses and bodies of refusals, and words that would move a cursor.
// SPDX-License-Identifier: Apache-2.0
#include "host/client/problem_answer.hpp"

#include <gtest/gtest.h>

namespace stoa::client {
namespace {

struct Row {
  unsigned status;
  const char* body;
  Code code;
  const char* reason;
  const char* message;
};

TEST(ProblemAnswer, KeepsTheServersReasonAndMessage) {
  constexpr Row kRows[] = {
      {400, R"({"reason":"registry.field","detail":"name: is empty"})", Code::invalid_argument, "registry.field",
       "name: is empty"},
      {401, R"({"reason":"token.missing","detail":"x"})", Code::unauthenticated, "token.missing", "x"},
      {403, R"({"reason":"role.not_allowed","detail":"x"})", Code::permission_denied, "role.not_allowed", "x"},
      {404, R"({"reason":"release.unknown","detail":"x"})", Code::not_found, "release.unknown", "x"},
      {409, R"({"reason":"upload.busy","detail":"x"})", Code::aborted, "upload.busy", "x"},
      {410, R"({"reason":"release.revoked","detail":"x"})", Code::failed_precondition, "release.revoked", "x"},
      {429, R"({"reason":"upload.quota","detail":"x"})", Code::resource_exhausted, "upload.quota", "x"},
      {503, R"({"reason":"desk.full","detail":"x"})", Code::unavailable, "desk.full", "x"},
      {500, R"({"reason":"a.b","detail":"x"})", Code::internal, "a.b", "x"},
      {302, "", Code::unknown, "client.status", "the server answered with status 302"},
      {502, "<html>bad gateway</html>", Code::unavailable, "client.status", "the server answered with status 502"},
      {404, "[1,2]", Code::not_found, "client.status", "the server answered with status 404"},
      {404, R"({"reason":7,"detail":{}})", Code::not_found, "client.status", "the server answered with status 404"},
      {404, R"({"reason":"a.b"})", Code::not_found, "a.b", "the server answered with status 404"},
      {400, "{\"reason\":\"a.b\",\"detail\":\"\\u001b[2Jgone\"}", Code::invalid_argument, "a.b", "?[2Jgone"},
  };
  for (const Row& row : kRows) {
    const Error error = error_of(row.status, row.body);
    EXPECT_EQ(error.code, row.code) << row.status << row.body;
    EXPECT_EQ(error.reason, row.reason) << row.body;
    EXPECT_EQ(error.message, row.message) << row.body;
  }
}

TEST(ProblemAnswer, PrintableKeepsLettersOfEveryLanguage) {
  constexpr std::pair<const char*, const char*> kRows[] = {
      {"", ""},
      {"plain", "plain"},
      {"grüße", "grüße"},
      {"日本", "日本"},
      {"a\nb\rc\td", "a?b?c?d"},
      {"\x1b]0;title\x07", "?]0;title?"},
      {"\x7f", "?"},
      {"a\xc2\x9b"
       "31mb",
       "a?31mb"},
      {"\xc2\xa0", "\xc2\xa0"},
      {"\xc2", "\xc2"},
  };
  for (const auto& [text, shown] : kRows) EXPECT_EQ(printable(text), shown);
}

}  // namespace
}  // namespace stoa::client
