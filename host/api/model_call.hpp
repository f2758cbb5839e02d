// model_call.hpp: one call through a served model, awaited by a handler: deadline, client gone, cancellation.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "host/api/access_gate.hpp"
#include "host/http/exchange.hpp"
#include "host/inference/catalog.hpp"
#include "host/runtime/call.hpp"
#include "licensing/billing/charge_rule.hpp"

namespace stoa::api {

// The most one answer may hold before it is sent; a stream is bounded by the call's pending bytes instead.
inline constexpr std::uint64_t kAnswerBytesMax = 1ull << 30;

// A call under way. Whoever gives it up early cancels it: dropping a ModelCall that has not ended sets the cancel word.
// Thread: the exchange's I/O thread.
class ModelCall {
 public:
  // Errors: what enqueue refuses with. May have run the whole call on return (inline models). Whoever listens on that
  // route hears the answer as it is taken. pass: null on an open host; what it took is given back unless the model
  // answers, by a first part or by ending well, and does not crash.
  static Result<ModelCall> start(http::Exchange& exchange, inference::Routed route, runtime::CallSpec&& spec,
                                 std::unique_ptr<AccessPass> pass);
  ModelCall(ModelCall&&) noexcept = default;
  ModelCall& operator=(ModelCall&&) = delete;
  ~ModelCall();

  // The parts emitted since the last call, once there are any; empty: the call ended well. Back-pressure: parts are
  // taken only here, so a handler that is busy writing leaves them with the call, whose bound stops the plugin. Errors:
  // the plugin's; deadline_exceeded "request.deadline"; cancelled "http.client_gone".
  http::Task<Result<std::vector<runtime::OutputPart>>> next();

  // The call has ended already, as an inline model's has on return from start: whole() instead of all() saves the wait.
  bool has_ended() const { return call_->finished(); }
  // All parts, of a call that is answered at once. Errors: as next(); resource_exhausted "output.too_large".
  Result<std::vector<runtime::OutputPart>> whole();  // has_ended()
  http::Task<Result<std::vector<runtime::OutputPart>>> all();

  // Something is held back for it, and nothing charged yet.
  bool is_charged() const { return pass_ && pass_->charge.is_held(); }
  // For a call that is charged: the answer is ready and will leave, all it used is charged. The number of its entry,
  // which the answer names and waits for (BillingGate::until_durable); nothing: it is free. Errors: those of
  // BillingGate::charge: there is no answer then.
  Result<std::optional<std::uint64_t>> charge_answer() { return charge(licensing::CallEnd::complete); }
  // Of a stream: what next() gave last has gone to the client.
  void note_delivered();
  // The same for a stream at its end; error: what next() ended with, null: it ended well. What is charged then:
  // licensing/README.md.
  Result<std::optional<std::uint64_t>> charge_stream(const Error* error);

  // What the answer has to say beside itself: limits and warnings. Once.
  AnswerFields take_fields() { return pass_ ? std::move(pass_->fields) : AnswerFields(); }

 private:
  class Listener;
  ModelCall(http::Exchange& exchange, std::shared_ptr<inference::ServedModel> model);
  Error give_up(Code why);
  Error error() const;
  bool is_past_deadline() const;
  void note_taken(const std::vector<runtime::OutputPart>& parts);
  Result<std::optional<std::uint64_t>> charge(licensing::CallEnd end);
  void end_charge();
  void note_whole();
  void settle() noexcept;

  http::Exchange& exchange_;
  std::shared_ptr<inference::ServedModel> model_;  // the catalogue may drop the model while we wait
  std::shared_ptr<Listener> listener_;             // shared with the call, which may finish after we are gone
  std::shared_ptr<http::Signal> signal_;
  std::shared_ptr<runtime::Call> call_;                // null once moved from
  std::unique_ptr<inference::MirroredCall> mirrored_;  // null: nobody listens
  std::unique_ptr<AccessPass> pass_;                   // null: the host is open, or it was settled
  std::uint64_t deadline_ns_ = 0;
  bool has_answered_ = false;

  // Of a call that is charged.
  struct Use {
    std::vector<runtime::MeterTotal> totals;
    std::uint64_t bytes_out = 0;
  };
  Use taken_, delivered_;
  std::uint64_t bytes_in_ = 0;
  bool is_delivered_ = false;
  std::optional<std::uint64_t> entry_;  // once it is charged
};

// CLOCK_MONOTONIC deadline: the nearest of the request's timeout (us; absent: none) and the field x-stoa-timeout-ms, or
// the model's default when neither is given. invalid_argument for a field that is no number.
Result<std::uint64_t> deadline_of(const http::RequestHead& head, std::optional<std::uint64_t> timeout_us,
                                  const runtime::ModelSpec& spec);

// The W3C traceparent when well-formed, else empty: a malformed one starts no trace.
std::string_view traceparent_of(const http::RequestHead& head);

}  // namespace stoa::api
