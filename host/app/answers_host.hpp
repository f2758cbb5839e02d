// answers_host.hpp: calls with an Idempotency-Key in this host: their answers' files, and the gate in front of calls.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <memory>
#include <vector>

#include "host/api/desk.hpp"
#include "host/api/idempotency_gate.hpp"
#include "host/api/metrics.hpp"
#include "host/app/log.hpp"
#include "licensing/idempotency/answers.hpp"
#include "licensing/journal/journal.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

class AnswersHost {
 public:
  // In folder/answers, and answers.db beside it. ledger and log outlive it. Errors: those of Answers::open.
  static Result<std::unique_ptr<AnswersHost>> open(const std::filesystem::path& folder, licensing::Journal& ledger,
                                                   Log& log);

  api::IdempotencyGate& gate() { return *gate_; }
  std::vector<api::HostGauge> gauges() const;
  // Once no call is under way.
  void stop() { desk_.close(api::Desk::Waiting::dropped); }

 private:
  AnswersHost() = default;
  std::unique_ptr<licensing::Answers> answers_;
  api::Desk desk_{2, 1'024};
  std::unique_ptr<api::IdempotencyGate> gate_;
};

}  // namespace stoa::app
