// admission.hpp: whether one call may go ahead, answered from memory on the thread that asks.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "licensing/admission/access_snapshot.hpp"
#include "licensing/admission/seat_table.hpp"
#include "licensing/admission/ticket.hpp"
#include "licensing/terms/refusal.hpp"

namespace stoa::licensing {

// What a caller sent, as it came.
struct ShownCredentials {
  Refusal flaw = Refusal::none;  // key_in_url, key_repeated or key_missing, where the head says so
  std::string_view key;
  bool is_lease_repeated = false;
  std::string_view lease;  // empty: none
};

// What those came to, kept beside the head they were read from, so that a client that repeats its head is not hashed
// again. All zero: nothing was read yet.
struct CallerMemo {
  Sha256 key{}, lease{};        // hashes
  std::uint64_t snapshot = 0;   // whose key_row, and the rest below, they are
  std::uint64_t model = 0;      // the served model that the rest below is for; 0: none
  std::uint64_t admitting = 0;  // of the first 64 coverages, in order, those that admit its version
  std::int64_t judged_ms = 0;   // when the key was found to count, in that snapshot; 0: never
  std::uint32_t key_row = 0;
  std::uint32_t exact_at = 0, all_at = 0;  // where the coverages of the model, of all the publisher's begin
  std::uint32_t exact_count = 0, all_count = 0;
  bool is_read = false, is_for_model = false;
  Refusal flaw = Refusal::none, lease_flaw = Refusal::none;
};
static_assert(sizeof(CallerMemo) <= 128 && std::is_trivially_copyable_v<CallerMemo>);

// Hashes once what is whole.
CallerMemo read_shown(const ShownCredentials& shown) noexcept;

struct Moment {
  std::uint64_t ns = 0;  // CLOCK_MONOTONIC
  std::int64_t ms = 0;   // Unix time
};

struct CalledModel {
  std::string_view name, version;
  std::uint64_t number = 0;  // of this release in this process: the same number, the same name and version; never 0
};

// A limit that applies, as it stands after this call.
struct LimitNow {
  Refusal of = Refusal::none;  // which it refuses with: licence_rate, key_rate, licence_used_up, key_budget
  std::uint64_t amount = 0, window_s = 0, left = 0, reset_s = 0;  // reset: until all of it is there again
};

struct Admitted {
  Refusal refusal = Refusal::none;
  std::string_view customer, key;  // their ids. Lifetime: this thread's next call of Admission
  std::uint64_t licence = 0;       // the number of the one that admitted it (seat_number_of its id); 0: none
  // Not refused and not admitted: what a quota still has must be reserved first. Wait for it (when_refilled), ask
  // again.
  bool is_to_wait = false;
  std::uint64_t retry_after_ms = 0;  // of a 429 that time heals; 0: of none
  // What a policy lets pass. Lifetime of the text: this thread's next call of Admission.
  Refusal warned_of = Refusal::none;
  std::string_view warning;
  std::array<LimitNow, 4> limits{};
  std::uint32_t limit_count = 0;
  Ticket ticket;
};

struct Caller {
  Refusal refusal = Refusal::none;  // of rows 1 to 10
  std::string_view customer;        // its id. Lifetime: this thread's next call of Admission
};

struct EntitlementGrant {
  std::int64_t expires_ms = INT64_MAX, limit = -1;
};

// Threads: identify and admit on any, most of all I/O threads: no lock is waited for, nothing allocated, the kernel
// not asked. publish and refilled: the keeper's.
class Admission {
 public:
  // seats outlive it.
  explicit Admission(const SeatTable& seats);
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  Moment moment_of(std::uint64_t monotonic_ns) const noexcept {
    return {monotonic_ns,
            (static_cast<std::int64_t>(monotonic_ns) + unix_offset_ns_.load(std::memory_order_relaxed)) / 1'000'000};
  }

