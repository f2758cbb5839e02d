// compression.cpp SPDX-License-Identifier: Apache-2.0
#include "host/http/compression.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include "host/http/text.hpp"

namespace stoa::http {
namespace {

constexpr int kLevel = 1;                          // the answer waits for it
constexpr std::size_t kStepBytes = 64u << 10;      // a millisecond or so, then others get their turn
constexpr std::size_t kPieceBytesMax = 16u << 10;  // of output, on the stack

std::uint64_t size_of(const Response& response) {
  std::uint64_t size = response.body.size();
  for (const auto& chunk : response.chunks) size += chunk.size();
  return size;
}

class Deflater {
 public:
  Deflater(Encoding encoding, std::uint64_t size) {
    // No more window than there are bytes: the usual answer is small, and the window is allocated for it.
    const int window_bits = std::clamp(static_cast<int>(std::bit_width(size)), 9, 15);
    const int wrapping = encoding == Encoding::gzip ? 16 : 0;
    is_open_ = ::deflateInit2(&stream_, kLevel, Z_DEFLATED, window_bits + wrapping, 8, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~Deflater() {
    if (is_open_) ::deflateEnd(&stream_);
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  bool is_open() const { return is_open_; }  // false: no memory
  void step(std::span<const std::byte> in) { run(in, Z_NO_FLUSH); }
  std::string finish() {
    run({}, Z_FINISH);
    return std::move(out_);
  }

 private:
  void run(std::span<const std::byte> in, int flush) {
    std::array<char, kPieceBytesMax> piece;
    // zlib reads through a pointer to non-const for historical reasons and does not write to it.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream_.avail_out = piece.size();
      ::deflate(&stream_, flush);
      out_.append(piece.data(), piece.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
  bool is_open_ = false;
  std::string out_;
};

// RFC 9110 12.4.2: "0", "0.5", "1.000", in thousandths; 0 when malformed.
int weight_of(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  int weight = (text[0] - '0') * 1000, unit = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (!is_decimal(c)) return 0;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return std::min(weight, 1000);
}

struct Weights {
  int gzip = -1, deflate = -1, identity = -1, others = -1;  // -1: not named

  void read(std::string_view item) {
    const std::string_view name = trimmed(item.substr(0, item.find(';')));
    int weight = 1000;
    if (const std::size_t semicolon = item.find(';'); semicolon != std::string_view::npos) {
      const std::string_view parameter = trimmed(item.substr(semicolon + 1));
      weight = equals_ignoring_case(parameter.substr(0, 2), "q=") ? weight_of(parameter.substr(2)) : 0;
    }
    if (equals_ignoring_case(name, "gzip") || equals_ignoring_case(name, "x-gzip")) gzip = weight;
    if (equals_ignoring_case(name, "deflate")) deflate = weight;
    if (equals_ignoring_case(name, "identity")) identity = weight;
    if (name == "*") others = weight;
  }
};

}  // namespace

bool is_compressible(const Response& response) {
  if (response.status < 200 || response.status == 204) return false;
  const std::string_view type = response.content_type.substr(0, response.content_type.find(';'));
  if (!type.ends_with("json") && !type.starts_with("text/")) return false;
  return response.status == 304 || size_of(response) >= kCompressedBytesMin;
}

void weaken_tag(Response& response) {
  for (auto& [name, value] : response.fields)
    if (equals_ignoring_case(name, "etag") && !value.starts_with("W/")) value.insert(0, "W/");
}

Encoding wanted_encoding(const RequestHead& head) {
  Weights weights;
  for (const Field& field : head.fields) {
    if (!equals_ignoring_case(field.name, "accept-encoding")) continue;
    for (std::string_view left = field.value; !left.empty();) {
      const std::size_t comma = std::min(left.find(','), left.size());
      weights.read(left.substr(0, comma));
      left.remove_prefix(std::min(comma + 1, left.size()));
    }
  }
  const int gzip = weights.gzip >= 0 ? weights.gzip : weights.others;
  const int deflate = weights.deflate >= 0 ? weights.deflate : weights.others;
  const int best = std::max(gzip, deflate);
  if (best <= 0 || weights.identity > best) return Encoding::identity;
  return gzip == best ? Encoding::gzip : Encoding::deflate;
}

Task<void> compress(Response& response, Encoding encoding, boost::asio::io_context::executor_type executor) {
  const std::uint64_t size = size_of(response);
  Deflater deflater(encoding, size);
  if (!deflater.is_open()) co_return;
  std::uint64_t left = size;
  const std::size_t pieces = response.chunks.size() + 1;
  for (std::size_t i = 0; i < pieces; ++i) {
    auto piece = i == 0 ? std::as_bytes(std::span(response.body)) : response.chunks[i - 1];
    while (!piece.empty()) {
      const std::size_t count = std::min(piece.size(), kStepBytes);
      deflater.step(piece.first(count));
      piece = piece.subspan(count);
      left -= count;
      if (left > 0) co_await boost::asio::post(executor, boost::asio::deferred);
    }
  }
  std::string packed = deflater.finish();
  if (packed.size() >= size) co_return;
  response.body = std::move(packed);
  response.chunks.clear();
  weaken_tag(response);
  response.fields.emplace_back("Content-Encoding", encoding == Encoding::gzip ? "gzip" : "deflate");
}

}  // namespace stoa::http
