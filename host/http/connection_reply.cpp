// connection_reply.cpp: answers and streams: one system call when the kernel takes it all.
// SPDX-License-Identifier: Apache-2.0
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "host/http/compression.hpp"
#include "host/http/connection.hpp"

namespace stoa::http {
namespace {

namespace asio = boost::asio;

// Below this a copy behind the head is cheaper than a second vector entry.
constexpr std::size_t kCopiedBytesMax = 4096;
constexpr std::size_t kSpareBytesMax = 4 * kCopiedBytesMax;  // writers reserve for the worst
// A stream's unsent bytes in the kernel: so little that a slow client is felt after a few events, not after megabytes.
constexpr int kStreamUnsentBytes = 16 << 10;

}  // namespace

// What is still to be sent, in order, without copying.
class SendCursor {
 public:
  static constexpr std::size_t kPiecesMax = 64;  // per system call

  SendCursor(std::string_view first, std::string_view second, std::span<const std::span<const std::byte>> rest)
      : fixed_{std::as_bytes(std::span(first)), std::as_bytes(std::span(second))}, rest_(rest) {
    skip_empty();
  }

  bool is_done() const { return index_ == 2 + rest_.size(); }

  std::size_t fill(std::span<asio::const_buffer, kPiecesMax> out) const {
    std::size_t count = 0;
    for (std::size_t i = index_; i < 2 + rest_.size() && count < out.size(); ++i) {
      const auto piece = i == index_ ? at(i).subspan(offset_) : at(i);
      if (!piece.empty()) out[count++] = asio::const_buffer(piece.data(), piece.size());
    }
    return count;
  }

  void advance(std::size_t bytes) {
    while (bytes > 0) {
      const std::size_t left = at(index_).size() - offset_;
      const std::size_t step = std::min(left, bytes);
      offset_ += step;
      bytes -= step;
      skip_empty();
    }
  }

 private:
  std::span<const std::byte> at(std::size_t i) const { return i < 2 ? fixed_[i] : rest_[i - 2]; }
  void skip_empty() {
    while (!is_done() && offset_ == at(index_).size()) {
      ++index_;
      offset_ = 0;
    }
  }

