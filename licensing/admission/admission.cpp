// admission.cpp: who calls, and how a thread finds the newest snapshot. SPDX-License-Identifier: Apache-2.0
#include "licensing/admission/admission.hpp"

#include <algorithm>
#include <utility>

#include "licensing/terms/api_key.hpp"
#include "licensing/terms/lease.hpp"

namespace stoa::licensing {
namespace {

std::atomic<std::uint64_t> last_id{0};

constexpr std::uint32_t kNoKey = UINT32_MAX;

}  // namespace

CallerMemo read_shown(const ShownCredentials& shown) noexcept {
  CallerMemo memo;
  memo.is_read = true;
  memo.flaw = shown.flaw;
  if (shown.flaw == Refusal::none && !is_well_formed_api_key(shown.key)) memo.flaw = Refusal::key_malformed;
  if (memo.flaw == Refusal::none) memo.key = hash_of_api_key(shown.key);
  if (shown.lease.empty() && !shown.is_lease_repeated)
    memo.lease_flaw = Refusal::lease_missing;
  else if (shown.is_lease_repeated || !is_well_formed_lease(shown.lease))
    memo.lease_flaw = Refusal::lease_malformed;
  else
    memo.lease = hash_of_lease(shown.lease);
  return memo;
}

// A thread's own hold on the newest snapshot it has noticed.
struct Admission::Seen {
  std::uint64_t owner = 0, number = 0;
  std::shared_ptr<const AccessSnapshot> snapshot;
};

Admission::Seen& Admission::seen_here() noexcept {
  thread_local Seen seen;
  return seen;
}

Admission::Admission(const SeatTable& seats) : seats_(seats), id_(++last_id) {
  auto empty = std::make_shared<AccessSnapshot>();
  empty->rebuild_at_ms = INT64_MAX;
  current_ = std::move(empty);
}

const AccessSnapshot& Admission::look() noexcept {
  Seen& seen = seen_here();
  if (seen.owner == id_ && seen.number == number_.load(std::memory_order_acquire)) [[likely]]
    return *seen.snapshot;
  // Whoever finds it taken goes on with what it has, and looks again at its next call; only a thread that has nothing
  // yet waits, for the copy of a pointer.
  std::unique_lock lock(mutex_, std::defer_lock);
  if (seen.owner == id_ && !lock.try_lock()) return *seen.snapshot;
  if (!lock.owns_lock()) lock.lock();
  seen.snapshot = current_;  // the one before is not freed here: the keeper has it, too
  seen.number = current_->number;
  seen.owner = id_;
  return *seen.snapshot;
}

void Admission::publish(std::shared_ptr<const AccessSnapshot> next) {
  std::vector<std::shared_ptr<const AccessSnapshot>> gone;
  {
    const std::lock_guard lock(mutex_);
    retired_.push_back(std::exchange(current_, std::move(next)));
    number_.store(current_->number, std::memory_order_release);
    std::erase_if(retired_, [&](auto& old) {
      if (old.use_count() > 1) return false;
      gone.push_back(std::move(old));
      return true;
    });
  }
}

std::shared_ptr<const AccessSnapshot> Admission::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void Admission::when_refilled(std::move_only_function<void()> told) {
  {
    const std::lock_guard lock(waiting_mutex_);
    waiting_.push_back(std::move(told));
  }
  wake();
}

void Admission::refilled() {
  std::vector<std::move_only_function<void()>> told;
  {
    const std::lock_guard lock(waiting_mutex_);
    told.swap(waiting_);
  }
  for (auto& tell : told) tell();
}

const KeyAccess* Admission::key_of(CallerMemo& memo, const AccessSnapshot& snapshot) noexcept {
  if (memo.snapshot != snapshot.number || snapshot.number == 0) {
    const KeyAccess* const found = snapshot.find_key(memo.key);
    memo.key_row = found == nullptr ? kNoKey : static_cast<std::uint32_t>(found - snapshot.keys.data());
    memo.snapshot = snapshot.number;
    memo.model = 0;
    memo.judged_ms = 0;
  }
  return memo.key_row == kNoKey ? nullptr : &snapshot.keys[memo.key_row];
}

Refusal Admission::refusal_of(const AccessSnapshot& snapshot, const KeyAccess& key, const Moment& now) noexcept {
  if (key.is_revoked) return Refusal::key_revoked;
  if (now.ms >= key.rotated_until_ms) return Refusal::key_rotated;
  if (now.ms >= key.expires_ms) return Refusal::key_expired;
  switch (snapshot.customers[key.customer].state) {
    case CustomerState::active:
      return Refusal::none;
    case CustomerState::suspended:
      return Refusal::customer_suspended;
    case CustomerState::closed:
      break;
  }
  return Refusal::customer_closed;
}

// A request asks up to four times, all of them at the moment it came.
Admission::Judged Admission::judge_key(CallerMemo& memo, const AccessSnapshot& snapshot, const Moment& now) noexcept {
  if (memo.judged_ms == now.ms && memo.snapshot == snapshot.number) [[likely]]
    return {Refusal::none, &snapshot.keys[memo.key_row]};
  if (memo.flaw != Refusal::none) return {memo.flaw};
  const KeyAccess* const key = key_of(memo, snapshot);
  if (key == nullptr) return {Refusal::key_unknown};
  const Refusal refusal = refusal_of(snapshot, *key, now);
  memo.judged_ms = refusal == Refusal::none ? now.ms : 0;
  return {refusal, key};
}

Caller Admission::identify(CallerMemo& memo, const Moment& now) noexcept {
  const AccessSnapshot& snapshot = look();
  const Judged judged = judge_key(memo, snapshot, now);
  if (judged.refusal != Refusal::none) return {judged.refusal, {}};
  return {Refusal::none, snapshot.customers[judged.key->customer].id};
}

Caller Admission::identify_for(CallerMemo& memo, std::string_view model, const Moment& now) noexcept {
  const AccessSnapshot& snapshot = look();
  const Judged judged = judge_key(memo, snapshot, now);
  if (judged.refusal != Refusal::none) return {judged.refusal, {}};
  return {Refusal::none, snapshot.customers[snapshot.row_or_first(*judged.key, model).customer].id};
}

std::optional<EntitlementGrant> Admission::entitlement(std::string_view customer, std::uint64_t licence,
                                                       std::string_view feature, std::int64_t now_ms) const {
  const auto snapshot = current();
  const CustomerAccess* const found = snapshot->find_customer(customer);
  if (found == nullptr || found->state != CustomerState::active) return std::nullopt;
  for (const CoverageAccess& covered : found->coverages) {
    const LicenceAccess& one = snapshot->licences[covered.licence];
    if (one.seat_number != licence) continue;
    if (one.verdicts.at(now_ms).refusal != Refusal::none) return std::nullopt;
    const auto granted = std::ranges::find(one.entitlements, feature, &Entitlement::feature);
    if (granted == one.entitlements.end()) return std::nullopt;
    return EntitlementGrant{one.expires_ms, granted->limit};
  }
  return std::nullopt;
}

}  // namespace stoa::licensing
