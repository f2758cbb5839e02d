// response_head.hpp: writes status lines and fields by hand; the date is made once a second.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "host/http/exchange.hpp"

namespace stoa::http {

std::string_view reason_phrase(unsigned status);

// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n". Thread: one per I/O thread.
class DateLine {
 public:
  std::string_view now();

 private:
  std::time_t second_ = -1;
  char text_[40] = {};
};

enum class Framing : std::uint8_t { length, chunked, until_close, none };

struct ResponseHead {
  unsigned status = 200;
  std::string_view content_type, request_id;
  Framing framing = Framing::length;
  std::uint64_t content_length = 0;
  std::span<const std::pair<std::string_view, std::string>> fields;
  bool close = false;
  bool says_keep_alive = false;  // HTTP/1.0 wants it said
};

// Appends the head through its empty line. Fields with a line break in them are left out: they would let a value that
// came from a client write fields of its own.
void append_head(std::string& out, const ResponseHead& head, DateLine& date);

// The default body of an error the server answers itself: problem+json (RFC 9457).
Response problem(unsigned status, const Error& error, const RequestHead* head);

}  // namespace stoa::http
