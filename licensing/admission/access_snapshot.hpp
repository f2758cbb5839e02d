// access_snapshot.hpp: who may call what, as one immutable picture in memory: what admission reads.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/admission/quota_meter.hpp"
#include "licensing/admission/rate_limiter.hpp"
#include "licensing/terms/holdings.hpp"
#include "licensing/terms/standing.hpp"
#include "registry/versions/version_range.hpp"

namespace stoa::licensing {

// What a customer's calls came to, for the operator's metrics. Outlives snapshots.
struct CallCounts {
  std::atomic<std::uint64_t> admitted{0}, refused{0};
};

// Calls of one licence that are under way now. Outlives snapshots.
struct UnderWay {
  std::atomic<std::uint32_t> calls{0};
};

// What a licence is worth now, and from the next moment on when time changes it.
struct Verdicts {
  Standing now, later;
  std::int64_t changes_at_ms = INT64_MAX;
  const Standing& at(std::int64_t now_ms) const { return now_ms < changes_at_ms ? now : later; }
};

// A holder's quotas now, and from the end of a period on.
struct PeriodMeters {
  std::shared_ptr<const MeterSet> now, next;  // both may be null
  std::int64_t until_ms = INT64_MAX;
  const std::shared_ptr<const MeterSet>& at(std::int64_t now_ms) const {
    return now_ms < until_ms || !next ? now : next;
  }
};

struct LicenceAccess {
  std::string id;
  std::uint64_t seat_number = 0;  // of the id
  bool is_floating = false;
  std::uint32_t calls_at_once = 0;
  Policy on_quota = Policy::deny;
  Verdicts verdicts;
  std::shared_ptr<RateLimiter> rate;  // null: none
  std::shared_ptr<UnderWay> under_way;
  PeriodMeters meters;
  std::vector<Entitlement> entitlements;
  std::int64_t expires_ms = INT64_MAX;
};

struct CoverageAccess {
  std::string model;  // as in Coverage: "acme/vision", "acme/*"
  registry::VersionRange versions;
  bool takes_all = false;  // "*": pre-releases, too
  std::uint32_t licence = 0;
  bool admits(const registry::VersionKey& version) const { return takes_all || versions.admits(version); }
};

struct CustomerAccess {
  std::string id, name;
  std::uint64_t seat_number = 0;
  CustomerState state = CustomerState::active;
  std::vector<CoverageAccess> coverages;  // by model
  std::shared_ptr<CallCounts> counts;

  std::span<const CoverageAccess> covering(std::string_view pattern) const;
};

struct KeyAccess {
  Sha256 hash{};
  std::string id;
  std::uint32_t customer = 0;
  Scopes scopes = 0;
  bool is_revoked = false;
  std::int64_t rotated_until_ms = INT64_MAX, expires_ms = INT64_MAX;
  std::vector<std::string> models;
  std::shared_ptr<RateLimiter> rate;
  PeriodMeters budget;
  // Of a key that licence files name for several customers: the row of the next of them; kNoRow: there is none.
  static constexpr std::uint32_t kNoRow = UINT32_MAX;
  std::uint32_t next = kNoRow;

  bool is_for(std::string_view model) const;
};

// Invariant: never changes; any thread reads it. What does change is shared by snapshots that follow one another, by
// id, so that no call is forgotten because a licence was added.
class AccessSnapshot {
 public:
  std::int64_t revision = 0;       // of the book
  std::uint64_t number = 0;        // of this snapshot in this process, from 1
  std::int64_t built_ms = 0;       // Unix time
  std::int64_t rebuild_at_ms = 0;  // when time makes another one of it; INT64_MAX: never
  std::vector<LicenceAccess> licences;
  std::vector<CustomerAccess> customers;  // by id
  std::vector<KeyAccess> keys;

  // By one look-up; then whole hashes are compared in constant time. Null: no such key.
  const KeyAccess* find_key(const Sha256& hash) const noexcept;
  const CustomerAccess* find_customer(std::string_view id) const noexcept;
  // Of a key's rows, from the first on, the next that is for the model; null: none is.
  const KeyAccess* row_for(const KeyAccess* row, std::string_view model) const noexcept;
  // Whose customer calls the model with it, whatever its licences say.
  const KeyAccess& row_or_first(const KeyAccess& first, std::string_view model) const noexcept {
    if (first.next == KeyAccess::kNoRow) return first;
    const KeyAccess* const row = row_for(&first, model);
    return row == nullptr ? first : *row;
  }
  const KeyAccess* next_of(const KeyAccess& row) const noexcept {
    return row.next == KeyAccess::kNoRow ? nullptr : &keys[row.next];
  }

  void index();  // once, when the rows are in place

 private:
  std::vector<std::uint32_t> key_slots_;  // open addressing by the hash's first bytes; kNone: free
  static constexpr std::uint32_t kNone = UINT32_MAX;
};

}  // namespace stoa::licensing
