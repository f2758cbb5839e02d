// strict_parser_test.cpp: the table of what is accepted and refused, fed whole, byte by byte and at random splits.
// SPDX-License-Identifier: Apache-2.0
#include "host/http/strict_parser.hpp"

#include <gtest/gtest.h>

#include <random>

#include "host/http/parser_table.hpp"
#include "host/http/verdict.hpp"

namespace stoa::http {
namespace {

std::string whole(std::string_view bytes) {
  return judge(bytes, {}, [](std::size_t left) { return left; });
}

TEST(StrictParser, TableOfAcceptedAndRefused) {
  const auto rows = parser_table();
  EXPECT_GE(rows.size(), 40u);
  for (const ParserRow& row : rows) {
    SCOPED_TRACE(row.name);
    const std::string verdict = whole(row.bytes);
    if (row.status == 200) {
      EXPECT_TRUE(verdict.ends_with("]\nend")) << verdict;
    } else if (row.is_body) {
      EXPECT_TRUE(verdict.ends_with("[bad body")) << verdict;
    } else {
      EXPECT_TRUE(verdict.ends_with("status " + std::to_string(row.status))) << verdict;
    }
  }
}

TEST(StrictParser, SplitsDoNotChangeTheVerdict) {
  std::mt19937 random(7);
  for (const ParserRow& row : parser_table()) {
    SCOPED_TRACE(row.name);
    const std::string expected = whole(row.bytes);
    EXPECT_EQ(judge(row.bytes, {}, [](std::size_t) { return std::size_t{1}; }), expected);
    for (int round = 0; round < 20; ++round) {
      std::uniform_int_distribution<std::size_t> size(1, row.bytes.size() > 1000 ? 700 : 12);
      EXPECT_EQ(judge(row.bytes, {}, [&](std::size_t) { return size(random); }), expected);
    }
  }
}

TEST(StrictParser, EveryTruncationWantsMoreOrIsRefused) {
  for (const ParserRow& row : parser_table()) {
    if (row.status != 200 || row.bytes.size() > 1000) continue;
    SCOPED_TRACE(row.name);
    for (std::size_t size = 1; size < row.bytes.size(); ++size) {
      const std::string verdict = whole(std::string_view(row.bytes).substr(0, size));
      EXPECT_EQ(verdict.find("status"), std::string::npos) << size << ": " << verdict;
    }
  }
}

TEST(StrictParser, EveryControlIsRefusedWhereverItStands) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool is_allowed = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    for (std::size_t at = 0; at < 19; ++at) {
      std::string value(19, 'v');
      value[at] = static_cast<char>(byte);
      const std::string verdict = whole("GET / HTTP/1.1\r\nHost: h\r\nX: v" + value + "v\r\n\r\n");
      ASSERT_EQ(verdict.ends_with("]\nend"), is_allowed) << byte << " at " << at << ": " << verdict;
    }
  }
}

TEST(StrictParser, HeadIsReadIntoFields) {
  const std::string bytes =
      "POST http://example.com/v2/models/a%2Fb/infer?x=1 HTTP/1.1\r\nHost: example.com\r\n"
      "content-LENGTH:  12 \r\nX-Empty:\r\nConnection: close\r\n\r\n";
  std::vector<Field> arena(64);
  RequestHead head;
  ParsedHead parsed;
  ASSERT_FALSE(parse_head(bytes, {}, arena, head, parsed));
  EXPECT_EQ(head.method, Method::post);
  EXPECT_EQ(head.method_text, "POST");
  EXPECT_EQ(head.target, "/v2/models/a%2Fb/infer?x=1");
  EXPECT_EQ(head.path, "/v2/models/a%2Fb/infer");
  EXPECT_EQ(head.query, "x=1");
  EXPECT_EQ(head.content_length, 12u);
  EXPECT_FALSE(head.keep_alive);
  EXPECT_EQ(head.find("content-length"), "12");
  EXPECT_TRUE(head.has("x-empty"));
  EXPECT_EQ(head.find("x-empty"), "");
  EXPECT_FALSE(head.has("x-missing"));
}

TEST(StrictParser, KeepAliveFollowsVersionAndConnection) {
  const auto keeps = [](std::string_view request) {
    return whole(std::string(request) + "\r\n").find(" keep") != std::string::npos;
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: a\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n"));
}

TEST(StrictParser, PipelinedRequestsAreReadInOrder) {
  const std::string verdict = whole(
      "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nabPOST /2 HTTP/1.1\r\nHost: a\r\n"
      "Transfer-Encoding: chunked\r\n\r\n1\r\nc\r\n0\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(verdict,
            "POST /1 Host=a Content-Length=2 keep [ab]\nPOST /2 Host=a Transfer-Encoding=chunked keep [c]\n"
            "GET /3 Host=a keep []\nend");
}

TEST(ChunkDecoder, SumOfExtensionsIsBounded) {
  std::string body = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 100; ++i) body += "1;" + std::string(200, 'x') + "\r\na\r\n";
  EXPECT_TRUE(whole(body + "0\r\n\r\n").ends_with("[bad body"));
}

}  // namespace
}  // namespace stoa::http
