// trusted_time.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/document/trusted_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "licensing/terms/standing.hpp"
#include "registry/document/staging.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kTimeBytesMax = 4096;
constexpr std::size_t kTextAt = 11, kTextLength = 24;  // of the time in the file

std::string text_of(std::int64_t ms) { return fmt::format("{{\"latest\":\"{}\"}}\n", registry::utc_text(ms)); }

// Nothing: there is no such file.
Result<std::optional<std::int64_t>> read_file(const std::filesystem::path& file) {
  const auto text = registry::read_small_file(file, kTimeBytesMax);
  if (!text && text.error().code == Code::not_found) return std::nullopt;
  if (!text) return std::unexpected(text.error());
  const auto ms = text->size() > kTextAt ? registry::utc_ms_of(text->substr(kTextAt, kTextLength)) : std::nullopt;
  if (ms && text_of(*ms) == *text) return ms;
  return failure(Code::data_loss, "trusted_time.file",
                 fmt::format("{} was changed or damaged: remove it, and set the clock right before the next start",
                             file.string()));
}

void raise(std::optional<std::int64_t>& floor_ms, std::int64_t ms) { floor_ms = std::max(floor_ms.value_or(ms), ms); }

}  // namespace

Result<TrustedTime> TrustedTime::open(std::filesystem::path file) {
  const auto kept = read_file(file);
  if (!kept) return std::unexpected(kept.error());
  TrustedTime time(std::move(file));
  time.floor_ms_ = time.kept_ms_ = *kept;
  return time;
}

void TrustedTime::note(std::int64_t signed_ms) {
  raise(floor_ms_, std::clamp<std::int64_t>(signed_ms, 0, registry::kUtcMaxMs));
}

ClockReading TrustedTime::read(const ClockPair& now) {
  const std::int64_t wall_ms = std::clamp<std::int64_t>(now.wall_ms, 0, registry::kUtcMaxMs);
  const bool is_behind = is_clock_behind({.node = {}, .trusted_floor_ms = floor_ms_}, wall_ms);
  ClockReading reading{.is_behind = is_behind, .is_new = is_behind != was_behind_, .floor_ms = 0, .forward_ms = 0};
  if (last_) {
    const std::int64_t jump_ms = (wall_ms - last_->wall_ms) - (now.steady_ms - last_->steady_ms);
    if (jump_ms > kClockToleranceMs) reading.forward_ms = jump_ms;
  }
  last_ = {wall_ms, now.steady_ms};
  was_behind_ = is_behind;
  raise(floor_ms_, wall_ms);
  reading.floor_ms = *floor_ms_;
  return reading;
}

bool TrustedTime::is_due(bool is_urgent) const {
  return floor_ms_ && (!kept_ms_ || *floor_ms_ - *kept_ms_ >= (is_urgent ? 1 : kKeepEveryMs));
}

Result<void> TrustedTime::keep(bool is_urgent) {
  if (!is_due(is_urgent)) return {};
  // Another process may have kept a later one.
  const auto there = read_file(file_);
  if (!there) return std::unexpected(there.error());
  if (*there) raise(floor_ms_, **there);
  const std::string text = text_of(*floor_ms_);
  auto staging = registry::StagingFile::create(file_, 0600);
  if (!staging) return std::unexpected(staging.error());
  if (auto written = registry::write_all(staging->file(), std::as_bytes(std::span(text))); !written) return written;
  if (auto published = staging->publish(); !published) return published;
  kept_ms_ = floor_ms_;
  return {};
}

}  // namespace stoa::licensing
