// access_keeper.hpp: the thread that keeps admission's snapshot true, and its reserves ahead.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "licensing/admission/admission.hpp"
#include "licensing/admission/quota_keeper.hpp"
#include "licensing/admission/snapshot_builder.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// Thread: its own calls all of them.
struct AccessSources {
  // Whether anything is other than at the last call: holdings, or what they are worth on this host.
  std::function<Result<bool>()> look;
  std::function<const Holdings&()> holdings;  // after look
  std::function<HostFacts()> host;            // the same
  std::function<std::int64_t()> unix_ns;
  std::function<std::uint64_t()> monotonic_ns;
  // Told of what went wrong; the snapshot before it goes on, and it is tried again.
  std::function<void(const Error&)> failed = [](const Error&) {};
  QuotaStore* quotas = nullptr;  // null: nothing of quotas outlives the process
};

// A change counts after at most kLookMs and the time a snapshot takes; at once where wake() tells of it.
class AccessKeeper {
 public:
  static constexpr std::int64_t kLookMs = 200;

  // Both outlive it. Builds the first snapshot before it returns, or says why it could not.
  static Result<std::unique_ptr<AccessKeeper>> start(Admission& admission, AccessSources sources);
  ~AccessKeeper() { stop(); }
  AccessKeeper(const AccessKeeper&) = delete;
  AccessKeeper& operator=(const AccessKeeper&) = delete;

  void wake();  // any thread, prompt
  // After the last call has ended: what was reserved and not used goes back. Once.
  void stop();

 private:
  AccessKeeper(Admission& admission, AccessSources sources)
      : admission_(admission), sources_(std::move(sources)), quotas_(sources_.quotas), builder_(quotas_) {}
  void run(const std::stop_token& stop);
  Result<void> look();
  Result<void> build();

  Admission& admission_;
  const AccessSources sources_;
  QuotaKeeper quotas_;
  SnapshotBuilder builder_;
  std::int64_t rebuild_at_ms_ = 0;

  std::mutex mutex_;
  std::condition_variable_any woken_;
  bool is_woken_ = false;  // Lock: mutex_
  std::jthread thread_;
};

}  // namespace stoa::licensing
