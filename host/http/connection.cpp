// connection.cpp: heads, routes, and the connection's clock. SPDX-License-Identifier: Apache-2.0
#include "host/http/connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>

#include "host/http/text.hpp"

namespace stoa::http {
namespace {

namespace asio = boost::asio;

// A quiet connection keeps its memory this long: at a request every few ticks nothing is given back and taken again.
constexpr std::uint64_t kCoolDownMs = 60;
// RFC 9112 9.6: after the last answer, what the client still sends is read and dropped, or a reset could destroy the
// answer on its way. Many clients read nothing before they have sent all: what a refused body may still hold is read
// for as long as it flows. Shorter when the client owes nothing and only its own close is waited for.
constexpr std::uint64_t kLingerMs = 5'000;
constexpr std::uint64_t kLingerPauseMs = 1'000;
constexpr std::uint64_t kQuietLingerMs = 250;
constexpr std::size_t kLingerBytesMax = 64u << 20;
// An unread body up to this size is dropped to keep the connection; a larger one costs more than a new connection.
constexpr std::uint64_t kDroppedBodyBytesMax = 64u << 10;
// Pipelined requests are answered this many in a row before other connections get their turn.
constexpr unsigned kUnsuspendedMax = 32;

constexpr std::uint64_t ms_to_ns(std::uint64_t ms) { return ms * 1'000'000; }

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  });
}

// Of a head that is refused, as far as it was read, for whoever renders the error. Empty: none is to be seen.
std::string_view path_of(std::string_view head) {
  const std::size_t begin = head.find(' ');
  if (begin == std::string_view::npos || !head.substr(begin + 1).starts_with('/')) return {};
  std::string_view path = head.substr(begin + 1);
  path = path.substr(0, path.find_first_of(" ?\r\n"));
  const bool is_text = std::ranges::all_of(path, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  return is_text ? path : std::string_view();
}

}  // namespace

Connection::Connection(IoThread& thread, const Listener& listener, Socket socket, const asio::ip::tcp::endpoint& peer)
    : thread_(thread), listener_(listener), transport_(std::move(socket), listener.tls.get()) {
  auto address = peer.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  remote_address_ = address.to_string();
}

Connection::~Connection() { thread_.blocks.release(std::move(block_)); }

Task<void> Connection::run(std::unique_ptr<Connection> connection) {
  Connection& self = *connection;
  if (self.transport_.is_tls()) {
    self.arm(Phase::transfer, self.thread_.settings.limits.tls_handshake_ms);
    const ErrorCode error = co_await self.transport_.handshake();
    self.end_phase();
    if (error) {
      if (self.is_timed_out_) self.thread_.counters.timeouts.add();
      co_return;
    }
  }
  co_await self.serve_requests();
  co_await self.close();
}

Task<void> Connection::serve_requests() {
  for (;;) {
    const Got got = co_await next_head();
    if (got == Got::end) co_return;
    if (got == Got::refusal) {
      co_await refuse_head();
      if (held_left_ > 0) co_await send_held_answer();
      co_return;
    }
    begin_answer();
    bool has_thrown = false;
    try {
      co_await handle();
    } catch (...) {
      has_thrown = true;
    }
    if (has_thrown || (answer_ == Answer::none && !is_gone_)) co_await answer_for_handler();
    // A stream without its end must not look complete: the connection breaks instead.
    if (answer_ == Answer::streaming) closes_ = true;
    thread_.counters.requests_inflight.add(-1);
    record();
    if ((held_left_ > 0 || (closes_ && owes_held_answer())) && !co_await send_held_answer()) co_return;
    if (closes_ || is_gone_) co_return;
    if (has_body_left() && !co_await drop_unread_body()) co_return;
  }
}

