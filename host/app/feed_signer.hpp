// feed_signer.hpp: signs what changed in this host's catalogue, beside the requests that change it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "host/app/log.hpp"
#include "registry/feed/catalogue_feed.hpp"
#include "registry/feed/signing_clock.hpp"
#include "registry/publishing/publishing.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// Threads: changed() and standing() any; one of its own reads the catalogue, signs, and keeps the timestamp young.
class FeedSigner {
 public:
  struct Parts {
    registry::Publishing& publishing;
    registry::FeedOptions options;
    Log& log;
    std::function<void()> told;  // other metadata is there; its own thread
  };
  explicit FeedSigner(Parts parts) : parts_(std::move(parts)) {}
  ~FeedSigner() { stop(); }

  // Makes keys and repository where there are none: the first time takes as long as 256 small files do.
  Result<void> open();
  void start();
  void changed();
  void stop();

  struct Standing {
    std::uint64_t version = 0;  // of the timestamp
    std::int64_t expires_s = 0;
    bool is_failing = false;  // the last attempt to sign did not succeed
  };
  Standing standing() const;

 private:
  void run();
  bool sign();
  registry::TufTime now();  // its thread's, or before that
  void note(bool is_failing);

  const Parts parts_;
  std::optional<registry::CatalogueFeed> feed_;  // after open() its thread's alone, as the two below
  std::optional<registry::SigningClock> clock_;
  bool is_clock_behind_ = false;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  bool is_changed_ = true, is_stopped_ = false;  // Lock: mutex_
  Standing standing_;                            // Lock: mutex_
};

}  // namespace stoa::app
