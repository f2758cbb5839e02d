// connection_body.cpp: request bodies, read straight into the memory the handler gets.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>

#include "host/http/connection.hpp"

namespace stoa::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kChargedAtOnceMax = 64u << 10;  // larger bodies are charged to the budget as they arrive

Error too_large(std::uint64_t limit) {
  return {Code::resource_exhausted, "http.body_too_large",
          "body: is larger than the limit of " + std::to_string(limit) + " bytes", 0};
}

Task<Result<Body>> failed_body(Error error) { co_return std::unexpected(std::move(error)); }

constexpr std::size_t room_for(std::size_t body_bytes) { return body_bytes + Body::kAlignment + Body::kSlack; }

// Where a body begins in memory so that its byte at align_at is aligned.
std::byte* aligned(std::byte* memory, std::uint64_t align_at) {
  const std::uint64_t aligned_byte = reinterpret_cast<std::uintptr_t>(memory) + align_at;
  return memory + (Body::kAlignment - aligned_byte % Body::kAlignment) % Body::kAlignment;
}

}  // namespace

Task<Result<Body>> Connection::read_body(BodyLimits limits) {
  auto encoding = begin_body(limits);
  if (!encoding) return failed_body(std::move(encoding.error()));
  if (*encoding == Encoding::identity && !head_.is_chunked) return read_sized(limits);
  return read_pieces(limits, *encoding);
}

Result<Encoding> Connection::begin_body(const BodyLimits& limits) {
  if (std::exchange(body_was_asked_, true)) {
    return failure(Code::failed_precondition, "http.body_taken", "the body has been read already");
  }
  if (head_.is_chunked || body_left_ > buffered().size()) body_started_ns_ = monotonic_ns();
  const auto coding = head_.find_single("Content-Encoding");
  if (!coding) return std::unexpected(coding.error());
  const Encoding encoding = encoding_of(coding->value_or(""));
  if (encoding == Encoding::unknown) {
    return failure(
        Code::unimplemented, "http.content_encoding",
        "Content-Encoding: '" + std::string((*coding)->substr(0, 40)) + "' is not known here, gzip and deflate are");
  }
  if (head_.content_length.value_or(0) > limits.bytes_max) return std::unexpected(too_large(limits.bytes_max));
  return encoding;
}

std::optional<Body> Connection::body_at_hand(const BodyLimits& limits) {
  const auto size = static_cast<std::size_t>(body_left_);
  if (head_.is_chunked || body_was_asked_ || body_left_ > buffered().size() || body_left_ > limits.bytes_max ||
      body_left_ > kChargedAtOnceMax || head_.has("content-encoding"))
    return std::nullopt;
  auto memory = allocate_body(thread_.settings.bodies, room_for(size));
  if (!memory) return std::nullopt;
  body_was_asked_ = true;
  std::byte* const begin = aligned(memory.get(), limits.align_at);
  std::memcpy(begin, buffered().data(), size);
  take_buffered(size);
  body_left_ = 0;
  return Body(std::move(memory), begin, size);
}

Task<Result<Body>> Connection::read_sized(BodyLimits limits) {
  const auto size = static_cast<std::size_t>(body_left_);
  const std::size_t room = room_for(size);
  const auto& budget = thread_.settings.bodies;
  const auto no_memory = [] {
    return failure(Code::unavailable, "http.body_memory", "body: too many request bodies are held in memory");
  };
  if (size > kChargedAtOnceMax) thread_.answers.release();  // what comes of it takes longer than others should wait
  const auto charge = size > kChargedAtOnceMax ? std::make_shared<BodyCharge>(budget) : nullptr;
  if (charge && !budget->ever_fits(room)) co_return no_memory();
  std::shared_ptr<std::byte[]> memory;
  if (charge && limits.place) {
    if (auto placed = limits.place->take(room)) memory = charged(charge, std::move(placed));
  }
  if (!memory) memory = charge ? allocate_charged_body(charge, room) : allocate_body(budget, room);
  if (!memory) co_return no_memory();
  std::byte* const begin = aligned(memory.get(), limits.align_at);

  std::size_t got = std::min(size, buffered().size());
  if (charge && !charge->take(got)) co_return no_memory();
  std::memcpy(begin, buffered().data(), got);
  take_buffered(got);
  body_left_ -= got;
  if (got < size && got == 0 && !co_await send_continue()) {
    co_return failure(Code::cancelled, "http.client_gone", "the client hung up");
  }
  while (got < size) {
    const auto count = co_await receive(begin + got, size - got);
    if (!count) co_return std::unexpected(count.error());
    if (charge && !charge->take(*count)) co_return no_memory();
    got += *count;
    body_left_ -= *count;
  }
  end_phase();
  co_return Body(std::move(memory), begin, size);
}

