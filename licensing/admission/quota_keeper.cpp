// quota_keeper.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/admission/quota_keeper.hpp"

#include <algorithm>

namespace stoa::licensing {
namespace {

// A crash costs the customer at most what is reserved ahead: as many calls as came since the last look, twice, so that
// a steady stream never waits, and some for a quiet one.
constexpr std::uint64_t kAheadMin = 16;
constexpr std::uint64_t kMicro = 1'000'000;

std::uint64_t amount_of(const Quota& quota) {
  if (quota.meter == "call") return quota.amount;
  return quota.amount > static_cast<std::uint64_t>(INT64_MAX) / kMicro ? INT64_MAX : quota.amount * kMicro;
}

}  // namespace

Result<QuotaKeeper::Kept*> QuotaKeeper::find(const QuotaName& name, std::uint64_t amount) {
  if (const auto at = kept_.find(name); at != kept_.end()) {
    at->second.meter->set_amount(amount);
    return &at->second;
  }
  std::uint64_t used = 0;
  if (store_ != nullptr) {
    const auto reserved = store_->reserved(name);
    if (!reserved) return std::unexpected(reserved.error());
    used = *reserved;
  }
  Kept kept{std::make_shared<QuotaMeter>(amount, used), used, used, name.meter == "call"};
  return &kept_.emplace(name, std::move(kept)).first->second;
}

Result<std::shared_ptr<const MeterSet>> QuotaKeeper::open(const std::string& holder, const std::vector<Quota>& quotas,
                                                          std::int64_t at_ms) {
  if (quotas.empty()) return nullptr;
  auto set = std::make_shared<MeterSet>();
  for (const Quota& quota : quotas) {
    const std::int64_t start_ms = start_of_period(quota.period, at_ms);
    const auto kept = find({holder, quota.meter, start_ms}, amount_of(quota));
    if (!kept) return std::unexpected(kept.error());
    set->rows.push_back(
        {quota.meter, quota.period, start_ms, end_of_period(quota.period, at_ms).value_or(INT64_MAX), (*kept)->meter});
  }
  for (const MeterSet::Row& row : set->rows) {
    if (row.meter != "call") continue;
    set->calls = row.count.get();
    set->calls_row = &row;
  }
  return set;
}

std::uint64_t QuotaKeeper::mark_of(const Kept& kept) {
  const std::uint64_t used = kept.meter->used();
  if (!kept.is_of_calls) return std::max(used, kept.marked);
  const std::uint64_t came = used - std::min(used, kept.used_then);
  const std::uint64_t ahead = std::max(kAheadMin, came * 2);
  // Nothing new before half of it is gone: not one write a look.
  if (kept.marked >= used + ahead / 2) return kept.marked;
  return std::max(kept.marked, std::min(used + ahead, std::max(used, kept.meter->amount())));
}

Result<void> QuotaKeeper::write(const std::vector<std::pair<const QuotaName*, std::uint64_t>>& marks) {
  if (store_ == nullptr || marks.empty()) return {};
  std::vector<QuotaMark> rows;
  rows.reserve(marks.size());
  for (const auto& [name, amount] : marks) rows.push_back({*name, amount});
  return store_->reserve(rows);
}

Result<bool> QuotaKeeper::refill() {
  std::vector<std::pair<const QuotaName*, std::uint64_t>> marks;
  for (const auto& [name, kept] : kept_)
    if (const std::uint64_t mark = mark_of(kept); mark != kept.marked) marks.emplace_back(&name, mark);
  if (auto written = write(marks); !written) return std::unexpected(written.error());
  for (const auto& [name, mark] : marks) {
    Kept& kept = kept_.find(*name)->second;
    kept.marked = mark;
    kept.meter->raise_reserved(mark);
  }
  for (auto at = kept_.begin(); at != kept_.end();) {
    at->second.used_then = at->second.meter->used();
    // Of a period that is over, or of a holder that is gone, and no call is left that could change it.
    at = at->second.meter.use_count() == 1 ? kept_.erase(at) : std::next(at);
  }
  return !marks.empty();
}

Result<void> QuotaKeeper::settle() {
  std::vector<std::pair<const QuotaName*, std::uint64_t>> marks;
  for (const auto& [name, kept] : kept_)
    if (const std::uint64_t used = kept.meter->used(); used != kept.marked) marks.emplace_back(&name, used);
  return write(marks);
}

}  // namespace stoa::licensing
