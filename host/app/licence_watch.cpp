// licence_watch.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/licence_watch.hpp"

#include <condition_variable>
#include <mutex>

namespace stoa::app {

LicenceWatch::LicenceWatch(LicenceWatchParts parts, std::chrono::milliseconds interval)
    : parts_(std::move(parts)), thread_([this, interval](std::stop_token stop) {
        std::mutex mutex;
        std::condition_variable_any pause;
        for (std::unique_lock lock(mutex);
             !pause.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); });)
          look();
      }) {}

void LicenceWatch::look() {
  std::map<rollout::ReleaseId, Result<void>> verdicts;
  for (const KeyRequest& request : parts_.releases()) {
    Result<void>& verdict = verdicts[{request.model, request.version}];  // a release may need several keys
    if (verdict) verdict = parts_.may_open(request);
  }
  for (const auto& [release, verdict] : verdicts) {
    // One that was not loaded for want of a licence may have got it before the first look.
    const auto known = is_open_.try_emplace(release, parts_.was_served(release).value_or(verdict.has_value())).first;
    if (known->second == verdict.has_value()) continue;
    known->second = verdict.has_value();
    if (!verdict) {
      parts_.log.write(Level::warn, "release.unlicensed",
                       {{"model", release.model},
                        {"version", release.version},
                        {"reason", verdict.error().reason},
                        {"why", verdict.error().message}});
      parts_.end(release, verdict.error().reason);
      continue;
    }
    parts_.serve(release);
    parts_.log.write(Level::info, "release.licensed", {{"model", release.model}, {"version", release.version}});
  }
}

}  // namespace stoa::app
