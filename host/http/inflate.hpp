// inflate.hpp: undoes Content-Encoding gzip and deflate piece by piece, within a size and a ratio.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "host/http/body_memory.hpp"
#include "host/http/exchange.hpp"

namespace stoa::http {

enum class Encoding : std::uint8_t { identity, gzip, deflate, unknown };
Encoding encoding_of(std::string_view content_encoding);
inline constexpr std::string_view kContentCodings = "gzip, deflate";  // as a field names what encoding_of knows

// A body of unknown final size that grows within limits. Also used for chunked bodies without an encoding.
class GrowingBody {
 public:
  GrowingBody(std::shared_ptr<BodyBudget> budget, std::uint64_t bytes_max)
      : budget_(std::move(budget)), bytes_max_(bytes_max) {}
  // Room for at least one more byte, or why not (413, 503). The span never exceeds what bytes_max still allows plus
  // one byte: filling that byte is the proof that the body is too large.
  Result<std::span<std::byte>> room(std::size_t wanted);
  void commit(std::size_t bytes) { size_ += bytes; }
  std::size_t size() const { return size_; }
  Body finish() &&;

 private:
  std::shared_ptr<BodyBudget> budget_;
  std::uint64_t bytes_max_;
  std::shared_ptr<std::byte[]> memory_;
  std::byte* begin_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
};

class Inflater {
 public:
  Inflater(Encoding encoding, BodyLimits limits, GrowingBody& out);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Takes all of input, or as much as makes about kStepBytes of output: consumed says how far it came. Call again
  // while input is left or has_pending(). Errors as read_body's.
  Result<void> step(std::string_view input, std::size_t& consumed);
  bool has_pending() const { return has_pending_; }
  // At the end of the body: was the compressed data complete?
  Result<void> finish() const;

  // Inflating runs on the I/O thread: after this much output others get their turn.
  static constexpr std::size_t kStepBytes = 256u << 10;

 private:
  Result<void> check_ratio() const;
  std::unexpected<Error> bad_body(std::string_view what) const;

  Encoding encoding_;
  BodyLimits limits_;
  GrowingBody& out_;
  z_stream stream_{};
  bool is_open_ = false, is_at_end_ = false, has_pending_ = false;
  std::uint64_t bytes_in_ = 0;
};

}  // namespace stoa::http
