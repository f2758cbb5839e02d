// answers_host.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/answers_host.hpp"

namespace stoa::app {

Result<std::unique_ptr<AnswersHost>> AnswersHost::open(const std::filesystem::path& folder, licensing::Journal& ledger,
                                                       Log& log) {
  std::unique_ptr<AnswersHost> host(new AnswersHost);
  auto answers = licensing::Answers::open({.folder = folder / "answers",
                                           .failed =
                                               [&log](const Error& error) {
                                                 log.write(Level::error, "idempotency.failed",
                                                           {{"reason", error.reason}, {"why", error.message}});
                                               }},
                                          ledger);
  if (!answers) return std::unexpected(answers.error());
  host->answers_ = std::move(*answers);
  host->gate_ = std::make_unique<api::IdempotencyGate>(api::IdempotencyGate::Parts{
      *host->answers_, ledger,
      [raw = host.get()](std::function<void()> job) { return raw->desk_.post(std::move(job)); }});
  return host;
}

std::vector<api::HostGauge> AnswersHost::gauges() const {
  std::vector<api::HostGauge> gauges = gate_->gauges();
  gauges.push_back({.name = "stoa_idempotency_keys_in_memory",
                    .help = "keys of calls that run, or were answered and are not in the index yet",
                    .value = static_cast<double>(answers_->in_memory())});
  return gauges;
}

}  // namespace stoa::app
