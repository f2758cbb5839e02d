// seat_table.cpp: a hash table of two choices, whose slots are read under a sequence number.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/admission/seat_table.hpp"

#include <cstring>
#include <span>

namespace stoa::licensing {
namespace {

constexpr std::size_t kSlotsPerBucket = 8;
constexpr std::size_t kBucketsAtFirst = 16;

using Words = std::array<std::uint64_t, 4>;

Words words_of(const registry::Sha256& lease) {
  Words words;
  static_assert(sizeof words == sizeof lease);
  std::memcpy(words.data(), lease.data(), sizeof words);
  return words;
}

}  // namespace

std::uint64_t seat_number_of(std::string_view id) {
  const registry::Sha256 hash = registry::sha256_of(id);
  std::uint64_t number;
  std::memcpy(&number, hash.data(), sizeof number);
  return number;
}

// Written by one, read by many. Odd sequence: being written. Every access is an atomic one, and stores release what was
// stored before them, so that no reader takes half of one lease and half of another for either.
struct alignas(64) SeatTable::Slot {
  std::atomic<std::uint32_t> sequence{0};
  std::array<std::atomic<std::uint64_t>, 4> lease{};
  std::atomic<std::uint64_t> licence{0}, customer{0};
  std::atomic<std::int64_t> expires_ms{0};  // 0: free

  bool is_free() const { return expires_ms.load(std::memory_order_relaxed) == 0; }

  bool holds(const Words& words) const {
    for (std::size_t i = 0; i < words.size(); ++i)
      if (lease[i].load(std::memory_order_acquire) != words[i]) return false;
    return expires_ms.load(std::memory_order_acquire) != 0;
  }

  void write(const Words& words, const Seat& seat) {
    const std::uint32_t before = sequence.load(std::memory_order_relaxed);
    sequence.store(before + 1, std::memory_order_relaxed);
    for (std::size_t i = 0; i < words.size(); ++i) lease[i].store(words[i], std::memory_order_release);
    licence.store(seat.licence, std::memory_order_release);
    customer.store(seat.customer, std::memory_order_release);
    expires_ms.store(seat.expires_ms, std::memory_order_release);
    sequence.store(before + 2, std::memory_order_release);
  }

  // Nothing: it is not, or no more, or not yet, this lease's.
  std::optional<Seat> read(const registry::Sha256& wanted, const Words& words) const {
    const std::uint32_t before = sequence.load(std::memory_order_acquire);
    if (before % 2 != 0 || !holds(words)) return std::nullopt;
    const Seat seat{wanted, licence.load(std::memory_order_acquire), customer.load(std::memory_order_acquire),
                    expires_ms.load(std::memory_order_acquire)};
    if (sequence.load(std::memory_order_relaxed) != before) return std::nullopt;
    return seat;
  }
};

struct SeatTable::Slots {
  explicit Slots(std::size_t bucket_count) : buckets(bucket_count), slots(bucket_count * kSlotsPerBucket) {}
  std::size_t buckets;
  std::vector<Slot> slots;

  std::array<std::span<Slot>, 2> buckets_of(const Words& words) const {
    auto* const first = const_cast<Slot*>(slots.data());
    const auto bucket = [&](std::uint64_t word) {
      return std::span<Slot>(first + (word % buckets) * kSlotsPerBucket, kSlotsPerBucket);
    };
    return {bucket(words[0]), bucket(words[1])};
  }
};

SeatTable::SeatTable() {
  all_.push_back(std::make_unique<Slots>(kBucketsAtFirst));
  slots_.store(all_.back().get(), std::memory_order_release);
}

SeatTable::~SeatTable() = default;

SeatTable::Slot* SeatTable::slot_of(const Slots& slots, const registry::Sha256& lease) noexcept {
  const Words words = words_of(lease);
  for (const std::span<Slot> bucket : slots.buckets_of(words))
    for (Slot& slot : bucket)
      if (slot.holds(words)) return &slot;
  return nullptr;
}

bool SeatTable::put(Slots& slots, const Seat& seat) {
  const Words words = words_of(seat.lease);
  // One store, so that no reader finds the lease of a steady holder half written.
  if (Slot* const held = slot_of(slots, seat.lease)) {
    held->expires_ms.store(seat.expires_ms, std::memory_order_release);
    return true;
  }
  Slot* emptiest = nullptr;
  std::size_t most_free = 0;
  for (const std::span<Slot> bucket : slots.buckets_of(words)) {
    std::size_t free = 0;
    Slot* last = nullptr;
    for (Slot& slot : bucket) {
      if (!slot.is_free()) continue;
      ++free;
      last = &slot;
    }
    if (free > most_free) {
      most_free = free;
      emptiest = last;
    }
  }
  if (emptiest == nullptr) return false;
  emptiest->write(words, seat);
  return true;
}

void SeatTable::grow() {
  for (std::size_t buckets = all_.back()->buckets * 2;; buckets *= 2) {
    auto next = std::make_unique<Slots>(buckets);
    bool fits = true;
    for (const Slot& slot : all_.back()->slots) {
      if (slot.is_free()) continue;
      Seat seat{{}, slot.licence.load(), slot.customer.load(), slot.expires_ms.load()};
      Words words;
      for (std::size_t i = 0; i < words.size(); ++i) words[i] = slot.lease[i].load();
      std::memcpy(seat.lease.data(), words.data(), sizeof words);
      fits = fits && put(*next, seat);
    }
    if (!fits) continue;
    all_.push_back(std::move(next));
    slots_.store(all_.back().get(), std::memory_order_release);
    return;
  }
}

void SeatTable::hold(const Seat& seat) {
  const std::lock_guard lock(writers_);
  while (!put(*all_.back(), seat)) grow();
}

void SeatTable::release(const registry::Sha256& lease) {
  const std::lock_guard lock(writers_);
  if (Slot* const held = slot_of(*all_.back(), lease)) held->write({}, {});
}

std::optional<Seat> SeatTable::find(const registry::Sha256& lease) const noexcept {
  const Slots& slots = *slots_.load(std::memory_order_acquire);
  const Words words = words_of(lease);
  for (const std::span<Slot> bucket : slots.buckets_of(words))
    for (const Slot& slot : bucket)
      if (slot.holds(words))
        if (auto seat = slot.read(lease, words)) return seat;
  return std::nullopt;
}

}  // namespace stoa::licensing
