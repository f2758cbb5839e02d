// strict_parser.cpp: the raw scan, and the rules on top of Beast's field parser.
// SPDX-License-Identifier: Apache-2.0
#include "host/http/strict_parser.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>

#include "host/http/text.hpp"

namespace stoa::http {
namespace {

namespace beast = boost::beast;

// 10^19 - 1 fits 64 bits; a longer number is a typing error or an attack, with leading zeros too.
constexpr std::size_t kLengthDigitsMax = 19;

constexpr bool is_control(unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; }

// Controls that may not occur inside a line (tab may). Eight bytes a step: lines are short.
bool has_control(const char* begin, const char* end) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101, kHigh = kOnes * 0x80;
  for (; end - begin >= 8; begin += 8) {
    std::uint64_t word;
    std::memcpy(&word, begin, sizeof word);
    const std::uint64_t below_space = (word - kOnes * 0x20) & ~word;  // also true for a byte above a borrowing one
    const std::uint64_t del = word ^ (kOnes * 0x7f);
    if (((below_space | ((del - kOnes) & ~del)) & kHigh) == 0) continue;
    if (std::any_of(begin, begin + 8, is_control)) return true;
  }
  return std::any_of(begin, end, is_control);
}

}  // namespace

HeadScanner::Progress HeadScanner::refuse(unsigned status, std::string message) {
  refusal_ = {status, std::move(message)};
  return Progress::refused;
}

HeadScanner::Progress HeadScanner::scan(std::string_view bytes) {
  const char* const data = bytes.data();
  while (position_ < bytes.size()) {
    const auto* const found = static_cast<const char*>(std::memchr(data + position_, '\n', bytes.size() - position_));
    const std::size_t end = found ? static_cast<std::size_t>(found - data) : bytes.size();

    // A rule is broken at one byte, and the earliest such byte decides: what lies beyond a limit is not looked at.
    const std::size_t head_end_max = begin_ + limits_.head_bytes_max;
    // The longest method and version beside the longest target.
    const std::size_t request_line_max = begin_ + limits_.target_bytes_max + 64;
    const bool is_request_line = lines_ == 0;
    const std::size_t stop = std::min({end, head_end_max, is_request_line ? request_line_max : head_end_max});

    // The last byte may be the CR of a line end whose LF is still to come; a CR anywhere else is a bare one.
    const bool pending_cr = position_ > line_begin_ && data[position_ - 1] == '\r';
    if (pending_cr && stop > position_) return refuse(400, "the head has a CR without LF");
    const std::size_t judged = stop > position_ && data[stop - 1] == '\r' ? stop - 1 : stop;
    if (judged > position_ && has_control(data + position_, data + judged)) {
      return refuse(400, "the head has a control character");
    }
    if (is_request_line && (end > request_line_max || (found && end == request_line_max)) &&
        request_line_max < head_end_max) {
      return refuse(414, "the request target is longer than " + std::to_string(limits_.target_bytes_max) + " bytes");
    }
    if (end > head_end_max || (found && end == head_end_max)) {
      return refuse(431, "the head is longer than " + std::to_string(limits_.head_bytes_max) + " bytes");
    }
    if (!found) {
      position_ = end;
      return Progress::more;
    }

    if (end == line_begin_ || data[end - 1] != '\r') return refuse(400, "the head has an LF without CR");
    const std::size_t line_size = end - 1 - line_begin_;
    const std::size_t next = end + 1;
    if (line_size == 0 && lines_ > 0) {
      end_ = next;
      return Progress::complete;
    }
    if (line_size == 0) {
      // RFC 9112 2.2: one empty line before the request line is forgiven.
      if (begin_ > 0) return refuse(400, "the request starts with empty lines");
      begin_ = next;
    } else {
      if (lines_ > 0 && (data[line_begin_] == ' ' || data[line_begin_] == '\t')) {
        return refuse(400, "the head has a folded line");
      }
      if (lines_++ > limits_.fields_max) {
        return refuse(431, "the head has more than " + std::to_string(limits_.fields_max) + " fields");
      }
    }
    position_ = line_begin_ = next;
  }
  return Progress::more;
}