  // Who calls, before it is known what; of a key that licence files name for several customers, the first.
  Caller identify(CallerMemo& memo, const Moment& now) noexcept;
  // The same for calls of the model: as whom admit lets it in.
  Caller identify_for(CallerMemo& memo, std::string_view model, const Moment& now) noexcept;
  // Whether the key shown is for calls of the model, by rows 1 to 12; no licence is looked at, and nothing taken.
  Refusal see_key(CallerMemo& memo, std::string_view model, const Moment& now) noexcept;
  // Whether it may go ahead; takes what it takes. out is as made.
  void admit(CallerMemo& memo, const CalledModel& model, const Moment& now, Admitted& out) noexcept;
  // The same for another release of the model, once admitted: takes nothing. licence: that admitted it; 0 afterwards
  // where it does not cover that release, which another one does.
  Refusal see_release(CallerMemo& memo, const CalledModel& model, const Moment& now, std::uint64_t& licence) noexcept;
  // What the licence that admitted a call of the customer grants, by its number; nothing: it does not, or it holds no
  // more. No other licence of the customer is asked: the call took nothing of it. Any thread: waits for a short lock.
  std::optional<EntitlementGrant> entitlement(std::string_view customer, std::uint64_t licence,
                                              std::string_view feature, std::int64_t now_ms) const;

  // At once, or later on the keeper's thread.
  void when_refilled(std::move_only_function<void()> told);

  void publish(std::shared_ptr<const AccessSnapshot> next);
  void refilled();  // tells who waits
  void set_unix_offset(std::int64_t offset_ns) noexcept { unix_offset_ns_.store(offset_ns, std::memory_order_relaxed); }
  std::function<void()> wake = [] {};  // told when a call waits for a reserve: prompt; set before the first call
  std::shared_ptr<const AccessSnapshot> current() const;

  static constexpr std::size_t kRefusals = static_cast<std::size_t>(Refusal::licence_busy) + 1;
  // Since start, by refusal; those under none were admitted.
  std::uint64_t count_of(Refusal refusal) const noexcept {
    return counts_[static_cast<std::size_t>(refusal)].load(std::memory_order_relaxed);
  }
  void count(Refusal refusal) noexcept {
    counts_[static_cast<std::size_t>(refusal)].fetch_add(1, std::memory_order_relaxed);
  }

 private:
  struct Seen;
  struct Asked;
  static Seen& seen_here() noexcept;
  const AccessSnapshot& look() noexcept;
  static const KeyAccess* key_of(CallerMemo& memo, const AccessSnapshot& snapshot) noexcept;
  struct Judged {
    Refusal refusal = Refusal::none;
    const KeyAccess* key = nullptr;  // never null where nothing is refused
  };
  static Judged judge_key(CallerMemo& memo, const AccessSnapshot& snapshot, const Moment& now) noexcept;
  static Refusal refusal_of(const AccessSnapshot& snapshot, const KeyAccess& key, const Moment& now) noexcept;
  static void find_coverages(CallerMemo& memo, const CustomerAccess& customer, const KeyAccess& key,
                             const CalledModel& model) noexcept;
  template <class Use>
  static void for_each_admitting(const CallerMemo& memo, const CustomerAccess& customer, const CalledModel& model,
                                 Use&& use) noexcept;
  Refusal judge_lease(const Asked& asked, const LicenceAccess& licence) const noexcept;
  void try_licence(const Asked& asked, const LicenceAccess& licence, Admitted& out) const noexcept;
  void choose(const Asked& asked, Admitted& out) const noexcept;
  void choose_of_rows(CallerMemo& memo, const AccessSnapshot& snapshot, const KeyAccess& first,
                      const CalledModel& model, const Moment& now, Admitted& out) const noexcept;

  const SeatTable& seats_;
  const std::uint64_t id_;  // of this Admission among all there ever were
  std::atomic<std::uint64_t> number_{0};
  std::atomic<std::int64_t> unix_offset_ns_{0};
  std::array<std::atomic<std::uint64_t>, kRefusals> counts_{};

  mutable std::mutex mutex_;  // for a copy of a pointer; I/O threads only try it
  std::shared_ptr<const AccessSnapshot> current_;
  std::vector<std::shared_ptr<const AccessSnapshot>> retired_;  // until no thread has them: freed by the keeper
  std::mutex waiting_mutex_;
  std::vector<std::move_only_function<void()>> waiting_;
};

}  // namespace stoa::licensing
