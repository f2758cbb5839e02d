// inference_client.hpp: requests to a host's models over the Open Inference Protocol.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "stoa/result.hpp"

namespace stoa::client {

// Whom is asked, and how long for an answer.
struct InferenceOptions {
  std::string url;      // of the customer plane: "http://127.0.0.1:8080"
  std::string ca_file;  // PEM; empty: the system's authorities
  long timeout_ms = 60'000;
};

struct InferenceAnswer {
  nlohmann::ordered_json body;
  std::uint64_t took_us = 0;  // from the request to the last byte of the answer
};

// One connection, kept open between requests. Threads: one at a time.
//
// Errors are the host's, with the reason of its field x-stoa-reason and the time of its Retry-After; or client.url,
// client.connection, client.tls, client.silent (no answer within the time), client.answer.
class InferenceClient {
 public:
  static Result<InferenceClient> open(InferenceOptions options);

  Result<InferenceAnswer> get(const std::string& path);
  Result<InferenceAnswer> post(const std::string& path, std::string_view body, const std::string& media_type);

 private:
  struct Free {
    void operator()(void* handle) const;
  };
  InferenceClient(InferenceOptions options, void* handle) : options_(std::move(options)), handle_(handle) {}
  Result<InferenceAnswer> perform(const std::string& path, const std::string_view* body, const std::string& media_type);

  InferenceOptions options_;
  std::unique_ptr<void, Free> handle_;  // a CURL
};

// Whether an Error says that nobody was asked: no answer of the host, and none of its model.
bool is_line_error(const Error& error);

}  // namespace stoa::client
