// quota_keeper.hpp: reserves of each quota ahead of the calls, so that admission need not wait for a disk.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "licensing/admission/quota_meter.hpp"
#include "licensing/admission/quota_store.hpp"
#include "licensing/terms/limit.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// Thread: one, the keeper's.
class QuotaKeeper {
 public:
  // store: may be null, where nothing outlives the process.
  explicit QuotaKeeper(QuotaStore* store) : store_(store) {}

  // The holder's quotas in the period that at_ms lies in; meters that are known go on. Null without quotas.
  Result<std::shared_ptr<const MeterSet>> open(const std::string& holder, const std::vector<Quota>& quotas,
                                               std::int64_t at_ms);
  // Reserves ahead what runs short; keeps what other meters have come to. True: something was reserved.
  Result<bool> refill();
  // At an orderly stop: what was reserved and not used goes back.
  Result<void> settle();

 private:
  struct Kept {
    std::shared_ptr<QuotaMeter> meter;
    std::uint64_t marked = 0;     // what stands in the store
    std::uint64_t used_then = 0;  // at the last refill
    bool is_of_calls = false;
  };
  Result<Kept*> find(const QuotaName& name, std::uint64_t amount);
  static std::uint64_t mark_of(const Kept& kept);
  Result<void> write(const std::vector<std::pair<const QuotaName*, std::uint64_t>>& marks);

  QuotaStore* store_;
  std::map<QuotaName, Kept> kept_;
};

}  // namespace stoa::licensing
