// licence_watch.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/licence_watch.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace stoa::app {
namespace {

bool is_refusal(const Result<void>& verdict) { return !verdict && verdict.error().code == Code::permission_denied; }

}  // namespace

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
    if (is_refusal(verdict)) continue;
    if (auto one = parts_.may_open(request); !one && (verdict || is_refusal(one))) verdict = std::move(one);
  }
  for (const auto& [release, verdict] : verdicts) {
    if (!is_to_change(release, verdict)) continue;
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

bool LicenceWatch::is_to_change(const rollout::ReleaseId& release, const Result<void>& verdict) {
  if (!verdict && !is_refusal(verdict)) {
    const Error& why = verdict.error();
    if (std::exchange(untold_[release], why.reason) != why.reason)
      parts_.log.write(
          Level::error, "release.licence_untold",
          {{"model", release.model}, {"version", release.version}, {"reason", why.reason}, {"why", why.message}});
    return false;
  }
  untold_.erase(release);
  // One that was not loaded for want of a licence may have got it before the first look.
  const auto known = is_open_.try_emplace(release, parts_.was_served(release).value_or(verdict.has_value())).first;
  return std::exchange(known->second, verdict.has_value()) != verdict.has_value();
}

}  // namespace stoa::app
