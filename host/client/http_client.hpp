// http_client.hpp: requests to a registry's API: JSON both ways, and bytes of a package.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>

#include "stoa/result.hpp"

namespace stoa::client {

using Json = nlohmann::ordered_json;

struct ClientOptions {
  std::string url;                // of the operator plane: "https://registry.example:8081"
  std::string token;              // empty: asks as anybody
  std::string ca_file;            // PEM; empty: the system's authorities. Who the server is, is always verified.
  bool allow_plain_http = false;  // a token may cross a network where anybody can read it
  long connect_ms_max = 10'000;
  long silence_s_max = 60;                // without a byte either way; how long all may take depends on the line
  std::function<bool()> is_stopped = {};  // looked at every second at least: what is under way ends
};

struct Question {
  const char* method = "GET";
  std::string path;       // "/v1/releases"; values in it are escape()d
  Json body = nullptr;    // null: none
  std::string once = {};  // Idempotency-Key: asked again with it, it is done once; empty: none
};

// Bytes as they are.
struct BytesAsked {
  std::string path;
  std::uint64_t bytes_max = 0;             // more is client.answer
  std::string tag = {};                    // If-None-Match
  std::optional<std::uint64_t> from = {};  // Range, to the end or as far as the server likes
};
struct BytesFetched {
  long status = 200;  // 200, 206 or 304
  std::string body, tag;
};

// One connection, kept open between requests. Threads: one at a time. No redirect is followed: a token goes to the
// server it was meant for.
//
// Errors are those of the server, with its reason and message and a code by the status (problem_answer.hpp), or:
// client.url, client.connection (no answer: try again, what was asked may have been done), client.silent (time is up),
// client.tls, client.answer (no JSON, or too long).
class HttpClient {
 public:
  // client.url: neither http:// nor https://; client.token: characters that no token has; client.plain_http: a token
  // would leave this machine unencrypted.
  static Result<HttpClient> open(ClientOptions options);

  // The body of the answer; null for one without.
  Result<Json> ask(const Question& question);
  Result<BytesFetched> fetch(const BytesAsked& asked);
  Result<Json> send_bytes(const std::string& path, std::span<const std::byte> bytes);
  const std::string& url() const { return options_.url; }

 private:
  struct Free {
    void operator()(void* handle) const;
  };
  struct Sent;
  HttpClient(ClientOptions options, void* handle, bool is_here)
      : options_(std::move(options)), handle_(handle), is_here_(is_here) {}
  Result<Json> perform(const Sent& sent);
  Result<BytesFetched> exchange(const Sent& sent);

  ClientOptions options_;
  std::unique_ptr<void, Free> handle_;  // a CURL
  bool is_here_;                        // the server is on this machine
};

// A value as one segment of a path or one value of a query.
std::string escape(std::string_view value);

}  // namespace stoa::client
