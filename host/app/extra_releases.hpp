// extra_releases.hpp: releases that a host holds because somebody asked for them, beyond those that its catalogue
// names: a few, the least recently used one gives way. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/rollout/traffic_plan.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// Threads: any.
class ExtraReleases {
 public:
  // When it was asked last (Unix time); nothing: it is not loaded. Any thread, prompt.
  using LastUsed = std::function<std::optional<std::int64_t>(const rollout::ReleaseId&)>;
  ExtraReleases(std::size_t most, LastUsed last_used) : most_(most), last_used_(std::move(last_used)) {}

  struct Answer {
    bool is_new = false;   // from now on it is wanted, and perhaps another one is not
    std::string gave_way;  // the model of the other one; empty: none did
  };
  // Somebody asks for it. Errors: unavailable "release.load_failed" with what it failed with, for half a minute;
  // unavailable "release.no_room": as many as there may be are being loaded.
  Result<Answer> ask(const rollout::ReleaseId& release, std::int64_t now_ms);
  // It cannot be loaded here. Nothing where nobody asked for it.
  bool fail(const rollout::ReleaseId& release, const Error& why, std::int64_t now_ms);
  void drop(const rollout::ReleaseId& release);
  std::vector<std::string> versions_of(const std::string& model) const;  // wanted ones
  std::vector<std::string> models() const;                               // with wanted ones; each once
  std::size_t count() const;

 private:
  struct Extra {
    rollout::ReleaseId release;
    std::int64_t asked_ms = 0;
    std::optional<Error> failed = {};
    std::int64_t failed_ms = 0;
  };
  Extra* find(const rollout::ReleaseId& release);  // Lock: mutex_

  const std::size_t most_;
  const LastUsed last_used_;
  mutable std::mutex mutex_;
  std::vector<Extra> extras_;  // Lock: mutex_
};

}  // namespace stoa::app
