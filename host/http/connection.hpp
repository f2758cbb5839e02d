// connection.hpp: one client's connection, from accept to close, as one coroutine that reads top-down.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "host/http/chunk_decoder.hpp"
#include "host/http/inflate.hpp"
#include "host/http/io_thread.hpp"

namespace stoa::http {

class SendCursor;

// Thread: its I/O thread only.
// Lifetime: owned by the frame of run(); everything that waits refers to it only while that frame is suspended.
class Connection final : public Exchange,
                         public ConnectionHook,
                         private TimerWheel::Entry,
                         private HangupWatch::Entry,
                         private HeldAnswers::Entry,
                         private Waiter {
 public:
  Connection(IoThread& thread, const Listener& listener, Socket socket, const boost::asio::ip::tcp::endpoint& peer);
  ~Connection();

  static Task<void> run(std::unique_ptr<Connection> connection);
  void begin_drain();
  // As if the client had vanished: every wait and every transfer ends now.
  void cut();
  // Destroys the coroutine when it waits for a signal that will not come: the last resort of a hard stop. False: it
  // does not wait for one.
  bool abandon();

  const RequestHead& head() const override { return head_; }
  HeadMemo& memo() override { return block_->last.memo; }
  std::optional<Body> body_at_hand(const BodyLimits& limits) override;
  Task<Result<Body>> read_body(BodyLimits limits) override;
  bool reply_at_once(Response& response) override;
  Task<bool> reply(Response response) override;
  std::string take_spare_text() override { return std::exchange(thread_.spare_text, {}); }
  using Exchange::begin_stream;
  Task<bool> begin_stream(StreamHead head) override;
  Task<bool> write(std::string_view bytes) override;
  using Exchange::end_stream;
  Task<bool> end_stream(Trailers trailers) override;
  void set_mark(std::uint64_t mark) override { mark_ = mark; }
  std::shared_ptr<Signal> make_signal() override;
  Task<Waited> wait(Signal& signal, std::uint64_t deadline_ns) override;

 private:
  enum class Phase : std::uint8_t { busy, idle, idle_released, transfer, waiting };
  enum class Got : std::uint8_t { head, refusal, end };
  enum class Answer : std::uint8_t { none, streaming, complete };

  // The request (connection.cpp).
  Task<void> serve_requests();
  Task<Got> next_head();
  Task<bool> stay_idle();
  Got take_head(const HeadScanner& scanner);
  Got repeat_head();
  Got begin_request(std::size_t head_bytes);
  Router::Match find_route();
  void set_request_id();
  void begin_answer();
  Task<void> handle();
  Task<void> answer_for_handler();
  Task<void> refuse_head();
  Task<void> send_error(unsigned status, Error error, std::string_view allow = {});
  void record();
  Task<bool> drop_unread_body();
  Task<void> close();
  bool should_close() const;

  // The body (connection_body.cpp).
  Result<Encoding> begin_body(const BodyLimits& limits);
  Task<Result<Body>> read_sized(BodyLimits limits);
  Task<Result<Body>> read_pieces(BodyLimits limits, Encoding encoding);
  Task<Result<std::string_view>> next_piece();
  Task<Result<std::size_t>> receive(std::byte* into, std::size_t size);
  Task<bool> send_continue();
  void take_buffered(std::size_t count);
  std::string_view buffered() const { return {block_->input.get() + consumed_, filled_ - consumed_}; }
  bool has_body_left() const { return head_.is_chunked ? !chunks_.is_done() : body_left_ > 0; }

  // The answer (connection_reply.cpp).
  bool send_now(SendCursor& cursor);
  bool send_tls_now(SendCursor& cursor);
  void keep_spare(std::string text);
  void render(const Response& response, std::uint64_t body_bytes);
  void send_what_goes();
  bool hold_answer();
  void release_answer() override;
  Task<bool> send_held_answer();
  std::uint64_t owed_bytes() const {
    return is_gone_ ? 0 : HeldAnswers::has(*this) ? block_->output.size() : held_left_;
  }
  bool owes_held_answer() const { return HeldAnswers::has(*this) || held_left_ > 0; }
  Task<bool> send_output();
  Task<bool> send_rest(SendCursor& cursor);
  Task<bool> flush_stream_head();
  void mark_gone();

  // Time (connection.cpp).
  void arm(Phase phase, std::uint64_t after_ms);
  void end_phase();
  void on_due() override;
  int descriptor() override { return transport_.socket().native_handle(); }
  void on_hangup() override;
  void on_signal() override { finish_wait(Waited::signalled); }
  void finish_wait(Waited waited);

  IoThread& thread_;
  const Listener& listener_;
  Transport transport_;
  std::string remote_address_;
  std::uint64_t requests_ = 0;

  std::unique_ptr<IoBlock> block_;  // only while busy
  std::size_t head_end_ = 0;        // input[0, head_end_) is the head that head_ points into
  std::size_t consumed_ = 0, filled_ = 0;

  RequestHead head_;
  ParsedHead parsed_;
  std::optional<Refusal> refusal_;
  std::string request_id_;
  const Route* route_ = nullptr;
  std::uint64_t started_ns_ = 0, bytes_in_ = 0, bytes_out_ = 0;
  unsigned status_ = 0;
  std::optional<std::uint64_t> mark_;

  std::uint64_t body_left_ = 0;  // of a body with Content-Length
  std::uint64_t body_started_ns_ = 0;
  ChunkDecoder chunks_;
  bool body_was_asked_ = false, continue_is_due_ = false;

  Phase phase_ = Phase::busy;
  Answer answer_ = Answer::none;
  bool is_timed_out_ = false;
  bool is_gone_ = false, gone_was_told_ = false, is_cut_ = false;
  bool closes_ = false;  // after this answer
  bool stream_is_chunked_ = false, stream_head_is_due_ = false;
  std::optional<std::uint64_t> stream_left_;  // of a stream whose length was said
  std::size_t held_left_ = 0;                 // of an answer: the end of the output that the kernel did not take
  unsigned unsuspended_ = 0;                  // requests served since this coroutine last let others run

  std::move_only_function<void(Waited)> resume_;
};

}  // namespace stoa::http
