// release.hpp: one release of one model on this host, and the states it goes through.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "host/inference/served_model.hpp"

namespace stoa::rollout {

// waiting -> loading -> warming -> proving -> ready, which is loaded and perhaps reachable by exact version; from there
// what the plan makes of it: shadowing, shifting (on trial), serving (stable), and back to ready. When nobody wants it
// any more: draining -> ended, from where it may be loaded again. failed, rolled_back and revoked are verdicts: such a
// release answers nothing new; the first two can be forgiven.
enum class ReleaseState : std::uint8_t {
  waiting,
  loading,
  warming,
  proving,
  ready,
  shadowing,
  shifting,
  serving,
  draining,
  ended,
  failed,
  rolled_back,
  revoked
};
std::string_view name_of(ReleaseState state);
bool is_legal(ReleaseState from, ReleaseState to);
bool is_verdict(ReleaseState state);  // failed, rolled_back, revoked

// Values; guarded by whoever has them.
struct Release {
  std::string version;
  ReleaseState state = ReleaseState::waiting;
  std::string reason;  // of a verdict: the reason's word, and the numbers
  // The owner's pointer. Invariant: kept until nobody else has one, because a served model is not destroyed on the
  // thread of whoever happens to be the last.
  std::shared_ptr<inference::ServedModel> model;
  std::weak_ptr<inference::ServedModel> lent;
  std::uint64_t unwanted_since_ns = 0, unready_since_ns = 0;  // 0: it is not
  bool is_drained = false, is_in_work = false;                // in_work: a job of it is under way
  bool is_withheld = false;  // may not be here for now, whatever a plan says: see Rollout::withhold

  // What is handed out: one pointer counts everybody who has it, apart from the owner's.
  std::shared_ptr<inference::ServedModel> lend();
  bool is_lent() const { return !lent.expired(); }
  bool is_up() const { return model != nullptr && state >= ReleaseState::ready && state <= ReleaseState::serving; }
  // May be given new work.
  bool is_usable() const { return is_up() && !is_withheld; }
};

}  // namespace stoa::rollout
