// problem_answer.cpp SPDX-License-Identifier: Apache-2.0
#include "host/client/problem_answer.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace stoa::client {
namespace {

struct Row {
  unsigned status;
  Code code;
};
constexpr Row kCodes[] = {
    {400, Code::invalid_argument},    {401, Code::unauthenticated},     {403, Code::permission_denied},
    {404, Code::not_found},           {408, Code::unavailable},         {409, Code::aborted},
    {410, Code::failed_precondition}, {412, Code::failed_precondition}, {413, Code::out_of_range},
    {416, Code::out_of_range},        {422, Code::invalid_argument},    {429, Code::resource_exhausted},
    {501, Code::unimplemented},       {502, Code::unavailable},         {503, Code::unavailable},
    {504, Code::deadline_exceeded},
};

Code code_of(unsigned status) {
  for (const Row& row : kCodes)
    if (row.status == status) return row.code;
  return status >= 500 ? Code::internal : Code::unknown;
}

std::string text_in(const nlohmann::json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

}  // namespace

Error error_of(unsigned status, std::string_view body) {
  const auto problem = nlohmann::json::parse(body, nullptr, false);
  Error error{code_of(status), "client.status", fmt::format("the server answered with status {}", status), 0};
  if (!problem.is_object()) return error;
  const std::string reason = text_in(problem, "reason"), detail = text_in(problem, "detail");
  if (!reason.empty()) error.reason = printable(reason);
  if (!detail.empty()) error.message = printable(detail);
  return error;
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are C2 80 to C2 9F; some terminals obey them.
    const bool is_c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    out += byte < 0x20 || byte == 0x7f || is_c1 ? '?' : text[i];
    if (is_c1) ++i;
  }
  return out;
}

}  // namespace stoa::client
