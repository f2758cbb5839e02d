// status_mapping.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/status_mapping.hpp"

#include <array>

namespace stoa::api {
namespace {

struct CodeRow {
  Code code;
  unsigned v2, problem;
};

// By what the caller should do. 499 never reaches anyone: the client is gone, the access log shows it.
constexpr CodeRow kCodes[] = {
    {Code::cancelled, 499, 499},
    {Code::unknown, 500, 500},
    {Code::invalid_argument, 400, 400},
    {Code::deadline_exceeded, 504, 504},
    {Code::not_found, 404, 404},
    {Code::already_exists, 409, 409},
    {Code::permission_denied, 403, 403},
    {Code::resource_exhausted, 429, 429},
    {Code::failed_precondition, 400, 412},
    {Code::aborted, 409, 409},
    {Code::out_of_range, 400, 400},
    {Code::unimplemented, 501, 501},
    {Code::internal, 500, 500},
    {Code::unavailable, 503, 503},
    {Code::data_loss, 500, 500},
    {Code::unauthenticated, 401, 401},
};

struct ReasonRow {
  std::string_view reason;
  unsigned v2, problem;
};

// Reasons whose status says more than their code.
constexpr ReasonRow kReasons[] = {
    {"model.queue_full", 503, 503},  // Triton's clients back off on 503
    {"request.media_type", 415, 415}, {"request.method", 405, 405},   {"output.too_large", 500, 500},
    {"billing.no_funds", 402, 402},   {"billing.no_price", 403, 403}, {"billing.no_customer", 403, 403},
    {"billing.terms", 503, 503},      {"journal.full", 503, 503},     {"plugin.crashed", 502, 502},
    {"request.poison", 422, 422},     {"release.revoked", 410, 410},
};

struct TitleRow {
  unsigned status;
  std::string_view title;
};
constexpr TitleRow kTitles[] = {
    {200, "OK"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

unsigned status_of(const Error& error, unsigned CodeRow::* by_code, unsigned ReasonRow::* by_reason) {
  if (error.reason.starts_with("http.")) return http::status_of(error);
  for (const auto& row : kReasons)
    if (row.reason == error.reason) return row.*by_reason;
  for (const auto& row : kCodes)
    if (row.code == error.code) return row.*by_code;
  return 500;  // a plugin's own code: its request failed, and we do not know whose fault it was
}

}  // namespace

unsigned v2_status(const Error& error) { return status_of(error, &CodeRow::v2, &ReasonRow::v2); }
unsigned problem_status(const Error& error) { return status_of(error, &CodeRow::problem, &ReasonRow::problem); }

std::string_view status_title(unsigned status) {
  for (const auto& row : kTitles)
    if (row.status == status) return row.title;
  return {};
}

void advise_retry(const Error& error, http::Response& response) {
  if (response.status != 429 && response.status != 503) return;
  const std::uint32_t wait_ms = error.retry_after_ms ? error.retry_after_ms : 1000;
  response.fields.emplace_back("Retry-After", std::to_string((wait_ms + 999) / 1000));
  response.fields.emplace_back("retry-after-ms", std::to_string(wait_ms));
}

}  // namespace stoa::api
