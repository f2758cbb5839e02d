// own_verdicts.hpp: what a host that follows took back by itself, for as long as the registry says nothing else.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "registry/catalogue/resolution_store.hpp"
#include "registry/catalogue/rollout_record.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

struct OwnVerdict {
  registry::VerdictRecord record = {};  // its id is below 0: none of the registry's
  std::string rollout = {};             // that was under way when it was found; empty: none
  std::int64_t known_id = 0;            // of the registry's last verdict on the release then; 0: there was none
  bool is_for_all = false;              // the registry is to hear of it
  bool is_told = false;                 // it has
};

// Kept in a file, so that a restart does not try a bad release again. Threads: one at a time.
class OwnVerdicts {
 public:
  // Where the file is not there: none. data_loss "follow.verdicts": it holds something else.
  static Result<OwnVerdicts> open(std::filesystem::path file);

  // One on each release. An Error leaves it in memory: the file cannot be written for now.
  Result<void> add(OwnVerdict verdict);
  Result<void> note_told(const std::string& model, const std::string& version);
  // Over what changed of the registry's state, of whose models alone something is added. A later verdict of the
  // registry on the release counts instead, and another roll-out of it forgives: somebody wants it tried again. Else it
  // is barred, and no roll-out of it is under way here.
  Result<void> lay_over(registry::ResolutionChange& change, std::int64_t now_ms);
  const std::vector<OwnVerdict>& open_ones() const { return open_; }

 private:
  explicit OwnVerdicts(std::filesystem::path file) : file_(std::move(file)) {}
  Result<void> write() const;

  std::filesystem::path file_;
  std::vector<OwnVerdict> open_;
  std::vector<registry::VerdictRecord> forgiven_;  // since the start: who serves has to hear of each
  std::int64_t last_id_ = 0;
};

}  // namespace stoa::app
