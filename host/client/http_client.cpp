// http_client.cpp: libcurl behind Results. SPDX-License-Identifier: Apache-2.0
#include "host/client/http_client.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "host/client/bounded_json.hpp"
#include "host/client/problem_answer.hpp"

namespace stoa::client {
namespace {

// The longest list a registry sends is a page of 1000 releases.
constexpr std::size_t kAnswerBytesMax = 64u << 20;

struct Kept {
  std::string text;
  std::size_t bytes_max = kAnswerBytesMax;
};

std::size_t keep(char* bytes, std::size_t unit, std::size_t count, void* to) {
  auto& kept = *static_cast<Kept*>(to);
  const std::size_t size = unit * count;
  if (size > kept.bytes_max - kept.text.size()) return 0;  // curl ends the transfer: CURLE_WRITE_ERROR
  kept.text.append(bytes, size);
  return size;
}

// Not 0: the transfer ends, CURLE_ABORTED_BY_CALLBACK.
int look_for_stop(void* options, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const ClientOptions*>(options)->is_stopped() ? 1 : 0;
}

struct FreeFields {
  void operator()(curl_slist* fields) const { curl_slist_free_all(fields); }
};
using Fields = std::unique_ptr<curl_slist, FreeFields>;

void add(Fields& fields, const std::string& line) {
  if (curl_slist* const longer = curl_slist_append(fields.get(), line.c_str())) {
    (void)fields.release();
    fields.reset(longer);
  }
}

Error error_of_curl(CURLcode code, const std::string& url, const char* detail, std::size_t bytes_max) {
  const std::string what = printable(*detail ? detail : curl_easy_strerror(code));
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {Code::invalid_argument, "client.url", fmt::format("{}: {}", url, what), 0};
    case CURLE_OPERATION_TIMEDOUT:
      return {Code::deadline_exceeded, "client.silent", fmt::format("{}: {}", url, what), 0};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
      return {Code::unavailable, "client.tls", fmt::format("{}: {}", url, what), 0};
    case CURLE_WRITE_ERROR:
      return {Code::out_of_range, "client.answer", fmt::format("{}: the answer has more than {} bytes", url, bytes_max),
              0};
    default:
      return {Code::unavailable, "client.connection", fmt::format("{}: {}", url, what), 0};
  }
}

// The host as curl itself will read it, so that no spelling of a URL means one machine here and another there. Empty:
// there is none.
std::string host_of(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts(curl_url(), &curl_url_cleanup);
  char* text = nullptr;
  if (!parts || curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_get(parts.get(), CURLUPART_HOST, &text, 0) != CURLUE_OK)
    return {};
  std::string host(text);
  curl_free(text);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::ranges::transform(host, host.begin(), [](unsigned char c) { return std::tolower(c); });
  return host;
}

// By its address, or by the one name that is never another machine's (RFC 6761, 6.3).
bool is_loopback(const std::string& host) {
  in_addr four{};
  in6_addr six{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  if (inet_pton(AF_INET6, host.c_str(), &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six);
  return host == "localhost";
}

}  // namespace

struct HttpClient::Sent {
  const char* method;
  std::string path;
  std::string_view body;
  const char* media_type;             // null: no body
  const BytesAsked* asked = nullptr;  // null: JSON
  std::string_view once = {};
};

void HttpClient::Free::operator()(void* handle) const { curl_easy_cleanup(handle); }

Result<HttpClient> HttpClient::open(ClientOptions options) {
  while (options.url.ends_with('/')) options.url.pop_back();
  if (!options.url.starts_with("http://") && !options.url.starts_with("https://"))
    return failure(Code::invalid_argument, "client.url",
                   fmt::format("'{}' is no URL of a registry, want http:// or https://", printable(options.url)));
  // A line break would begin another header field.
  if (std::ranges::any_of(options.token, [](unsigned char c) { return c <= ' ' || c >= 0x7f; }))
    return failure(Code::invalid_argument, "client.token", "the token has characters that no token has");
  const std::string host = host_of(options.url);
  if (host.empty())
    return failure(Code::invalid_argument, "client.url", fmt::format("'{}' names no host", printable(options.url)));
  const bool is_plain = options.url.starts_with("http://"), is_here = is_loopback(host);
  if (is_plain && !is_here && !options.token.empty() && !options.allow_plain_http)
    return failure(Code::failed_precondition, "client.plain_http",
                   fmt::format("{}: the token would go to {} over plain http, where everybody on the way can read it",
                               printable(options.url), printable(host)));
  void* const handle = curl_easy_init();
  if (!handle) return failure(Code::resource_exhausted, "client.connection", "libcurl has no memory");
  return HttpClient(std::move(options), handle, is_here);
}

// A status that is neither 2xx nor the 304 that was asked for is an Error.
Result<BytesFetched> HttpClient::exchange(const Sent& sent) {
  CURL* const curl = handle_.get();
  curl_easy_reset(curl);  // keeps the connection
  Fields fields;
  if (!sent.asked) add(fields, "Accept: application/json");
  if (sent.asked && !sent.asked->tag.empty()) add(fields, "If-None-Match: " + sent.asked->tag);
  if (sent.asked && sent.asked->from) add(fields, fmt::format("Range: bytes={}-", *sent.asked->from));
  add(fields, "Expect:");  // else curl waits a second for a "100 Continue" before a large body
  if (!options_.token.empty()) add(fields, "Authorization: Bearer " + options_.token);
  if (sent.media_type) add(fields, std::string("Content-Type: ") + sent.media_type);
  if (!sent.once.empty()) add(fields, "Idempotency-Key: " + std::string(sent.once));
  const std::string url = options_.url + sent.path;
  Kept answer{.text = {}, .bytes_max = sent.asked ? sent.asked->bytes_max : kAnswerBytesMax};
  char detail[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields.get());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "stoa/" STOA_VERSION);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, sent.method);
  if (sent.media_type) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(sent.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, sent.body.data());
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &keep);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, options_.connect_ms_max);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, options_.silence_s_max);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // A proxy from the environment is another machine: what is meant for this one does not go there.
  if (is_here_) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  if (options_.is_stopped) {
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &look_for_stop);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &options_);
  }
  if (!options_.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options_.ca_file.c_str());
  if (const CURLcode code = curl_easy_perform(curl); code != CURLE_OK)
    return std::unexpected(error_of_curl(code, options_.url, detail, answer.bytes_max));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  const bool is_same = status == 304 && sent.asked && !sent.asked->tag.empty();
  if ((status < 200 || status > 299) && !is_same)
    return std::unexpected(error_of(static_cast<unsigned>(status), answer.text));
  BytesFetched fetched{.status = status, .body = std::move(answer.text), .tag = {}};
  curl_header* tag = nullptr;
  if (curl_easy_header(curl, "etag", 0, CURLH_HEADER, -1, &tag) == CURLHE_OK) fetched.tag = tag->value;
  return fetched;
}

