// chunk_decoder.cpp: one state per byte of framing. SPDX-License-Identifier: Apache-2.0
#include "host/http/chunk_decoder.hpp"

#include "host/http/text.hpp"

namespace stoa::http {

ChunkDecoder::State ChunkDecoder::step(char c) {
  switch (state_) {
    case State::size_first:
      size_ = 0;
      digits_ = 0;
      extension_bytes_ = 0;
      if (hex_value(c) < 0) return State::bad;
      [[fallthrough]];
    case State::size:
      if (const int digit = hex_value(c); digit >= 0) {
        size_ = size_ * 16 + static_cast<unsigned>(digit);
        return ++digits_ > kSizeDigitsMax ? State::bad : State::size;
      }
      if (c == '\r') return State::size_lf;
      return c == ';' ? State::extension : State::bad;
    case State::extension:
      if (c == '\r') return in_quotes_ ? State::bad : State::size_lf;
      if (++extension_bytes_ > kExtensionBytesMax || ++extension_total_ > kExtensionBytesTotal) return State::bad;
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return State::bad;
      if (escaped_) {
        escaped_ = false;
      } else if (c == '"') {
        in_quotes_ = !in_quotes_;
      } else if (c == '\\' && in_quotes_) {
        escaped_ = true;
      }
      return State::extension;
    case State::size_lf:
      if (c != '\n') return State::bad;
      payload_ = size_;
      return end_of_size_line();
    case State::payload_cr:
      return c == '\r' ? State::payload_lf : State::bad;
    case State::payload_lf:
      return c == '\n' ? State::size_first : State::bad;
    case State::last_cr:
      return c == '\r' ? State::last_lf : State::bad;  // anything else would be a trailer
    case State::last_lf:
      return c == '\n' ? State::done : State::bad;
    case State::done:
    case State::bad:
      break;
  }
  return state_;
}

std::size_t ChunkDecoder::frame(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && payload_ == 0 && state_ != State::done && state_ != State::bad) {
    state_ = step(bytes[used++]);
  }
  return used;
}

}  // namespace stoa::http
