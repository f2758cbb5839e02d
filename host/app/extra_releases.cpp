// extra_releases.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/extra_releases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace stoa::app {
namespace {

constexpr std::int64_t kFailedMs = 30'000;  // then the next one who asks has it tried again

}  // namespace

ExtraReleases::Extra* ExtraReleases::find(const rollout::ReleaseId& release) {
  const auto at = std::ranges::find(extras_, release, &Extra::release);
  return at == extras_.end() ? nullptr : &*at;
}

Result<ExtraReleases::Answer> ExtraReleases::ask(const rollout::ReleaseId& release, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  std::erase_if(extras_, [&](const Extra& one) { return one.failed && now_ms - one.failed_ms >= kFailedMs; });
  if (Extra* const known = find(release)) {
    known->asked_ms = now_ms;
    if (!known->failed) return Answer{};
    Error error{Code::unavailable, "release.load_failed",
                fmt::format("{} {} does not load here: {}", release.model, release.version, known->failed->message),
                static_cast<std::uint32_t>(known->failed_ms + kFailedMs - now_ms)};
    return std::unexpected(std::move(error));
  }
  Answer answer{.is_new = true, .gave_way = {}};
  const auto wanted =
      static_cast<std::size_t>(std::ranges::count_if(extras_, [](const Extra& one) { return !one.failed; }));
  if (wanted >= most_) {
    // What still loads has somebody who waits for it.
    auto oldest = extras_.end();
    std::int64_t oldest_ms = 0;
    for (auto one = extras_.begin(); one != extras_.end(); ++one) {
      const auto used_ms = one->failed ? std::nullopt : last_used_(one->release);
      if (!used_ms) continue;
      const std::int64_t last_ms = std::max(*used_ms, one->asked_ms);
      if (oldest != extras_.end() && last_ms >= oldest_ms) continue;
      oldest = one;
      oldest_ms = last_ms;
    }
    if (oldest == extras_.end())
      return std::unexpected(
          Error{Code::unavailable, "release.no_room",
                fmt::format("{} {} is not loaded, and {} others that somebody asked for are being loaded, limit is {}",
                            release.model, release.version, wanted, most_),
                2'000});
    answer.gave_way = oldest->release.model;
    extras_.erase(oldest);
  }
  extras_.push_back({.release = release, .asked_ms = now_ms});
  return answer;
}

bool ExtraReleases::fail(const rollout::ReleaseId& release, const Error& why, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  Extra* const known = find(release);
  if (known == nullptr || known->failed) return false;
  known->failed = why;
  known->failed_ms = now_ms;
  return true;
}

void ExtraReleases::drop(const rollout::ReleaseId& release) {
  const std::lock_guard lock(mutex_);
  std::erase_if(extras_, [&](const Extra& one) { return one.release == release; });
}

std::vector<std::string> ExtraReleases::versions_of(const std::string& model) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> versions;
  for (const Extra& one : extras_)
    if (!one.failed && one.release.model == model) versions.push_back(one.release.version);
  return versions;
}

std::vector<std::string> ExtraReleases::models() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> models;
  for (const Extra& one : extras_)
    if (!one.failed) models.insert(one.release.model);
  return {models.begin(), models.end()};
}

std::size_t ExtraReleases::count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count_if(extras_, [](const Extra& one) { return !one.failed; }));
}

}  // namespace stoa::app
