// exchange.hpp: one request as a host really serves it: guarded record, sink, back-pressure, cancel word, and a
// protocol of everything the plugin did. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sdk/check/guarded.hpp"
#include "sdk/check/value.hpp"
#include "stoa/error.hpp"
#include "stoa/stoa.h"

namespace stoa::check {

// How the consumer of this request behaves.
enum class Consumer {
  prompt,   // every emit is taken at once
  slow,     // every emit is refused once with STOA_WOULD_BLOCK, then wait_writable lets it through
  stalled,  // nothing is taken: emits would block, until the request is cancelled
};

struct ExchangeSpec {
  std::vector<Value> inputs;
  std::string task, params_json, session;
  std::vector<std::string> outputs;  // wanted; empty: all
  std::uint64_t deadline_ns = 0;
  Consumer consumer = Consumer::prompt;
  RecordLength length = RecordLength::exact;
};

// What came of a request.
struct Answer {
  stoa_status status = STOA_OK;
  std::optional<Error> error;
  std::vector<std::vector<Value>> emits;  // in order
  std::map<std::string, std::int64_t> meters;

  std::vector<Value> parts() const;  // all emits in one list
};

// Threads: the sink is any thread's; the rest is one thread's at a time.
class Exchange {
 public:
  explicit Exchange(ExchangeSpec spec);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  stoa_request* abi() const { return record_->get(); }
  // Sets the cancel word and wakes a blocked wait_writable.
  void cancel(stoa_status why);
  // False when no finish came in time.
  bool wait_finished(std::chrono::milliseconds at_most);
  // True when the plugin came to wait for this consumer, within the time.
  bool wait_blocked(std::chrono::milliseconds at_most);
  // Valid once finished.
  Answer answer() const;
  // What the plugin did against the rules, as sentences.
  std::vector<std::string> faults() const;

  // For the meter extension: the exchange behind a request the plugin names.
  static Exchange& of(const stoa_request* request);
  stoa_status set_meter(std::string_view meter, std::int64_t total_micro);

 private:
  static stoa_status emit(const stoa_request* request, stoa_part* const* parts, std::uint32_t n, std::uint32_t flags);
  static stoa_status wait_writable(const stoa_request* request, std::uint64_t deadline_ns);
  static void finish(const stoa_request* request, stoa_status status, const stoa_error* err);
  stoa_status on_emit(stoa_part* const* parts, std::uint32_t n, std::uint32_t flags);
  stoa_status on_wait_writable(std::uint64_t deadline_ns);
  void on_finish(stoa_status status, const stoa_error* err);

  static const stoa_sink kSink;
  const ExchangeSpec spec_;
  Inputs inputs_;
  std::vector<stoa_str> outputs_;
  std::uint32_t cancel_ = 0;  // accessed atomically, as in shared memory
  std::optional<GuardedRecord<stoa_request>> record_;

  mutable std::mutex mutex_;  // Lock: everything below
  std::condition_variable changed_;
  bool may_emit_ = false;  // a slow consumer has caught up
  bool is_waiting_ = false;
  std::uint32_t finishes_ = 0;
  Answer answer_;
  std::vector<std::string> faults_;
};

std::uint64_t now_ns();  // CLOCK_MONOTONIC

}  // namespace stoa::check