Task<Connection::Got> Connection::next_head() {
  const Limits& limits = thread_.settings.limits;
  // Pipelined bytes move to the front; the usual case is that there are none.
  if (const std::size_t left = filled_ - consumed_; left > 0) {
    std::memmove(block_->input.get(), block_->input.get() + consumed_, left);
    filled_ = left;
  } else {
    filled_ = 0;
  }
  consumed_ = head_end_ = 0;
  if (++unsuspended_ > kUnsuspendedMax) {
    unsuspended_ = 0;
    co_await asio::post(thread_.context().get_executor(), asio::deferred);
  }

  HeadScanner scanner(thread_.blocks.limits());
  bool has_begun = false;
  for (;;) {
    if (filled_ > 0) {
      if (!has_begun && block_->last.begins({block_->input.get(), filled_})) {
        end_phase();
        co_return repeat_head();
      }
      const auto progress = scanner.scan({block_->input.get(), filled_});
      if (progress == HeadScanner::Progress::complete) {
        end_phase();
        co_return take_head(scanner);
      }
      if (progress == HeadScanner::Progress::refused) {
        refusal_ = scanner.refusal();
        co_return Got::refusal;
      }
      if (!has_begun) {
        has_begun = true;
        started_ns_ = monotonic_ns();
        arm(Phase::transfer, limits.head_ms);
      }
    } else {
      if (!block_) block_ = thread_.blocks.acquire();
      arm(Phase::idle, std::min<std::uint64_t>(kCoolDownMs, limits.idle_ms));
    }
    unsuspended_ = 0;
    const auto room = asio::buffer(block_->input.get() + filled_, block_->input_capacity - filled_);
    const auto [error, count] =
        transport_.is_tls() ? co_await transport_.receive_tls(room) : co_await transport_.receive(room);
    filled_ += count;
    if (owes_held_answer()) {
      is_timed_out_ = false;  // quiet begins when the answer has left
      if (!co_await send_held_answer()) co_return Got::end;
      if (error == asio::error::operation_aborted) continue;
    }
    if (!error) {
      is_timed_out_ = false;
      continue;
    }
    if (!std::exchange(is_timed_out_, false)) {
      if (has_begun) mark_gone();
      co_return Got::end;
    }
    if (has_begun) {
      thread_.counters.timeouts.add();
      refusal_ = Refusal{408, "the request head did not arrive within " + std::to_string(limits.head_ms) + " ms"};
      co_return Got::refusal;
    }
    if (!co_await stay_idle()) co_return Got::end;
  }
}