Task<Result<Body>> Connection::read_pieces(BodyLimits limits, Encoding encoding) {
  GrowingBody body(thread_.settings.bodies, limits.bytes_max);
  std::optional<Inflater> inflater;
  if (encoding != Encoding::identity) inflater.emplace(encoding, limits, body);
  const std::uint64_t begun_at = bytes_in_;
  while (has_body_left()) {
    auto piece = co_await next_piece();
    if (!piece) co_return std::unexpected(piece.error());
    if (bytes_in_ - begun_at > 2 * limits.bytes_max + (64u << 10))
      co_return std::unexpected(too_large(limits.bytes_max));
    while (!piece->empty() || (inflater && inflater->has_pending())) {
      if (inflater) {
        std::size_t consumed = 0;
        if (auto stepped = inflater->step(*piece, consumed); !stepped) co_return std::unexpected(stepped.error());
        piece->remove_prefix(consumed);
        if (!piece->empty() || inflater->has_pending()) {
          co_await asio::post(thread_.context().get_executor(), asio::deferred);
        }
        continue;
      }
      const auto room = body.room(piece->size());
      if (!room) co_return std::unexpected(room.error());
      const std::size_t count = std::min(room->size(), piece->size());
      std::memcpy(room->data(), piece->data(), count);
      body.commit(count);
      piece->remove_prefix(count);
    }
  }
  end_phase();
  if (inflater && bytes_in_ > begun_at) {
    if (auto finished = inflater->finish(); !finished) co_return std::unexpected(finished.error());
  }
  if (body.size() > limits.bytes_max) co_return std::unexpected(too_large(limits.bytes_max));
  if (const auto room = body.room(1); !room) co_return std::unexpected(room.error());  // memory also for nothing
  co_return std::move(body).finish();
}

// Part of the body as it lies in the input buffer: valid until the next piece is asked for. Empty only at the end.
Task<Result<std::string_view>> Connection::next_piece() {
  while (has_body_left()) {
    if (head_.is_chunked) {
      take_buffered(chunks_.frame(buffered()));
      if (chunks_.is_bad()) {
        co_return failure(Code::invalid_argument, "http.bad_body",
                          "body: malformed chunk at byte " + std::to_string(bytes_in_ - head_end_) +
                              ", want a size in hex, CRLF, that many bytes, CRLF, and no trailer");
      }
      if (chunks_.is_done()) break;
    }
    const std::uint64_t left = head_.is_chunked ? chunks_.payload() : body_left_;
    if (const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffered().size())); count > 0) {
      const std::string_view piece = buffered().substr(0, count);
      take_buffered(count);
      head_.is_chunked ? chunks_.take(count) : void(body_left_ -= count);
      co_return piece;
    }
    if (!co_await send_continue()) co_return failure(Code::cancelled, "http.client_gone", "the client hung up");
    consumed_ = filled_ = head_end_;
    const auto count =
        co_await receive(reinterpret_cast<std::byte*>(block_->input.get() + filled_), block_->input_capacity - filled_);
    if (!count) co_return std::unexpected(count.error());
    bytes_in_ -= *count;  // counted when they are taken
    filled_ += *count;
  }
  co_return std::string_view{};
}

// One read of body bytes. The time allowed grows with what has arrived: after a grace, a body slower than the least
// rate is given up.
Task<Result<std::size_t>> Connection::receive(std::byte* into, std::size_t size) {
  const Limits& limits = thread_.settings.limits;
  const std::uint64_t earned_ms = limits.body_rate_min == 0 ? 0 : (bytes_in_ - head_end_) * 1000 / limits.body_rate_min;
  phase_ = Phase::transfer;
  thread_.wheel.arm(*this, body_started_ns_ + (limits.body_grace_ms + earned_ms) * 1'000'000);
  unsuspended_ = 0;
  const auto room = asio::buffer(into, size);
  const auto [error, count] =
      transport_.is_tls() ? co_await transport_.receive_tls(room) : co_await transport_.receive(room);
  end_phase();
  if (!error) {
    is_timed_out_ = false;
    bytes_in_ += count;
    co_return count;
  }
  if (std::exchange(is_timed_out_, false)) {
    thread_.counters.timeouts.add();
    co_return failure(Code::deadline_exceeded, "http.body_slow",
                      "body: arrived slower than " + std::to_string(limits.body_rate_min) + " bytes per second");
  }
  mark_gone();
  co_return failure(Code::cancelled, "http.client_gone", "the client hung up");
}

Task<bool> Connection::send_continue() {
  if (!std::exchange(continue_is_due_, false) || !buffered().empty() || answer_ != Answer::none) co_return true;
  block_->output = "HTTP/1.1 100 Continue\r\n\r\n";
  co_return co_await send_output();
}

void Connection::take_buffered(std::size_t count) {
  consumed_ += count;
  bytes_in_ += count;
}

}  // namespace stoa::http
