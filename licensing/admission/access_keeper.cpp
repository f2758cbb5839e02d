// access_keeper.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/admission/access_keeper.hpp"

#include <chrono>

namespace stoa::licensing {

Result<std::unique_ptr<AccessKeeper>> AccessKeeper::start(Admission& admission, AccessSources sources) {
  std::unique_ptr<AccessKeeper> keeper(new AccessKeeper(admission, std::move(sources)));
  admission.wake = [raw = keeper.get()] { raw->wake(); };
  if (auto looked = keeper->sources_.look(); !looked) return std::unexpected(looked.error());
  if (auto built = keeper->build(); !built) return std::unexpected(built.error());
  keeper->thread_ = std::jthread([raw = keeper.get()](const std::stop_token& stop) { raw->run(stop); });
  return keeper;
}

void AccessKeeper::wake() {
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  woken_.notify_one();
}

void AccessKeeper::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  admission_.wake = [] {};
  admission_.refilled();
  if (auto settled = quotas_.settle(); !settled) sources_.failed(settled.error());
}

Result<void> AccessKeeper::build() {
  const std::int64_t unix_ns = sources_.unix_ns();
  admission_.set_unix_offset(unix_ns - static_cast<std::int64_t>(sources_.monotonic_ns()));
  auto built = builder_.build(sources_.holdings(), sources_.host(), unix_ns / 1'000'000);
  if (!built) return std::unexpected(built.error());
  // Before anybody calls: what is new has its first part reserved.
  if (auto refilled = quotas_.refill(); !refilled) return std::unexpected(refilled.error());
  rebuild_at_ms_ = (*built)->rebuild_at_ms;
  admission_.publish(std::move(*built));
  return {};
}

Result<void> AccessKeeper::look() {
  const std::int64_t unix_ns = sources_.unix_ns();
  admission_.set_unix_offset(unix_ns - static_cast<std::int64_t>(sources_.monotonic_ns()));
  const auto changed = sources_.look();
  if (!changed) return std::unexpected(changed.error());
  if (*changed || unix_ns / 1'000'000 >= rebuild_at_ms_) return build();
  if (auto refilled = quotas_.refill(); !refilled) return std::unexpected(refilled.error());
  return {};
}

void AccessKeeper::run(const std::stop_token& stop) {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, stop, std::chrono::milliseconds(kLookMs), [this] { return is_woken_; });
      is_woken_ = false;
    }
    if (stop.stop_requested()) return;
    if (const auto looked = look(); !looked)
      sources_.failed(looked.error());
    else
      admission_.refilled();
  }
}

}  // namespace stoa::licensing
