// seat_table.hpp: the leases that are held now, for admission to look at without a lock.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "registry/document/digest.hpp"

namespace stoa::licensing {

// What a licence's or a customer's id comes to in a seat: 64 bits of its SHA-256.
std::uint64_t seat_number_of(std::string_view id);

struct Seat {
  registry::Sha256 lease{};    // hash_of_lease()
  std::uint64_t licence = 0;   // seat_number_of(the licence's id)
  std::uint64_t customer = 0;  // seat_number_of(the customer's id)
  std::int64_t expires_ms = 0;
};

// All floating licences' seats of a host. The book decides who gets one and writes it here after its transaction; it
// fills the table when it is opened. Admission only looks.
// Writers: any thread, one after the other (a mutex). Readers: any thread, no lock, no allocation.
class SeatTable {
 public:
  SeatTable();
  ~SeatTable();
  SeatTable(const SeatTable&) = delete;
  SeatTable& operator=(const SeatTable&) = delete;

  // Takes a seat, or renews it (another expires_ms of the same lease). One that has expired stays until it is released,
  // so that its holder learns that it expired, and not that it never was: the book releases it when it gives the seat
  // to somebody else. expires_ms is never 0.
  void hold(const Seat& seat);
  void release(const registry::Sha256& lease);

  // Where the lease is; expired or not is the asker's to see.
  std::optional<Seat> find(const registry::Sha256& lease) const noexcept;

 private:
  struct Slot;
  struct Slots;
  struct Place;
  static Slot* slot_of(const Slots& slots, const registry::Sha256& lease) noexcept;
  static bool put(Slots& slots, const Seat& seat);
  void grow();

  std::mutex writers_;
  // Lock: writers_. What was replaced stays until the end, because a reader may be in it: each is twice as large as the
  // one before, so that together they are no more than the last.
  std::vector<std::unique_ptr<Slots>> all_;
  std::atomic<Slots*> slots_{nullptr};
};

}  // namespace stoa::licensing
