// strict_parser.hpp: from bytes to a request head, or to the reason why not. Refuses everything two parsers could read
// differently (facts: Debian's Beast accepts request smuggling).
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "host/http/exchange.hpp"

namespace stoa::http {

struct HeadLimits {
  std::uint32_t head_bytes_max = 16u << 10;
  std::uint32_t fields_max = 64;
  std::uint32_t target_bytes_max = 4u << 10;
};

// Why a head was refused, and what answers it.
struct Refusal {
  unsigned status = 400;
  std::string message;
};

// Finds the end of a head and refuses, at the first offending byte, what no parser should get to see: control
// characters, NUL, bare CR, bare LF, folded lines, too many fields, too many bytes. The verdict depends only on the
// bytes, never on how they were split.
class HeadScanner {
 public:
  enum class Progress : std::uint8_t { more, complete, refused };

  explicit HeadScanner(const HeadLimits& limits) : limits_(limits) {}
  // bytes: all received so far of this head, from its first byte on; call again with more of them.
  Progress scan(std::string_view bytes);
  std::size_t head_begin() const { return begin_; }  // 2 after an empty line that some clients send between requests
  std::size_t head_size() const { return end_; }     // after complete: everything through the empty line
  const Refusal& refusal() const { return refusal_; }

 private:
  Progress refuse(unsigned status, std::string message);

  HeadLimits limits_;
  std::size_t begin_ = 0, end_ = 0;
  std::size_t position_ = 0, line_begin_ = 0;
  std::uint32_t lines_ = 0;
  Refusal refusal_;
};

// What parse_head learns beside RequestHead.
struct ParsedHead {
  bool expects_continue = false;
  bool is_http_1_0 = false;
};

// Parses a complete head (as HeadScanner delimits it) into head, with fields stored in arena (fields_max entries).
// All views point into bytes. Throws nothing.
std::optional<Refusal> parse_head(std::string_view bytes, const HeadLimits& limits, std::span<Field> arena,
                                  RequestHead& head, ParsedHead& parsed) noexcept;

}  // namespace stoa::http
