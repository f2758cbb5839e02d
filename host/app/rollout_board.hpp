// rollout_board.hpp: this host's roll-outs for those who look at them: what runs here, and what the catalogue
// remembers of releases that do not. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "host/api/rollout_report.hpp"
#include "host/rollout/rollout.hpp"
#include "registry/catalogue/resolution_store.hpp"

namespace stoa::app {

// Threads: any.
class RolloutBoard {
 public:
  explicit RolloutBoard(const rollout::Rollout& rollout) : rollout_(rollout) {}

  void note(const registry::ResolutionChange& change);
  std::vector<api::ModelReport> report() const;  // by model

 private:
  const rollout::Rollout& rollout_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<registry::VerdictRecord>> verdicts_;  // Lock: mutex_; open ones, by model
};

}  // namespace stoa::app
