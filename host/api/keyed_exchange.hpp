// keyed_exchange.hpp: the exchange of a call with a key: what it answers is kept before it is sent.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "host/api/call_key.hpp"
#include "host/api/durable.hpp"
#include "host/http/exchange.hpp"
#include "licensing/idempotency/answers.hpp"

namespace stoa::api {

// In front of the connection's own, with the body that was read already. The last byte of an answer that is charged
// for, or that is whole and costs nothing, leaves when its entry and the answer are durable; any other answer is not
// kept. Of a second run, for an answer that a crash took, not one byte leaves before: it costs nothing, and so it is
// given once, whole, or refused. Where the disk takes too long the client is told so, and the answer kept all the same.
// Rationale: its client's end is told to nobody, so that the call runs to its end: the client that asks again is
// then answered, and pays once. Thread: the I/O thread. Lifetime: within the handler.
class KeyedExchange final : public http::Exchange {
 public:
  struct Parts {
    http::Exchange& inner;
    licensing::Answers& answers;
    licensing::Journal& ledger;
    std::uint64_t durable_wait_ns = kDurableNs;  // until a client is told that the disk is behind
  };
  KeyedExchange(Parts parts, http::Body body, const licensing::Sha256& call_key, CallKey key)
      : parts_(parts), body_(std::move(body)), call_key_(call_key), key_(std::move(key)) {}
  ~KeyedExchange() override;  // what was not kept is given up
  KeyedExchange(const KeyedExchange&) = delete;
  KeyedExchange& operator=(const KeyedExchange&) = delete;

  const http::RequestHead& head() const override { return parts_.inner.head(); }
  http::HeadMemo& memo() override { return parts_.inner.memo(); }
  http::Note* note() override { return &key_; }
  http::Task<Result<http::Body>> read_body(http::BodyLimits limits) override;
  std::optional<http::Body> body_at_hand(const http::BodyLimits& limits) override;
  http::Task<bool> reply(http::Response response) override;
  bool reply_at_once(http::Response&) override { return false; }
  std::string take_spare_text() override { return {}; }
  using Exchange::begin_stream;
  using Exchange::end_stream;
  http::Task<bool> begin_stream(http::StreamHead head) override;
  http::Task<bool> write(std::string_view bytes) override;
  http::Task<bool> end_stream(http::Trailers trailers) override;
  void set_mark(std::uint64_t mark) override { parts_.inner.set_mark(mark); }
  std::shared_ptr<http::Signal> make_signal() override { return parts_.inner.make_signal(); }
  http::Task<http::Waited> wait(http::Signal& signal, std::uint64_t deadline_ns) override;

 private:
  // What is charged is kept, whatever it says; but a second run is kept when it is an answer.
  bool is_to_be_kept(unsigned status) const {
    return (key_.entry && !key_.was_charged) || (key_.is_whole && status < 400);
  }
  licensing::KeptAnswer begin_answer(unsigned status, std::string_view content_type,
                                     const std::vector<std::pair<std::string_view, std::string>>& fields) const;
  http::Task<bool> until_durable(licensing::Journal& journal);
  http::Task<Result<void>> keep(licensing::KeptAnswer answer);
  http::Task<Result<void>> let_go();
  http::Task<bool> end_held_back(http::Trailers trailers);
  http::Task<bool> refuse(const Error& error);
  void end();

  const Parts parts_;
  http::Body body_;
  const licensing::Sha256 call_key_;
  CallKey key_;
  licensing::KeptAnswer streamed_;
  std::optional<http::StreamHead> held_back_;  // of a second run: nothing of it has left
  std::uint64_t tell_by_ns_ = 0;               // when the client is told that the disk is behind; 0: not at all
  bool has_told_ = false;                      // that it is: there is no other answer any more
  bool has_ended_ = false;                     // kept, or given up
};

}  // namespace stoa::api