Result<BytesFetched> HttpClient::fetch(const BytesAsked& asked) {
  return exchange({.method = "GET", .path = asked.path, .body = "", .media_type = nullptr, .asked = &asked});
}

Result<Json> HttpClient::perform(const Sent& sent) {
  const auto fetched = exchange(sent);
  if (!fetched) return std::unexpected(fetched.error());
  const std::string& answer = fetched->body;
  if (answer.empty()) return Json();
  Json body = parse_bounded_json(answer);
  if (body.is_discarded())
    return failure(Code::internal, "client.answer",
                   fmt::format("{}: the answer is no JSON, or too deep", options_.url));
  return body;
}

Result<Json> HttpClient::ask(const Question& question) {
  if (question.body.is_null()) {
    const bool has_none = std::string_view(question.method) == "GET" || std::string_view(question.method) == "DELETE";
    return perform(
        {question.method, question.path, "", has_none ? nullptr : "application/json", nullptr, question.once});
  }
  const std::string text = question.body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return perform({question.method, question.path, text, "application/json", nullptr, question.once});
}

Result<Json> HttpClient::send_bytes(const std::string& path, std::span<const std::byte> bytes) {
  return perform(
      {"PUT", path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "application/octet-stream"});
}

std::string escape(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '.' || c == '_' || c == '~';
    if (is_plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace stoa::client
