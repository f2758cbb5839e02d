// snapshot_builder.hpp: from what is held to what admission reads. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "licensing/admission/access_snapshot.hpp"
#include "licensing/admission/quota_keeper.hpp"
#include "licensing/terms/holdings.hpp"
#include "licensing/terms/standing.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// Thread: one, the keeper's. Keeps by id what outlives a snapshot.
class SnapshotBuilder {
 public:
  explicit SnapshotBuilder(QuotaKeeper& quotas) : quotas_(quotas) {}

  // Errors: the quota store's. A licence whose terms do not hold (check_terms) is left out.
  Result<std::shared_ptr<const AccessSnapshot>> build(const Holdings& holdings, const HostFacts& host,
                                                      std::int64_t now_ms);

  // Of the customers of the last snapshot.
  const std::map<std::string, std::shared_ptr<CallCounts>, std::less<>>& counts() const { return counts_; }

 private:
  class Work;
  template <class Value>
  using ById = std::map<std::string, std::shared_ptr<Value>, std::less<>>;

  std::shared_ptr<RateLimiter> rate_of(const std::string& id, const std::optional<Rate>& terms);
  Result<PeriodMeters> meters_of(const std::string& id, const std::vector<Quota>& quotas, std::int64_t now_ms);

  QuotaKeeper& quotas_;
  ById<RateLimiter> rates_;
  ById<UnderWay> under_way_;
  ById<CallCounts> counts_;
  std::uint64_t number_ = 0;
};

}  // namespace stoa::licensing
