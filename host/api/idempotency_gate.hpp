// idempotency_gate.hpp: calls with an Idempotency-Key: asked of the answers first, and run once.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "host/api/call_key.hpp"
#include "host/api/keyed_exchange.hpp"
#include "host/api/metrics.hpp"
#include "licensing/idempotency/answers.hpp"

namespace stoa::api {

// Semantics: docs/reference/http-v2.md, after draft-ietf-httpapi-idempotency-key-header-07.
// Threads: any. Lifetime: outlives the server; what it refers to outlives it.
class IdempotencyGate {
 public:
  // post: runs a job on a thread that may wait for a disk; false: there are too many already.
  struct Parts {
    licensing::Answers& answers;
    licensing::Journal& ledger;
    std::function<bool(std::function<void()> job)> post;
    std::uint64_t durable_wait_ns = kDurableNs;  // until a client is told that the disk is behind
  };
  explicit IdempotencyGate(Parts parts) : parts_(std::move(parts)) {}

  // Reads the body, and either answers what is known of the key or lets run() answer, with an exchange in front of this
  // one. customer: whose key was shown.
  using Run = std::function<http::Task<void>(http::Exchange&)>;
  http::Task<void> serve(http::Exchange& exchange, std::string customer, std::string key, http::BodyLimits limits,
                         Run run);

  std::vector<HostGauge> gauges() const;

 private:
  struct Asked;
  http::Task<Result<void>> ask(http::Exchange& exchange, std::shared_ptr<Asked> asked);
  void look_up(Asked& asked);
  http::Response answer_to(const Asked& asked);

  const Parts parts_;
  std::atomic<std::uint64_t> run_{0}, replayed_{0}, running_{0}, other_body_{0}, not_kept_{0};
};

}  // namespace stoa::api