// Waits for the first byte without any buffer. False: the connection has been idle for too long, or is gone.
Task<bool> Connection::stay_idle() {
  thread_.blocks.release(std::move(block_));
  transport_.release_memory();
  const Limits& limits = thread_.settings.limits;
  arm(Phase::idle_released, thread_.is_draining() ? thread_.drain_grace_ms() : limits.idle_ms);
  const auto [error] = co_await transport_.socket().async_wait(Socket::wait_read, kAsTuple);
  end_phase();
  if (!error) co_return true;
  if (!std::exchange(is_timed_out_, false)) co_return false;
  // A request may have arrived in the same moment: it is answered, not dropped.
  char byte;
  co_return ::recv(descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

Connection::Got Connection::take_head(const HeadScanner& scanner) {
  const std::string_view bytes(block_->input.get() + scanner.head_begin(), scanner.head_size() - scanner.head_begin());
  const HeadLimits& limits = thread_.blocks.limits();
  LastHead& last = block_->last;
  last.forget();
  head_ = {};
  parsed_ = {};
  if (auto refused = parse_head(bytes, limits, {block_->fields.get(), limits.fields_max}, head_, parsed_)) {
    refusal_ = std::move(refused);
    return Got::refusal;
  }
  if (scanner.head_begin() == 0 && bytes.size() <= LastHead::kBytesMax) {
    last.bytes.assign(bytes);
    last.head = head_;
    last.parsed = parsed_;
  }
  return begin_request(scanner.head_size());
}

Connection::Got Connection::repeat_head() {
  head_ = block_->last.head;
  parsed_ = block_->last.parsed;
  return begin_request(block_->last.bytes.size());
}

Connection::Got Connection::begin_request(std::size_t head_bytes) {
  head_end_ = consumed_ = head_bytes;
  body_left_ = head_.content_length.value_or(0);
  chunks_ = {};
  body_was_asked_ = false;
  continue_is_due_ = parsed_.expects_continue && !parsed_.is_http_1_0;
  return Got::head;
}

void Connection::set_request_id() {
  head_.arrived_ns = started_ns_;
  head_.is_tls = transport_.is_tls();
  head_.remote_address = remote_address_;
  if (const std::string_view theirs = head_.find("x-request-id"); is_request_id(theirs)) {
    head_.request_id = theirs;
  } else {
    thread_.make_request_id(request_id_);
    head_.request_id = request_id_;
  }
}

void Connection::begin_answer() {
  started_ns_ = monotonic_ns();
  thread_.counters.requests.add();
  thread_.counters.requests_inflight.add();
  ++requests_;
  bytes_in_ = head_end_;
  bytes_out_ = 0;
  status_ = 0;
  mark_.reset();
  route_ = nullptr;
  answer_ = Answer::none;
  closes_ = false;
  set_request_id();
}

// Rationale: no coroutine, as its caller is one anyway: each frame is allocated per request.
Task<void> Connection::handle() {
  const Router::Match match = find_route();
  switch (match.outcome) {
    case Router::Outcome::found:
      head_.params = {block_->params, match.params};
      route_ = match.route;
      return match.route->handler(*this);
    case Router::Outcome::options: {
      Response response;
      response.status = 204;
      response.content_type = {};
      response.fields.emplace_back("Allow", match.allow);
      return answer_with(*this, std::move(response));
    }
    case Router::Outcome::method_not_allowed:
      return send_error(405,
                        {Code::unimplemented, "http.method_not_allowed",
                         "method: " + std::string(head_.method_text.substr(0, 32)) + " is not allowed here, " +
                             std::string(match.allow) + " are",
                         0},
                        match.allow);
    case Router::Outcome::bad_path:
      return send_error(400, {Code::invalid_argument, "http.bad_path", "path: has malformed percent-encoding", 0});
    case Router::Outcome::not_found:
      break;
  }
  return send_error(404, {Code::not_found, "http.not_found",
                          "path: nothing is served at '" + std::string(head_.path.substr(0, 128)) + "'", 0});
}

Router::Match Connection::find_route() {
  LastHead& last = block_->last;
  if (last.listener == &listener_) return last.match;
  const Router::Match match = listener_.router.match(
      head_.method, head_.path, {block_->params, {block_->decoded.get(), thread_.blocks.limits().target_bytes_max}});
  last.memo = {};
  if (!last.bytes.empty()) {
    last.match = match;
    last.listener = &listener_;
  }
  return match;
}

// A handler that throws, or forgets to answer, is a defect of ours: the client learns 500 and the server lives.
Task<void> Connection::answer_for_handler() {
  thread_.counters.handler_defects.add();
  if (answer_ == Answer::none) {
    co_await send_error(500, {Code::internal, "http.handler_defect", "the request could not be handled", 0});
  }
}

Task<void> Connection::refuse_head() {
  end_phase();
  thread_.counters.rejected_heads.add();
  if (started_ns_ == 0 || requests_ > 0) started_ns_ = monotonic_ns();
  head_ = {};
  head_.method = Method::other;
  head_.keep_alive = false;
  thread_.make_request_id(request_id_);
  head_.request_id = request_id_;
  head_.remote_address = remote_address_;
  head_.is_tls = transport_.is_tls();
  if (block_) head_.path = path_of({block_->input.get(), filled_});
  parsed_ = {};
  body_left_ = 0;
  bytes_in_ = filled_;
  bytes_out_ = 0;
  mark_.reset();
  route_ = nullptr;
  answer_ = Answer::none;
  Error error{Code::invalid_argument, "http.bad_head", std::move(refusal_->message), 0};
  if (refusal_->status == 408) error = {Code::deadline_exceeded, "http.head_slow", std::move(error.message), 0};
  co_await send_error(refusal_->status, std::move(error));
  record();
}

Task<void> Connection::send_error(unsigned status, Error error, std::string_view allow) {
  Response response;
  bool is_rendered = false;
  if (thread_.settings.render_error) {
    try {
      response = thread_.settings.render_error(status, error, &head_);
      is_rendered = true;
    } catch (...) {
      thread_.counters.handler_defects.add();
    }
  }
  if (!is_rendered) response = problem(status, error, &head_);
  response.status = status;
  if (!allow.empty()) response.fields.emplace_back("Allow", allow);
  co_await reply(std::move(response));
}

void Connection::record() {
  if (!thread_.settings.on_exchange) return;
  const bool is_whole = answer_ == Answer::complete && !is_gone_;
  const ExchangeRecord record{head_.method,
                              route_ ? std::string_view(route_->pattern) : std::string_view{},
                              head_.target,
                              head_.remote_address,
                              head_.request_id,
                              is_whole   ? status_
                              : is_gone_ ? 499
                                         : status_,
                              bytes_in_,
                              bytes_out_ + owed_bytes(),
                              monotonic_ns() - started_ns_,
                              mark_};
  try {
    thread_.settings.on_exchange(record);
  } catch (...) {
    thread_.counters.handler_defects.add();
  }
}

Task<bool> Connection::drop_unread_body() {
  body_started_ns_ = monotonic_ns();
  std::uint64_t dropped = 0;
  while (has_body_left()) {
    const auto piece = co_await next_piece();
    if (!piece) co_return false;
    dropped += piece->size();
    if (dropped > kDroppedBodyBytesMax) {
      closes_ = true;
      co_return false;
    }
  }
  co_return true;
}

bool Connection::should_close() const {
  if (!head_.keep_alive || thread_.is_draining()) return true;
  const std::uint32_t requests_max = thread_.settings.limits.requests_per_connection_max;
  if (requests_max > 0 && requests_ >= requests_max) return true;
  // The client waits for a 100 it never got, or sends more than is worth reading.
  if (continue_is_due_ && has_body_left() && buffered().empty()) return true;
  return has_body_left() && (body_was_asked_ || body_left_ > kDroppedBodyBytesMax + buffered().size());
}

Task<void> Connection::close() {
  end_phase();
  if (is_gone_ || is_cut_) co_return;
  is_timed_out_ = false;
  if (transport_.is_tls()) {
    arm(Phase::transfer, kLingerPauseMs);
    co_await transport_.say_goodbye();
    end_phase();
  }
  ErrorCode ignored;
  transport_.socket().shutdown(Socket::shutdown_send, ignored);
  // Ends at the client's own close, which usually is here already or comes at once.
  const bool may_send_more = refusal_.has_value() || has_body_left();
  if (!block_) block_ = thread_.blocks.acquire();
  const std::uint64_t until_ns = monotonic_ns() + ms_to_ns(kLingerMs);
  for (std::size_t dropped = 0; dropped < kLingerBytesMax && monotonic_ns() < until_ns;) {
    arm(Phase::transfer, may_send_more ? kLingerPauseMs : kQuietLingerMs);
    const auto [error, count] =
        co_await transport_.socket().async_receive(asio::buffer(block_->input.get(), block_->input_capacity), kAsTuple);
    if (error) break;
    dropped += count;
  }
  end_phase();
}

void Connection::begin_drain() {
  if (phase_ == Phase::idle_released) {
    thread_.wheel.arm(*this, monotonic_ns() + ms_to_ns(thread_.drain_grace_ms()));
  }
}

void Connection::cut() {
  is_cut_ = true;
  ErrorCode ignored;
  transport_.socket().shutdown(Socket::shutdown_both, ignored);
  transport_.socket().cancel(ignored);
  if (phase_ == Phase::waiting && !gone_was_told_) on_hangup();
}

bool Connection::abandon() {
  if (!resume_) return false;
  // Destroys this connection: its frame is owned by what resume_ holds.
  const auto last = std::move(resume_);
  return true;
}

void Connection::arm(Phase phase, std::uint64_t after_ms) {
  phase_ = phase;
  constexpr std::uint64_t kBehindMaxMs = 10;  // of the coarse clock: never early
  thread_.wheel.arm(*this, monotonic_coarse_ns() + ms_to_ns(after_ms + kBehindMaxMs));
}

void Connection::end_phase() {
  phase_ = Phase::busy;
  TimerWheel::disarm(*this);
}

void Connection::on_due() {
  if (phase_ == Phase::waiting) return finish_wait(Waited::deadline);
  if (phase_ == Phase::busy) return;
  is_timed_out_ = true;
  ErrorCode ignored;
  transport_.socket().cancel(ignored);
}

void Connection::mark_gone() {
  if (!std::exchange(is_gone_, true)) thread_.counters.client_gone.add();
}

void Connection::on_hangup() {
  mark_gone();
  gone_was_told_ = true;
  finish_wait(Waited::client_gone);
}

void Connection::finish_wait(Waited waited) {
  if (!resume_) return;
  auto resume = std::exchange(resume_, nullptr);
  end_phase();
  if (HangupWatch::has(*this)) HangupWatch::remove(*this);
  resume(waited);
}

std::shared_ptr<Signal> Connection::make_signal() { return std::make_shared<WakeSignal>(thread_.mailbox); }

Task<Waited> Connection::wait(Signal& signal, std::uint64_t deadline_ns) {
  auto& wake = static_cast<WakeSignal&>(signal);
  if (wake.consume()) co_return Waited::signalled;
  if (!co_await flush_stream_head() || is_cut_ || is_gone_) {
    mark_gone();
    if (!std::exchange(gone_was_told_, true)) co_return Waited::client_gone;
  }
  if (deadline_ns != 0 && deadline_ns <= monotonic_ns()) co_return Waited::deadline;
  if (!wake.watch(*this)) co_return Waited::signalled;
  phase_ = Phase::waiting;
  if (deadline_ns != 0) thread_.wheel.arm(*this, deadline_ns);
  if (!gone_was_told_) {
    thread_.hangups.add(*this);
    thread_.wheel.want_ticks();
  }
  unsuspended_ = 0;
  const Waited waited = co_await asio::async_initiate<const asio::deferred_t&, void(Waited)>(
      [this](auto handler) { resume_ = std::move(handler); }, asio::deferred);
  wake.unwatch();
  co_return waited;
}

}  // namespace stoa::http
