// licence_watch.hpp: releases with encrypted assets go when the licence that opened them does, and come back with it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/app/log.hpp"
#include "host/app/sealed_assets.hpp"
#include "host/rollout/rollout.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

struct LicenceWatchParts {
  std::function<std::vector<KeyRequest>()> releases;        // what was admitted so far, each of its keys
  std::function<Result<void>(const KeyRequest&)> may_open;  // a refusal is permission_denied; else nobody can tell now
  // Before the first look. Where roll-outs bring releases, what is not served may just be on its way: then nothing.
  std::function<std::optional<bool>(const rollout::ReleaseId&)> was_served;
  // It answers nothing new, and its memory is given back. No other release is touched.
  std::function<void(const rollout::ReleaseId&, const std::string& why)> end;
  std::function<void(const rollout::ReleaseId&)> serve;  // again, or for the first time; may be on its way then
  Log& log;
};

// Looks from construction until destruction, which waits for a load under way. Where nobody can tell whether a release
// may be open it stays as it is, and that is logged once.
class LicenceWatch {
 public:
  LicenceWatch(LicenceWatchParts parts, std::chrono::milliseconds interval);

 private:
  void look();
  const LicenceWatchParts parts_;
  bool is_to_change(const rollout::ReleaseId& release, const Result<void>& verdict);
  std::map<rollout::ReleaseId, bool> is_open_;        // as of the last look that could tell
  std::map<rollout::ReleaseId, std::string> untold_;  // since when it cannot: the reason
  std::jthread thread_;
};

}  // namespace stoa::app