namespace {

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

Method method_of(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get:
      return Method::get;
    case beast::http::verb::head:
      return Method::head;
    case beast::http::verb::post:
      return Method::post;
    case beast::http::verb::put:
      return Method::put;
    case beast::http::verb::patch:
      return Method::patch;
    case beast::http::verb::delete_:
      return Method::del;
    case beast::http::verb::options:
      return Method::options;
    default:
      return Method::other;
  }
}

constexpr std::array<bool, 256> kIsHostCharacter = [] {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < 128; ++c) table[c] = is_alphanumeric(static_cast<unsigned char>(c));
  for (const char c : std::string_view("-._~!$&'()*+;=:[]%")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_host(std::string_view host) {
  return !host.empty() &&
         std::ranges::all_of(host, [](char c) { return kIsHostCharacter[static_cast<unsigned char>(c)]; });
}

// Fields go into the caller's arena as views; the first broken rule wins. One parser reads one head.
class HeadParser final : public beast::http::basic_parser<true> {
 public:
  HeadParser(const HeadLimits& limits, std::span<Field> arena, RequestHead& head, ParsedHead& parsed)
      : limits_(limits), arena_(arena), head_(head), parsed_(parsed) {
    header_limit(limits.head_bytes_max + 2);
    body_limit(boost::none);
  }

  std::optional<Refusal> parse(std::string_view bytes) {
    beast::error_code error;
    put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    if (refusal_) return std::move(refusal_);
    if (error == beast::http::error::bad_version) return wrong_version(bytes);
    if (error) return Refusal{400, "malformed head: " + error.message()};
    if (!is_header_done()) return Refusal{400, "malformed head"};
    return framing();
  }

 private:
  using string_view = beast::string_view;
  using error_code = beast::error_code;

  void refuse(unsigned status, std::string message, error_code& error) {
    refusal_ = Refusal{status, std::move(message)};
    error = beast::http::error::bad_field;
  }

  // A well-formed version that is not ours is 505; anything else in its place is 400.
  static Refusal wrong_version(std::string_view bytes) {
    const std::string_view line = bytes.substr(0, bytes.find('\r'));
    const std::string_view version = line.substr(std::min(line.size(), line.rfind(' ') + 1));
    const bool has_three_parts = std::ranges::count(line, ' ') == 2;
    const bool is_version = has_three_parts && version.size() == 8 && version.starts_with("HTTP/") &&
                            is_decimal(version[5]) && version[6] == '.' && is_decimal(version[7]);
    if (is_version) return {505, "this server speaks HTTP/1.1 and HTTP/1.0"};
    return {400, "malformed HTTP version"};
  }

  void on_request_impl(beast::http::verb verb, string_view method, string_view target, int version,
                       error_code& error) override {
    head_.method = method_of(verb);
    head_.method_text = view(method);
    parsed_.is_http_1_0 = version == 10;
    set_target(view(target), error);
  }

  void set_target(std::string_view target, error_code& error) {
    if (target.size() > limits_.target_bytes_max) {
      return refuse(414, "the request target is longer than " + std::to_string(limits_.target_bytes_max) + " bytes",
                    error);
    }
    if (std::ranges::any_of(target, [](char c) { return static_cast<unsigned char>(c) >= 0x80 || c == '#'; })) {
      return refuse(400, "the request target has characters that must be percent-encoded", error);
    }
    if (!target.starts_with('/')) {
      const std::size_t scheme = equals_ignoring_case(target.substr(0, 7), "http://")    ? 7
                                 : equals_ignoring_case(target.substr(0, 8), "https://") ? 8
                                                                                         : 0;
      if (scheme == 0) return refuse(400, "the request target is neither a path nor an http URL", error);
      const std::size_t path = std::min(target.find_first_of("/?", scheme), target.size());
      if (!is_host(target.substr(scheme, path - scheme))) {
        return refuse(400, "the request target names no valid host", error);
      }
      target.remove_prefix(path);
      if (target.empty()) target = "/";
      if (target.front() == '?') return refuse(400, "the request target has a query but no path", error);
    }
    head_.target = target;
    const std::size_t question = target.find('?');
    head_.path = target.substr(0, question);
    head_.query = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
  }

  void on_field_impl(beast::http::field field, string_view name, string_view value_text, error_code& error) override {
    const std::string_view value = view(value_text);
    if (count_ == arena_.size()) {
      return refuse(431, "the head has more than " + std::to_string(arena_.size()) + " fields", error);
    }
    arena_[count_++] = {view(name), value};
    switch (field) {
      case beast::http::field::host:
        if (++hosts_ > 1) return refuse(400, "the head has two Host fields", error);
        if (!is_host(value)) return refuse(400, "the Host field names no valid host", error);
        break;
      case beast::http::field::content_length:
        if (++lengths_ > 1) return refuse(400, "the head has two Content-Length fields", error);
        if (value.empty() || value.size() > kLengthDigitsMax || !std::ranges::all_of(value, is_decimal)) {
          return refuse(400, "the Content-Length is not one number", error);
        }
        break;
      case beast::http::field::transfer_encoding:
        if (++codings_ > 1) return refuse(400, "the head has two Transfer-Encoding fields", error);
        check_coding(value, error);
        break;
      case beast::http::field::expect:
        if (!equals_ignoring_case(value, "100-continue")) {
          return refuse(417, "the only expectation known here is 100-continue", error);
        }
        parsed_.expects_continue = true;
        break;
      default:
        break;
    }
  }

  void check_coding(std::string_view value, error_code& error) {
    if (parsed_.is_http_1_0) return refuse(400, "HTTP/1.0 knows no Transfer-Encoding", error);
    if (equals_ignoring_case(value, "chunked")) return;
    const std::string_view last = trimmed(value.substr(value.rfind(',') + 1));
    const bool others_first = value.find(',') != std::string_view::npos;
    const bool twice = lower_case(value).find("chunked") != lower_case(value).rfind("chunked");
    // RFC 9112 6.3: without a final "chunked" the length is unknown (400); codings before it are merely unknown (501).
    if (others_first && !twice && equals_ignoring_case(last, "chunked")) {
      return refuse(501, "the only transfer coding known here is chunked", error);
    }
    refuse(400, "the Transfer-Encoding is not chunked", error);
  }

  std::optional<Refusal> framing() {
    if (hosts_ == 0 && !parsed_.is_http_1_0) return Refusal{400, "the head has no Host field"};
    if (lengths_ > 0 && codings_ > 0) return Refusal{400, "the head has both Content-Length and Transfer-Encoding"};
    head_.fields = arena_.first(count_);
    head_.is_chunked = codings_ > 0;
    head_.content_length.reset();
    if (lengths_ > 0) {
      if (!content_length()) return Refusal{400, "malformed Content-Length"};
      head_.content_length = *content_length();
    }
    head_.keep_alive = keep_alive();
    return std::nullopt;
  }

  void on_header_impl(error_code&) override {}
  // Only heads are ever fed to this parser: bodies are framed by ChunkDecoder or by their length.
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override { return body.size(); }
  void on_finish_impl(error_code&) override {}

  const HeadLimits& limits_;
  std::span<Field> arena_;
  RequestHead& head_;
  ParsedHead& parsed_;
  std::size_t count_ = 0;
  unsigned hosts_ = 0, lengths_ = 0, codings_ = 0;
  std::optional<Refusal> refusal_;
};

}  // namespace

std::optional<Refusal> parse_head(std::string_view bytes, const HeadLimits& limits, std::span<Field> arena,
                                  RequestHead& head, ParsedHead& parsed) noexcept {
  try {
    return HeadParser(limits, arena, head, parsed).parse(bytes);
  } catch (...) {
    // Not known to happen for a complete head within limits; if it does, the request is refused and the server lives.
    return Refusal{400, "malformed head"};
  }
}

}  // namespace stoa::http
