// judgement.cpp SPDX-License-Identifier: Apache-2.0
#include "host/rollout/judgement.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace stoa::rollout {
namespace {

using inference::kLatencyBoundsNs;
using inference::LatencySnapshot;
using inference::ModelStatistics;

constexpr double kZ = 3.29;  // one-sided 0.0005 of the normal distribution

struct Interval {
  double share = 0, low = 0, high = 1;
};

// Wilson, 1927: the shares that hits of n do not speak against.
Interval wilson(std::uint64_t hits, std::uint64_t n) {
  if (n == 0) return {};
  const double count = static_cast<double>(n), share = static_cast<double>(hits) / count, z2 = kZ * kZ;
  const double middle = (share + z2 / (2 * count)) / (1 + z2 / count);
  const double half = kZ / (1 + z2 / count) * std::sqrt(share * (1 - share) / count + z2 / (4 * count * count));
  return {share, std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

// Newcombe, 1998, method 10: the least by which a's share is above b's.
double difference_low(const Interval& a, const Interval& b) {
  const double down = a.share - a.low, up = b.high - b.share;
  return a.share - b.share - std::sqrt(down * down + up * up);
}

std::uint64_t total(const LatencySnapshot& latency) {
  std::uint64_t n = 0;
  for (const std::uint64_t count : latency.counts) n += count;
  return n;
}

std::uint64_t count_above(const LatencySnapshot& latency, std::size_t bound) {
  std::uint64_t n = 0;
  for (std::size_t i = bound + 1; i < latency.counts.size(); ++i) n += latency.counts[i];
  return n;
}

std::uint64_t failed_of(const ModelStatistics& s) {
  return s.fail_count - std::min(s.fail_count, s.cancelled_count) + s.deadline_count + s.rejected_count;
}

// Counters are read one after the other while calls end: a difference may be short by what ended in between.
std::uint64_t minus(std::uint64_t to, std::uint64_t from) { return to > from ? to - from : 0; }

template <class... Args>
std::string words(const char* format, Args... args) {
  char text[320];
  std::snprintf(text, sizeof(text), format, args...);
  return text;
}

unsigned long long u(std::uint64_t n) { return n; }

Judgement judge_latency(const Performance& stable, const Performance& release, const RollbackLimits& limits,
                        Judgement so_far) {
  const double p99 = p99_ns(stable.latency);
  const auto* const at = std::ranges::lower_bound(kLatencyBoundsNs, p99 * limits.p99_ratio_max, {},
                                                  [](std::uint64_t bound) { return static_cast<double>(bound); });
  if (at == kLatencyBoundsNs.end()) return so_far;  // beyond what is measured
  const std::uint64_t n = total(release.latency);
  const std::uint64_t slow = count_above(release.latency, static_cast<std::size_t>(at - kLatencyBoundsNs.begin()));
  const Interval share = wilson(slow, n);
  so_far.numbers +=
      words("; p99 %.3f ms against %.3f ms, %llu of %llu above %.3f ms, at least %.2f %% (limit 1 %%)",
            p99_ns(release.latency) / 1e6, p99 / 1e6, u(slow), u(n), static_cast<double>(*at) / 1e6, share.low * 100);
  if (n < limits.requests_min || share.low <= 0.01) return so_far;
  so_far.finding = Finding::worse;
  so_far.reason = "rollout.latency";
  return so_far;
}

}  // namespace

Performance performance_between(const ModelStatistics& from, const ModelStatistics& to) {
  Performance seen;
  seen.failed = minus(failed_of(to), failed_of(from));
  seen.requests = minus(to.success_count, from.success_count) + seen.failed;
  for (std::size_t i = 0; i < seen.latency.counts.size(); ++i)
    seen.latency.counts[i] = minus(to.total_latency.counts[i], from.total_latency.counts[i]);
  seen.latency.sum_ns = minus(to.total_latency.sum_ns, from.total_latency.sum_ns);
  return seen;
}

double p99_ns(const LatencySnapshot& latency) {
  const double rank = 0.99 * static_cast<double>(total(latency));
  double below = 0;
  for (std::size_t i = 0; i < latency.counts.size(); ++i) {
    const double count = static_cast<double>(latency.counts[i]);
    if (count == 0 || below + count < rank) {
      below += count;
      continue;
    }
    if (i == kLatencyBoundsNs.size()) break;
    const double low = i == 0 ? 0 : static_cast<double>(kLatencyBoundsNs[i - 1]);
    return low + (static_cast<double>(kLatencyBoundsNs[i]) - low) * std::max(0.0, rank - below) / count;
  }
  return rank > 0 ? HUGE_VAL : 0;
}

Judgement judge(const Performance& stable, const Performance& release, const RollbackLimits& limits) {
  Judgement found;
  found.numbers = words("%llu of %llu failed against %llu of %llu", u(release.failed), u(release.requests),
                        u(stable.failed), u(stable.requests));
  if (stable.requests < limits.requests_min || release.requests < limits.requests_min) {
    found.numbers += words(", at least %llu of each are needed", u(limits.requests_min));
    return found;
  }
  found.finding = Finding::fine;
  const double more = difference_low(wilson(release.failed, release.requests), wilson(stable.failed, stable.requests));
  const double margin = limits.error_margin_ppm / 1e6;
  found.numbers += words(", at least %.2f points more (limit %.2f)", more * 100, margin * 100);
  if (more > margin) {
    found.finding = Finding::worse;
    found.reason = "rollout.errors";
    return found;
  }
  return limits.p99_ratio_max == 0 ? found : judge_latency(stable, release, limits, std::move(found));
}

}  // namespace stoa::rollout