  std::array<std::span<const std::byte>, 2> fixed_;
  std::span<const std::span<const std::byte>> rest_;
  std::size_t index_ = 0, offset_ = 0;
};

// Tries without waiting. False: cursor says what is left (or the client is gone).
bool Connection::send_now(SendCursor& cursor) {
  if (is_gone_ || is_cut_) return false;
  if (transport_.is_tls()) return send_tls_now(cursor);
  std::array<asio::const_buffer, SendCursor::kPiecesMax> pieces;
  while (!cursor.is_done()) {
    const std::size_t count = cursor.fill(pieces);
    ssize_t sent;
    if (count == 1) {
      sent = ::send(descriptor(), pieces[0].data(), pieces[0].size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    } else {
      std::array<iovec, SendCursor::kPiecesMax> vector;
      for (std::size_t i = 0; i < count; ++i) vector[i] = {const_cast<void*>(pieces[i].data()), pieces[i].size()};
      msghdr message{};
      message.msg_iov = vector.data();
      message.msg_iovlen = count;
      sent = ::sendmsg(descriptor(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) mark_gone();
      return false;
    }
    bytes_out_ += static_cast<std::uint64_t>(sent);
    cursor.advance(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Connection::send_tls_now(SendCursor& cursor) {
  std::array<asio::const_buffer, SendCursor::kPiecesMax> pieces;
  while (!cursor.is_done()) {
    cursor.fill(pieces);
    std::size_t sent = 0;
    ErrorCode error;
    const bool is_sent = transport_.send_tls_now(pieces[0], sent, error);
    if (error) mark_gone();
    if (!is_sent) return false;
    bytes_out_ += sent;
    cursor.advance(sent);
  }
  return true;
}

// The rest, as the client takes it. False: it is gone, or has taken nothing for write_ms.
Task<bool> Connection::send_rest(SendCursor& cursor) {
  std::array<asio::const_buffer, SendCursor::kPiecesMax> pieces;
  while (!cursor.is_done()) {
    if (is_gone_ || is_cut_) {
      mark_gone();
      co_return false;
    }
    const std::size_t count = cursor.fill(pieces);
    arm(Phase::transfer, thread_.settings.limits.write_ms);
    unsuspended_ = 0;
    const auto [error, sent] =
        transport_.is_tls() ? co_await transport_.send_tls(pieces[0])
                            : co_await transport_.send(std::span<const asio::const_buffer>(pieces.data(), count));
    end_phase();
    if (error) {
      if (std::exchange(is_timed_out_, false)) thread_.counters.timeouts.add();
      mark_gone();
      co_return false;
    }
    is_timed_out_ = false;
    bytes_out_ += sent;
    cursor.advance(sent);
  }
  co_return true;
}

void Connection::keep_spare(std::string text) {
  if (text.capacity() > kSpareBytesMax || text.capacity() <= thread_.spare_text.capacity()) return;
  text.clear();
  thread_.spare_text = std::move(text);
}

// True: what is in the output leaves with the answers of other connections. Only where nothing else of this connection
// can come first: all of the request has been read, and all that is left to do is to wait for the next one.
bool Connection::hold_answer() {
  if (!thread_.answers.is_worth_holding(*this, started_ns_)) return false;
  if (closes_ || is_gone_ || is_cut_ || has_body_left() || !buffered().empty()) return false;
  thread_.answers.hold(*this);
  return true;
}

// Outside of the coroutine, which waits for the next request. What the kernel does not take is the coroutine's to send:
// its read is cancelled for that.
void Connection::release_answer() {
  send_what_goes();
  if (held_left_ == 0) return;
  ErrorCode ignored;
  transport_.socket().cancel(ignored);
}

// All that a held answer still owes, before anything else is sent. False: the client is gone.
Task<bool> Connection::send_held_answer() {
  if (HeldAnswers::has(*this)) {
    HeldAnswers::remove(*this);
    held_left_ = block_->output.size();
  }
  const std::string_view answer = block_->output;
  SendCursor cursor(answer.substr(answer.size() - std::exchange(held_left_, 0)), {}, {});
  co_return send_now(cursor) || co_await send_rest(cursor);
}

Task<bool> Connection::send_output() {
  SendCursor cursor(block_->output, {}, {});
  co_return send_now(cursor) || co_await send_rest(cursor);
}

namespace {

std::uint64_t size_of_body(const Response& response) {
  std::uint64_t size = response.body.size();
  for (const auto& chunk : response.chunks) size += chunk.size();
  return size;
}

bool has_no_length(const Response& response) {
  return response.status == 204 || response.status == 304 || response.status < 200;
}

}  // namespace

// Its head, into the output.
void Connection::render(const Response& response, std::uint64_t body_bytes) {
  answer_ = Answer::complete;
  status_ = response.status;
  closes_ = response.close || should_close();
  const bool is_bare = has_no_length(response);
  block_->output.clear();
  append_head(block_->output,
              {.status = response.status,
               .content_type = is_bare ? std::string_view{} : response.content_type,
               .request_id = head_.request_id,
               .framing = is_bare ? Framing::none : Framing::length,
               .content_length = body_bytes,
               .fields = response.fields,
               .close = closes_,
               .says_keep_alive = parsed_.is_http_1_0},
              thread_.date);
}

// The output, as far as that goes without waiting; the rest is sent before the connection goes on.
void Connection::send_what_goes() {
  SendCursor cursor(block_->output, {}, {});
  const std::uint64_t before = bytes_out_;
  if (!send_now(cursor)) held_left_ = block_->output.size() - static_cast<std::size_t>(bytes_out_ - before);
}

bool Connection::reply_at_once(Response& response) {
  const std::uint64_t size = size_of_body(response);
  if (answer_ != Answer::none || size > kCopiedBytesMax) return false;
  if (head_.has("accept-encoding") && is_compressible(response)) return false;
  render(response, size);
  if (!has_no_length(response) && head_.method != Method::head) {
    std::string& out = block_->output;
    out += response.body;
    for (const auto& chunk : response.chunks) out.append(reinterpret_cast<const char*>(chunk.data()), chunk.size());
    keep_spare(std::move(response.body));
  }
  if (!hold_answer()) send_what_goes();
  return true;
}

Task<bool> Connection::reply(Response response) {
  if (answer_ != Answer::none) {
    // The second answer of a handler: nothing sane can be sent any more.
    thread_.counters.handler_defects.add();
    closes_ = true;
    co_return false;
  }
  if (reply_at_once(response)) co_return !is_gone_;
  answer_ = Answer::complete;
  if (head_.has("accept-encoding") && is_compressible(response)) {
    response.fields.emplace_back("Vary", "Accept-Encoding");
    const Encoding wanted = wanted_encoding(head_);
    if (wanted != Encoding::identity && response.status == 304) weaken_tag(response);
    if (wanted != Encoding::identity && response.status != 304)
      co_await compress(response, wanted, thread_.context().get_executor());
  }
  render(response, size_of_body(response));
  if (has_no_length(response) || head_.method == Method::head) co_return co_await send_output();
  SendCursor cursor(block_->output, response.body, response.chunks);
  co_return send_now(cursor) || co_await send_rest(cursor);
}

Task<bool> Connection::begin_stream(StreamHead head) {
  if (answer_ != Answer::none) {
    thread_.counters.handler_defects.add();
    closes_ = true;
    co_return false;
  }
  answer_ = Answer::streaming;
  status_ = head.status;
  stream_left_ = head.length;
  stream_is_chunked_ = !parsed_.is_http_1_0 && !head.length;
  closes_ = should_close() || (!stream_is_chunked_ && !head.length);
  block_->output.clear();
  append_head(block_->output,
              {.status = head.status,
               .content_type = head.content_type,
               .request_id = head_.request_id,
               .framing = head.length          ? Framing::length
                          : stream_is_chunked_ ? Framing::chunked
                                               : Framing::until_close,
               .content_length = head.length.value_or(0),
               .fields = head.fields,
               .close = closes_,
               .says_keep_alive = parsed_.is_http_1_0 && !closes_},
              thread_.date);
  // It leaves with the first piece, or when the handler starts to wait for one.
  stream_head_is_due_ = true;
  ::setsockopt(descriptor(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kStreamUnsentBytes, sizeof kStreamUnsentBytes);
  co_return !is_gone_ && !is_cut_;
}

Task<bool> Connection::flush_stream_head() {
  if (!std::exchange(stream_head_is_due_, false)) co_return true;
  co_return co_await send_output();
}

Task<bool> Connection::write(std::string_view bytes) {
  if (answer_ != Answer::streaming || is_gone_ || is_cut_) co_return false;
  if (bytes.empty() || head_.method == Method::head) co_return true;
  if (stream_left_ && bytes.size() > *stream_left_) {
    thread_.counters.handler_defects.add();
    co_return false;
  }
  if (stream_left_) *stream_left_ -= bytes.size();
  std::string& out = block_->output;
  if (!std::exchange(stream_head_is_due_, false)) out.clear();
  if (stream_is_chunked_) {
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, bytes.size(), 16).ptr;
    out.append(digits, static_cast<std::size_t>(end - digits)).append("\r\n");
  }
  const std::string_view line_end = stream_is_chunked_ ? std::string_view("\r\n") : std::string_view{};
  if (bytes.size() <= kCopiedBytesMax) {
    out.append(bytes).append(line_end);
    co_return co_await send_output();
  }
  const std::array<std::span<const std::byte>, 1> tail{std::as_bytes(std::span(line_end))};
  SendCursor cursor(out, bytes, tail);
  co_return send_now(cursor) || co_await send_rest(cursor);
}

Task<bool> Connection::end_stream(Trailers trailers) {
  if (answer_ != Answer::streaming) co_return false;
  // Left as it is, a stream is cut when its handler returns.
  if (stream_left_.value_or(0) > 0 && head_.method != Method::head) co_return false;
  std::string& out = block_->output;
  if (!std::exchange(stream_head_is_due_, false)) out.clear();
  if (stream_is_chunked_ && head_.method != Method::head) {
    out.append("0\r\n");
    for (const auto& [name, value] : trailers) out.append(name).append(": ").append(value).append("\r\n");
    out.append("\r\n");
  }
  const bool is_sent = out.empty() || co_await send_output();
  if (!is_sent) co_return false;
  answer_ = Answer::complete;
  constexpr int kNoLimit = -1;
  if (!closes_) ::setsockopt(descriptor(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kNoLimit, sizeof kNoLimit);
  co_return true;
}

}  // namespace stoa::http
