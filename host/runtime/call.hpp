// call.hpp: one request on its way through a model: the record the plugin sees, and the bounded channel its answer
// comes back through. The same object serves single answers and streams, in-process and worker instances.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/runtime/part.hpp"
#include "host/thread/wake_batch.hpp"
#include "stoa/error.hpp"

namespace stoa::runtime {

class Call;

struct MeterTotal {
  std::string meter;
  std::int64_t total_micro = 0;
};

// Told, on the thread that emits or finishes (a model thread, or the I/O thread for inline models), that take() or
// finished() has something new. Must be prompt and must not call into the Call's consumer side. Told once for what
// take() has not fetched yet, not once per emit; several threads may tell at the same time.
class CallListener {
 public:
  virtual void on_progress() noexcept = 0;

 protected:
  ~CallListener() = default;
};

// Told once per call, before its listener, when nobody works on it any more: it is finished and no plugin holds it.
class CallObserver {
 public:
  virtual void on_end(Call& call) noexcept = 0;

 protected:
  ~CallObserver() = default;
};

// For an instance that feeds a call from elsewhere and cannot block in wait_writable: told after a take() that made
// room where an emit had said STOA_WOULD_BLOCK. On the consumer's thread; must be prompt.
class CallFeeder {
 public:
  virtual void on_room(Call& call) noexcept = 0;

 protected:
  ~CallFeeder() = default;
};

struct CallSpec {
  std::string task, params_json, session, tenant, traceparent;
  std::string model;          // "publisher/model", for who is asked what the tenant's licence grants; empty: nobody is
  std::uint64_t licence = 0;  // which one, by the number of who admitted the call; 0: none
  std::uint64_t deadline_ns = 0;               // CLOCK_MONOTONIC; 0: none
  std::vector<InputPart> inputs;               // checked against the model's ports by the caller
  std::vector<std::string> outputs;            // empty: all
  std::uint32_t pending_parts_max = 64;        // a stream's emit says STOA_WOULD_BLOCK beyond either bound
  std::uint64_t pending_bytes_max = 1u << 20;  // one emit larger than this is taken when nothing is pending
  // False for a consumer that wants the whole answer at once: it is told at finish, and before that only when an emit
  // would block. Saves one wake-up of its thread per request.
  bool wants_progress = true;
};

// When it happened, CLOCK_MONOTONIC, for whoever queues and submits the call; 0: not yet.
struct CallTimes {
  std::uint64_t enqueued_ns = 0, submitted_ns = 0, ended_ns = 0;
};

// Threads: the plugin side (abi(), through the sink) is any thread; the consumer side is one thread at a time.
// Lifetime: shared between consumer and instance, because either may be the last to let go (a client that hung up, a
// plugin that finishes late). From launch until the plugin's finish the call also keeps itself alive, because the
// plugin holds its address.
class Call final : public std::enable_shared_from_this<Call> {
  struct Key {
    explicit Key() = default;  // only create() makes one
  };

 public:
  // listener may be null (poll with finished()).
  static std::shared_ptr<Call> create(CallSpec&& spec, std::shared_ptr<CallListener> listener);
  Call(Key, CallSpec&& spec, std::shared_ptr<CallListener> listener);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // -- consumer side --
  // All parts emitted since the last take; makes the channel writable again. totals: null, or what gets the meters as
  // they were when the last part that was ever taken was emitted.
  std::vector<OutputPart> take(std::vector<MeterTotal>* totals = nullptr);
  // finish was called, and every part emitted before it is visible to take().
  bool finished() const noexcept { return is_finished_.load(std::memory_order_acquire); }
  // Valid once finished(): nullopt for success.
  const std::optional<Error>& error() const noexcept { return error_; }
  std::vector<MeterTotal> meters() const;  // final once finished()
  // Sets the cancel word (first reason wins) and wakes a blocked wait_writable. Any thread.
  void cancel(Code why) noexcept;
  bool is_cancelled() const noexcept { return cancel_reason() != Code::ok; }
  Code cancel_reason() const noexcept;

  // -- instance side --
  const stoa_request* abi() const noexcept { return &request_; }
  stoa_request* abi() noexcept { return &request_; }
  static Call* of(const stoa_request& request) noexcept { return static_cast<Call*>(request.host); }
  std::uint64_t id() const noexcept { return request_.id; }
  std::uint64_t deadline_ns() const noexcept { return request_.deadline_ns; }
  const std::string& session() const noexcept { return spec_.session; }
  const CallSpec& spec() const noexcept { return spec_; }
  const std::shared_ptr<CallListener>& listener() const noexcept { return listener_; }
  // For a worker, where a call goes by the number the host gave it. Before it is submitted.
  void rename(std::uint64_t id) noexcept { request_.id = id; }
  std::uint32_t seat = 0;  // in the list of whoever queues it, and guarded by that list's lock
  bool is_listed = false;  // it was given one: set before the call is handed on
  CallTimes times;         // written by the queue and the model thread in front of the instance, before and at the end

  // Before it is queued or submitted. observer must live until it is told.
  void observe(CallObserver* observer) noexcept { observer_ = observer; }

