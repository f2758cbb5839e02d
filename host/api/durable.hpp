// durable.hpp: a handler that waits until what was appended to a journal is on the disk.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>

#include "host/http/exchange.hpp"
#include "licensing/journal/journal.hpp"

namespace stoa::api {

// Longer than any disk that still works takes.
inline constexpr std::uint64_t kDurableNs = 60'000'000'000;

// An answer on its way to the client that waits for what was appended before this was made: wait for the signal while
// it is pending, then ask what came of it. Thread: the exchange's.
class DurableReply {
 public:
  // journal: null, there is nothing to wait for.
  DurableReply(http::Exchange& exchange, licensing::Journal* journal);
  bool is_pending() const;
  http::Signal& signal() const;        // of one that was pending
  static std::uint64_t deadline_ns();  // CLOCK_MONOTONIC, from now
  bool is_durable() const;
  // Errors: unavailable "journal.failed": nobody knows what is on the disk; "journal.behind": it is not there in time;
  // cancelled "http.client_gone".
  Result<void> outcome(http::Waited waited) const;

 private:
  class Told;
  licensing::Journal* journal_;
  std::shared_ptr<Told> told_;  // the journal's, too, until it is told; null: it may leave
};

Error journal_failed();
Error journal_behind();

}  // namespace stoa::api
