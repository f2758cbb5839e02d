// response_head.cpp: plain appends, because serialising through a fields container costs more than the whole parse.
// SPDX-License-Identifier: Apache-2.0
#include "host/http/response_head.hpp"

#include <algorithm>
#include <charconv>

namespace stoa::http {
namespace {

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

void append_json_text(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

bool breaks_line(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

}  // namespace

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Unknown";
  }
}

std::string_view DateLine::now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != second_) {
    second_ = now.tv_sec;
    std::tm utc{};
    ::gmtime_r(&second_, &utc);
    // %a and %b follow the locale, which HTTP must not; a server never calls setlocale, so it is "C" here.
    std::strftime(text_, sizeof text_, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
  }
  return text_;
}

void append_head(std::string& out, const ResponseHead& head, DateLine& date) {
  if (head.status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
  } else {
    out += "HTTP/1.1 ";
    append_number(out, head.status);
    out += ' ';
    out += reason_phrase(head.status);
    out += "\r\n";
  }
  out += date.now();
  if (!head.content_type.empty() && !breaks_line(head.content_type)) {
    out += "Content-Type: ";
    out += head.content_type;
    out += "\r\n";
  }
  switch (head.framing) {
    case Framing::length:
      out += "Content-Length: ";
      append_number(out, head.content_length);
      out += "\r\n";
      break;
    case Framing::chunked:
      out += "Transfer-Encoding: chunked\r\n";
      break;
    case Framing::until_close:
    case Framing::none:
      break;
  }
  for (const auto& [name, value] : head.fields) {
    if (breaks_line(value)) continue;
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  out += "X-Request-Id: ";
  out += head.request_id;
  if (head.close) {
    out += "\r\nConnection: close\r\n\r\n";
  } else {
    out += head.says_keep_alive ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\n\r\n";
  }
}

Response problem(unsigned status, const Error& error, const RequestHead* head) {
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  std::string& body = response.body;
  body += R"({"type":"about:blank","title":)";
  append_json_text(body, reason_phrase(status));
  body += R"(,"status":)";
  append_number(body, status);
  body += R"(,"detail":)";
  append_json_text(body, error.message);
  body += R"(,"reason":)";
  append_json_text(body, error.reason);
  if (head && !head->request_id.empty()) {
    body += R"(,"request_id":)";
    append_json_text(body, head->request_id);
  }
  body += "}";
  return response;
}

}  // namespace stoa::http