  // The plugin holds it from here until its finish. meters: those its model declares; outstanding: counts the call
  // until it lands, and each payload until it is released. Both must live until then.
  void launch(std::span<const std::string> meters, Outstanding& outstanding);
  void feed_by(std::shared_ptr<CallFeeder> feeder);
  bool is_held() const noexcept;  // launched, and neither finished by the plugin nor refused
  // Ends a launched call that the plugin did not take after all (refused submit, dead worker). Ignored when it landed.
  void refuse(Error error) noexcept;
  // Finishes on the host's behalf (cancelled in the queue, deadline passed). Ignored when already finished; true when
  // it was us. A plugin that holds the call still owes its finish.
  bool finish(std::optional<Error> error) noexcept;

  // As ext/meter.h says; the meter "call" is the host's own.
  stoa_status set_meter(std::string_view meter, std::int64_t total_micro);

  // A misuse that was noticed elsewhere, counted as if it had been here.
  void add_misuse(std::string_view what) { note_misuse(STOA_OK, what); }
  // Misuse by the plugin (second finish, emit after finish, lying parts), and the first of them in words.
  std::uint32_t misuses() const noexcept { return misuses_.load(std::memory_order_relaxed); }
  std::string first_misuse() const;
  // Each misuse once, for whoever adds them up.
  std::uint32_t take_misuses() noexcept {
    return fresh_misuses_.load(std::memory_order_relaxed) == 0 ? 0
                                                               : fresh_misuses_.exchange(0, std::memory_order_relaxed);
  }

 private:
  // An input as the plugin reads it. Invariant: never moved, the record points into it and the spec.
  struct LentInput {
    stoa_part part{};
    const stoa_part* record = &part;  // what a list of one points to
    DLManagedTensorVersioned tensor{};
    stoa_strings strings{};
    std::array<std::int64_t, 8> few_strides;  // of the usual ranks
    std::vector<std::int64_t> more_strides;

    std::int64_t* strides(std::size_t rank);
  };

  static stoa_status emit(const stoa_request* req, stoa_part* const* parts, std::uint32_t n, std::uint32_t flags);
  static stoa_status wait_writable(const stoa_request* req, std::uint64_t deadline_ns);
  static void finish_from_plugin(const stoa_request* req, stoa_status status, const stoa_error* err);
  static const stoa_sink kSink;

  void lend_inputs();
  void lend_input(const InputPart& from, LentInput& to);
  stoa_status take_over(stoa_part* const* parts, std::uint32_t n);
  stoa_status wait_taken(std::uint64_t deadline_ns);
  bool set_cancel_word(Code why) noexcept;  // true when it was not set
  bool must_stop() noexcept;                // cancelled, or the deadline has passed, which then sets the word
  bool would_block(std::uint64_t more_parts, std::uint64_t more_bytes) const noexcept;
  void land(std::optional<Error> error, bool by_plugin) noexcept;
  stoa_status note_misuse(stoa_status status, std::string_view what);
  void count_misuse() noexcept {
    misuses_.fetch_add(1, std::memory_order_relaxed);
    fresh_misuses_.fetch_add(1, std::memory_order_relaxed);
  }
  void tell() noexcept {
    if (listener_ != nullptr) listener_->on_progress();
  }
  // While the plugin goes on, for however long: no wake of the consumer is put off.
  void tell_now() noexcept {
    tell();
    thread::WakeBatch::flush_of_this_thread();
  }

  const CallSpec spec_;
  const std::shared_ptr<CallListener> listener_;
  CallObserver* observer_ = nullptr;
  stoa_request request_{};
  LentInput first_input_;  // nearly always the only one
  std::unique_ptr<LentInput[]> more_inputs_;
  std::vector<const stoa_part*> input_records_;
  std::vector<stoa_str> output_names_;
  std::uint32_t cancel_word_ = 0;  // through std::atomic_ref; the plugin reads it as the ABI says
  std::span<const std::string> meters_declared_;

  mutable std::mutex mutex_;  // Lock: everything below, but the atomics; never held while plugin code runs
  std::condition_variable taken_;
  std::shared_ptr<CallFeeder> feeder_;
  std::vector<OutputPart> pending_;
  std::uint64_t pending_bytes_ = 0;
  bool is_blocked_ = false;    // an emit said WOULD_BLOCK, and nothing was taken since
  std::uint32_t waiting_ = 0;  // threads in wait_writable
  bool is_launched_ = false, is_landed_ = false;
  std::shared_ptr<Call> self_;  // while launched and not landed
  Outstanding* outstanding_ = nullptr;
  std::vector<MeterTotal> meters_, meters_emitted_;
  bool have_meters_moved_ = false;  // since meters_emitted_
  std::string first_misuse_, bad_part_;
  std::optional<Error> error_;  // constant once is_finished_
  std::atomic<bool> is_finished_{false};
  std::atomic<std::uint32_t> misuses_{0}, fresh_misuses_{0};  // all of them, those not taken
};

}  // namespace stoa::runtime
