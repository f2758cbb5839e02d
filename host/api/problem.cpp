// problem.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/problem.hpp"

#include "host/api/json_text.hpp"
#include "host/api/status_mapping.hpp"
#include "host/http/inflate.hpp"

namespace stoa::api {
namespace {

void add_reason(const Error& error, http::Response& response) {
  // A plugin chooses its reasons: only words go into a header field.
  const bool is_word = !error.reason.empty() &&
                       error.reason.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string::npos;
  if (is_word) response.fields.emplace_back("x-stoa-reason", error.reason);
  if (error.reason == "http.content_encoding") response.fields.emplace_back("Accept-Encoding", http::kContentCodings);
  advise_retry(error, response);
}

}  // namespace

http::Response v2_error(const Error& error) { return v2_error(error, v2_status(error)); }

http::Response v2_error(const Error& error, unsigned status) {
  JsonText text(64 + error.message.size());
  text.raw("{\"error\":").string_lossy(error.message.empty() ? std::string_view(error.reason) : error.message).raw("}");
  http::Response response;
  response.status = status;
  response.body = text.take();
  add_reason(error, response);
  return response;
}

http::Response problem(const Error& error, unsigned status, std::string_view request_id) {
  JsonText text(256 + error.message.size());
  text.raw("{\"type\":").string_lossy("urn:stoa:problem:" + (error.reason.empty() ? "unknown" : error.reason));
  text.raw(",\"title\":").string_lossy(status_title(status)).raw(",\"status\":").number(status);
  text.raw(",\"detail\":").string_lossy(error.message).raw(",\"reason\":").string_lossy(error.reason);
  text.raw(",\"request_id\":").string_lossy(request_id).raw("}");
  http::Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = text.take();
  add_reason(error, response);
  return response;
}

http::Response render_error(unsigned status, const Error& error, const http::RequestHead* head) {
  const bool is_v2 = head && (head->path == "/v2" || head->path.starts_with("/v2/"));
  if (is_v2) return v2_error(error, status);
  return problem(error, status, head ? head->request_id : std::string_view());
}

}  // namespace stoa::api
