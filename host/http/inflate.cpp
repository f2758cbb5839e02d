// inflate.cpp: zlib, fed in steps. SPDX-License-Identifier: Apache-2.0
#include "host/http/inflate.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "host/http/text.hpp"

namespace stoa::http {
namespace {

constexpr std::size_t kFirstBytes = 16u << 10;
// Below this decoded size the ratio is not looked at: small JSON of zeros compresses 1000 : 1 and harms nobody.
constexpr std::uint64_t kRatioFreeBytes = 1u << 20;

std::byte* aligned(std::byte* p) {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  return p + ((Body::kAlignment - address % Body::kAlignment) % Body::kAlignment);
}

}  // namespace

Encoding encoding_of(std::string_view value) {
  if (value.empty() || equals_ignoring_case(value, "identity")) return Encoding::identity;
  if (equals_ignoring_case(value, "gzip") || equals_ignoring_case(value, "x-gzip")) return Encoding::gzip;
  if (equals_ignoring_case(value, "deflate")) return Encoding::deflate;
  return Encoding::unknown;
}

Result<std::span<std::byte>> GrowingBody::room(std::size_t wanted) {
  if (size_ > bytes_max_) {
    return failure(Code::resource_exhausted, "http.body_too_large",
                   "body: is larger than the limit of " + std::to_string(bytes_max_) + " bytes");
  }
  if (size_ == capacity_) {
    const std::uint64_t grown = std::max<std::uint64_t>({kFirstBytes, wanted, capacity_ * 2});
    const auto capacity = static_cast<std::size_t>(std::min<std::uint64_t>(grown, bytes_max_ + 1));
    auto memory = allocate_body(budget_, capacity + Body::kAlignment + Body::kSlack);
    if (!memory)
      return failure(Code::unavailable, "http.body_memory", "body: too many request bodies are held in memory");
    std::byte* const begin = aligned(memory.get());
    if (size_ > 0) std::memcpy(begin, begin_, size_);
    memory_ = std::move(memory);
    begin_ = begin;
    capacity_ = capacity;
  }
  return std::span(begin_ + size_, capacity_ - size_);
}

Body GrowingBody::finish() && { return Body(std::move(memory_), begin_, size_); }

Inflater::Inflater(Encoding encoding, BodyLimits limits, GrowingBody& out)
    : encoding_(encoding), limits_(limits), out_(out) {}

Inflater::~Inflater() {
  if (is_open_) ::inflateEnd(&stream_);
}

Result<void> Inflater::step(std::string_view input, std::size_t& consumed) {
  consumed = 0;
  if (input.empty() && !has_pending_) return {};
  if (!is_open_) {
    // "deflate" means zlib's format; some clients send it bare. The first byte tells: low nibble 8 is zlib's method.
    const bool is_bare = encoding_ == Encoding::deflate && (static_cast<unsigned char>(input.front()) & 15) != 8;
    const int window_bits = encoding_ == Encoding::gzip ? 15 + 16 : is_bare ? -15 : 15;
    if (::inflateInit2(&stream_, window_bits) != Z_OK) throw std::bad_alloc();
    is_open_ = true;
  }
  std::size_t produced = 0;
  while ((consumed < input.size() || has_pending_) && produced < kStepBytes) {
    if (is_at_end_) {
      // RFC 1952 allows several gzip members in a row; anything else behind the end is an error.
      if (encoding_ != Encoding::gzip) return bad_body("goes on behind its end");
      if (::inflateReset(&stream_) != Z_OK) return bad_body("is malformed");
      is_at_end_ = false;
    }
    const auto room = out_.room(1);
    if (!room) return std::unexpected(room.error());
    const std::size_t in = std::min<std::size_t>(input.size() - consumed, std::numeric_limits<uInt>::max());
    const std::size_t out = std::min(room->size(), kStepBytes);
    // zlib reads through a pointer to non-const for historical reasons and does not write to it.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data() + consumed));
    stream_.avail_in = static_cast<uInt>(in);
    stream_.next_out = reinterpret_cast<Bytef*>(room->data());
    stream_.avail_out = static_cast<uInt>(out);
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    const std::size_t used = in - stream_.avail_in, made = out - stream_.avail_out;
    consumed += used;
    bytes_in_ += used;
    produced += made;
    out_.commit(made);
    is_at_end_ = status == Z_STREAM_END;
    // A full output means that zlib may hold more, even when it has taken all input.
    has_pending_ = !is_at_end_ && stream_.avail_out == 0;
    const bool is_stuck = used == 0 && made == 0 && consumed < input.size();
    if ((status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) || is_stuck) {
      return bad_body("is malformed");
    }
    if (auto checked = check_ratio(); !checked) return checked;
  }
  return {};
}

Result<void> Inflater::check_ratio() const {
  if (out_.size() > limits_.bytes_max) {
    return failure(
        Code::resource_exhausted, "http.body_too_large",
        "body: is larger than the limit of " + std::to_string(limits_.bytes_max) + " bytes when decompressed");
  }
  if (out_.size() > kRatioFreeBytes && out_.size() / limits_.decoded_ratio_max > bytes_in_) {
    return failure(Code::resource_exhausted, "http.body_too_large",
                   "body: expands more than " + std::to_string(limits_.decoded_ratio_max) + " times");
  }
  return {};
}

std::unexpected<Error> Inflater::bad_body(std::string_view what) const {
  return failure(Code::invalid_argument, "http.bad_body",
                 std::string("body: the ") + (encoding_ == Encoding::gzip ? "gzip" : "deflate") + " data " +
                     std::string(what) + " after " + std::to_string(bytes_in_) + " bytes");
}

Result<void> Inflater::finish() const {
  if (!is_at_end_) return bad_body("is cut short");
  return {};
}

}  // namespace stoa::http
