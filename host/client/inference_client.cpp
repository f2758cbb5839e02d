// inference_client.cpp: libcurl behind Results. SPDX-License-Identifier: Apache-2.0
#include "host/client/inference_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "host/client/bounded_json.hpp"
#include "host/client/problem_answer.hpp"

namespace stoa::client {
namespace {

constexpr std::size_t kInferenceBytesMax = 64u << 20;
constexpr std::string_view kReasonField = "x-stoa-reason:", kRetryField = "retry-after:";
constexpr std::uint32_t kRetryMaxS = 3'600;

struct Received {
  std::string body, reason;
  std::uint32_t retry_after_s = 0;
  bool is_too_long = false;
};

std::size_t keep_body(char* bytes, std::size_t unit, std::size_t count, void* to) {
  auto& received = *static_cast<Received*>(to);
  const std::size_t size = unit * count;
  received.is_too_long = size > kInferenceBytesMax - received.body.size();
  if (received.is_too_long) return 0;
  received.body.append(bytes, size);
  return size;
}

// The value of that field; nothing: the line is another one. field: in lower case, with its colon.
std::optional<std::string_view> value_of(std::string_view line, std::string_view field) {
  const auto lower = [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
  const bool is_it = line.size() > field.size() &&
                     std::equal(field.begin(), field.end(), line.begin(),
                                [&](char want, char got) { return want == lower(static_cast<unsigned char>(got)); });
  if (!is_it) return std::nullopt;
  line.remove_prefix(field.size());
  while (line.starts_with(' ')) line.remove_prefix(1);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::size_t keep_field(char* bytes, std::size_t unit, std::size_t count, void* to) {
  const std::string_view line(bytes, unit * count);
  auto& received = *static_cast<Received*>(to);
  if (const auto reason = value_of(line, kReasonField)) received.reason = printable(reason->substr(0, 200));
  // Seconds; a date is no advice that a host of ours gives.
  if (const auto retry = value_of(line, kRetryField)) {
    std::uint32_t seconds = 0;
    const auto [end, bad] = std::from_chars(retry->data(), retry->data() + retry->size(), seconds);
    if (bad == std::errc() && end == retry->data() + retry->size())
      received.retry_after_s = std::min(seconds, kRetryMaxS);
  }
  return unit * count;
}

Error error_of_curl(CURLcode code, const std::string& url, const Received& received) {
  const auto error = [&](Code what, const char* reason, std::string_view why) {
    return Error{what, reason, fmt::format("{}: {}", printable(url), why), 0};
  };
  const char* const why = curl_easy_strerror(code);
  if (received.is_too_long) return error(Code::out_of_range, "client.answer", "the answer is longer than 64 MiB");
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return error(Code::invalid_argument, "client.url", why);
    case CURLE_OPERATION_TIMEDOUT:
      return error(Code::deadline_exceeded, "client.silent", why);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
      return error(Code::unavailable, "client.tls", why);
    default:
      return error(Code::unavailable, "client.connection", why);
  }
}

// {"error": "..."} of /v2.
Error refusal(long status, const Received& received) {
  Error error = error_of(static_cast<unsigned>(status), received.body);
  const auto body = nlohmann::json::parse(received.body, nullptr, false);
  if (body.is_object() && body.contains("error") && body["error"].is_string())
    error.message = printable(body["error"].get<std::string>());
  if (!received.reason.empty()) error.reason = received.reason;
  error.retry_after_ms = received.retry_after_s * 1000;
  return error;
}

}  // namespace

void InferenceClient::Free::operator()(void* handle) const { curl_easy_cleanup(handle); }

bool is_line_error(const Error& error) {
  return error.reason == "client.url" || error.reason == "client.connection" || error.reason == "client.tls";
}

Result<InferenceClient> InferenceClient::open(InferenceOptions options) {
  while (options.url.ends_with('/')) options.url.pop_back();
  if (!options.url.starts_with("http://") && !options.url.starts_with("https://"))
    return failure(Code::invalid_argument, "client.url",
                   fmt::format("'{}' is no URL of a host, want http:// or https://", printable(options.url)));
  void* const handle = curl_easy_init();
  if (!handle) return failure(Code::resource_exhausted, "client.connection", "libcurl has no memory");
  return InferenceClient(std::move(options), handle);
}

Result<InferenceAnswer> InferenceClient::get(const std::string& path) { return perform(path, nullptr, ""); }

Result<InferenceAnswer> InferenceClient::post(const std::string& path, std::string_view body,
                                              const std::string& media_type) {
  return perform(path, &body, media_type);
}

Result<InferenceAnswer> InferenceClient::perform(const std::string& path, const std::string_view* body,
                                                 const std::string& media_type) {
  CURL* const curl = handle_.get();
  curl_easy_reset(curl);  // keeps the connection
  const std::string url = options_.url + path;
  const std::string type = "Content-Type: " + media_type;
  curl_slist* fields = curl_slist_append(nullptr, "Expect:");
  if (body) fields = curl_slist_append(fields, type.c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> kept(fields, &curl_slist_free_all);
  Received received;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "stoa/" STOA_VERSION);
  if (body) {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data());
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &keep_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &received);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &keep_field);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &received);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 10'000L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, options_.timeout_ms);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // A proxy of the environment is another machine: what is meant for this one does not go there.
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "127.0.0.1,localhost,::1");
  if (!options_.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options_.ca_file.c_str());
  const auto began = std::chrono::steady_clock::now();
  const CURLcode code = curl_easy_perform(curl);
  const auto took = std::chrono::steady_clock::now() - began;
  if (code != CURLE_OK) return std::unexpected(error_of_curl(code, options_.url, received));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || status > 299) return std::unexpected(refusal(status, received));
  InferenceAnswer answer{
      parse_bounded_json(received.body),
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count())};
  if (answer.body.is_discarded())
    return failure(Code::internal, "client.answer",
                   fmt::format("{}: the answer is no JSON, or too deep", printable(options_.url)));
  return answer;
}

}  // namespace stoa::client
