// compression_test.cpp: which answers are compressed, for whom, and how. SPDX-License-Identifier: Apache-2.0
#include "host/http/compression.hpp"

#include <gtest/gtest.h>

#include "host/http/raw_client.hpp"
#include "host/http/test_server.hpp"

namespace stoa::http {
namespace {

std::string numbers(std::size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) text += std::to_string(i * 7919);
  text.resize(bytes);
  return text;
}

std::string inflated(std::string_view packed) {
  z_stream stream{};
  EXPECT_EQ(::inflateInit2(&stream, 15 + 32), Z_OK);
  std::string in(packed), out(2u << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  ::inflateEnd(&stream);
  return out;
}

TEST(Compression, FollowsAcceptEncoding) {
  struct Row {
    std::vector<std::string> fields;
    Encoding wanted;
  };
  const Row rows[] = {
      {{}, Encoding::identity},
      {{""}, Encoding::identity},
      {{"gzip"}, Encoding::gzip},
      {{"GZIP"}, Encoding::gzip},
      {{"x-gzip"}, Encoding::gzip},
      {{"deflate"}, Encoding::deflate},
      {{"gzip, deflate, br, zstd"}, Encoding::gzip},
      {{"deflate;q=1.0, gzip;q=0.5"}, Encoding::deflate},
      {{"gzip;q=0"}, Encoding::identity},
      {{"gzip;q=0.000, deflate ; q=0.001"}, Encoding::deflate},
      {{"*"}, Encoding::gzip},
      {{"*;q=0"}, Encoding::identity},
      {{"gzip;q=0, *"}, Encoding::deflate},
      {{"br"}, Encoding::identity},
      {{"identity, gzip;q=0.5"}, Encoding::identity},
      {{"identity;q=0.5, gzip"}, Encoding::gzip},
      {{"br", "gzip"}, Encoding::gzip},
      {{"gzip;q=high"}, Encoding::identity},
      {{"gzip;q=2"}, Encoding::identity},
      {{"gzip;level=9"}, Encoding::identity},
      {{",, gzip ,"}, Encoding::gzip},
  };
  for (const Row& row : rows) {
    std::vector<Field> fields{{"Host", "a"}};
    for (const std::string& value : row.fields) fields.push_back({"Accept-Encoding", value});
    RequestHead head;
    head.fields = fields;
    EXPECT_EQ(wanted_encoding(head), row.wanted) << (row.fields.empty() ? "none" : row.fields[0]);
  }
}

struct Made {
  std::string path, content_type, body;
  bool is_compressed;
  unsigned status = 200;
};

TEST(Compression, AppliesToWholeTextAnswersOnly) {
  const Made made[] = {
      {"/json", "application/json", numbers(1024), true},
      {"/large", "application/json", numbers(1u << 20), true},
      {"/problem", "application/problem+json", numbers(2000), true, 404},
      {"/text", "text/plain; version=0.0.4", numbers(5000), true},
      {"/short", "application/json", numbers(1023), false},
      {"/binary", "application/octet-stream", numbers(5000), false},
      {"/picture", "image/png", numbers(5000), false},
  };
  TestServer server([&](ServerConfig& config) {
    for (const Made& one : made) {
      config.listeners[0].routes.push_back({Method::get, one.path, [one](Exchange& exchange) -> Task<void> {
                                              Response response{.status = one.status};
                                              response.content_type = one.content_type;
                                              response.body = one.body.substr(0, one.body.size() / 2);
                                              response.chunks.push_back(
                                                  std::as_bytes(std::span(one.body).subspan(one.body.size() / 2)));
                                              response.fields.emplace_back("ETag", "\"v1\"");
                                              co_await exchange.reply(std::move(response));
                                            }});
    }
  });
  RawClient client(server.port());
  const auto ask = [&](const char* method, const Made& one, const std::string& field) {
    client.send(std::string(method) + " " + one.path + " HTTP/1.1\r\nHost: a\r\n" + field + "\r\n");
    return client.answer(method == std::string_view("GET"));
  };
  for (const Made& one : made) {
    SCOPED_TRACE(one.path);
    const bool is_compressed = one.is_compressed;
    for (const char* encoding : {"gzip", "deflate"}) {
      const std::string field = "Accept-Encoding: " + std::string(encoding) + "\r\n";
      const std::string answer = ask("GET", one, field);
      const std::string head = answer.substr(0, answer.find("\r\n\r\n") + 2), body = answer.substr(head.size() + 2);
      EXPECT_EQ(head.find("Content-Encoding: " + std::string(encoding) + "\r\n") != std::string::npos, is_compressed);
      EXPECT_EQ(head.find("Vary: Accept-Encoding\r\n") != std::string::npos, is_compressed);
      EXPECT_NE(head.find(is_compressed ? "ETag: W/\"v1\"\r\n" : "ETag: \"v1\"\r\n"), std::string::npos);
      EXPECT_TRUE((is_compressed ? inflated(body) : body) == one.body);
      if (is_compressed) {
        EXPECT_LT(body.size(), one.body.size());
      }
      // HEAD tells what GET would: the same length and fields, and no body before the next answer.
      const std::string bare = ask("HEAD", one, field);
      const auto length = [](const std::string& of) { return of.substr(of.find("Content-Length: "), 24); };
      EXPECT_EQ(length(bare), length(head));
      EXPECT_EQ(bare.find("Content-Encoding") != std::string::npos, is_compressed);
    }
    const std::string plain = ask("GET", one, "");
    EXPECT_TRUE(plain.ends_with("\r\n\r\n" + one.body));
    EXPECT_EQ(plain.find("Content-Encoding"), std::string::npos);
    const std::string refused = ask("GET", one, "Accept-Encoding: gzip;q=0\r\n");
    EXPECT_TRUE(refused.ends_with("\r\n\r\n" + one.body));
    EXPECT_EQ(refused.find("Vary: ") != std::string::npos, is_compressed);
  }
}

// What a cache was told of the whole answer it is told of an unchanged one as well (RFC 9110, 15.4.5).
TEST(Compression, AnUnchangedAnswerVariesAsTheWholeOneWould) {
  struct Row {
    const char *content_type, *field;
    bool varies, is_weak;
  };
  constexpr Row kRows[] = {
      {"application/json", "Accept-Encoding: gzip\r\n", true, true},
      {"text/markdown", "Accept-Encoding: deflate\r\n", true, true},
      {"application/json", "Accept-Encoding: gzip;q=0\r\n", true, false},
      {"application/json", "", false, false},
      {"application/octet-stream", "Accept-Encoding: gzip\r\n", false, false},
  };
  TestServer server([&](ServerConfig& config) {
    for (const Row& row : kRows)
      config.listeners[0].routes.push_back(
          {Method::get, "/" + std::to_string(&row - kRows), [&row](Exchange& exchange) -> Task<void> {
             Response response{.status = 304, .content_type = row.content_type};
             response.fields.emplace_back("ETag", "\"v1\"");
             co_await exchange.reply(std::move(response));
           }});
  });
  RawClient client(server.port());
  for (const Row& row : kRows) {
    SCOPED_TRACE(std::string(row.content_type) + ' ' + row.field);
    client.send("GET /" + std::to_string(&row - kRows) + " HTTP/1.1\r\nHost: a\r\n" + row.field + "\r\n");
    const std::string head = client.answer(false);
    EXPECT_TRUE(head.starts_with("HTTP/1.1 304")) << head;
    EXPECT_EQ(head.find("Vary: Accept-Encoding\r\n") != std::string::npos, row.varies) << head;
    EXPECT_NE(head.find(row.is_weak ? "ETag: W/\"v1\"\r\n" : "ETag: \"v1\"\r\n"), std::string::npos) << head;
    EXPECT_EQ(head.find("Content-Encoding"), std::string::npos) << head;
  }
}

TEST(Compression, WhatDoesNotShrinkStays) {
  std::string noise(4096, '\0');
  std::uint32_t state = 1;
  for (char& c : noise) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  TestServer server([&](ServerConfig& config) {
    config.listeners[0].routes.push_back({Method::get, "/noise", [&](Exchange& exchange) -> Task<void> {
                                            Response response;
                                            response.content_type = "text/plain";
                                            response.body = noise;
                                            co_await exchange.reply(std::move(response));
                                          }});
  });
  RawClient client(server.port());
  client.send("GET /noise HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
  const std::string answer = client.answer();
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + noise));
  EXPECT_EQ(answer.find("Content-Encoding"), std::string::npos);
}

TEST(Compression, StreamsGoAsTheyAre) {
  TestServer server;
  RawClient client(server.port());
  client.send("GET /stream HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
  ASSERT_TRUE(client.wait_for("\r\n0\r\n\r\n"));
  EXPECT_EQ(client.received().find("Content-Encoding"), std::string::npos);
}

}  // namespace
}  // namespace stoa::http
