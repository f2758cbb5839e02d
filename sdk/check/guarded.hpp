// guarded.hpp: memory that ends at a guard page or is read-only, so that a plugin that reads or writes beyond what it
// was given dies at that very instruction. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "sdk/check/value.hpp"
#include "stoa/stoa.h"

namespace stoa::check {

// Whole pages, followed by one that cannot be touched.
class Pages {
 public:
  explicit Pages(std::size_t size);
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  std::byte* begin() const { return base_; }
  std::byte* end() const { return base_ + size_; }  // the guard page's first byte
  void make_read_only();

 private:
  std::byte* base_;
  std::size_t size_;
};

// How much of a record the host under test pretends to know.
enum class RecordLength { exact, shorter, longer };

// A record at the very end of its pages. shorter: cut off before byte `cut`. longer: 64 bytes of rubbish follow, which
// a later version of the ABI would have given a meaning.
template <class Record>
class GuardedRecord {
 public:
  // What may be kept in front of the record, for whoever gets a pointer to it back.
  static constexpr std::size_t kFront = 16;

  GuardedRecord(const Record& record, RecordLength length, std::size_t cut) : pages_(kFront + sizeof(Record) + 64) {
    std::size_t size = sizeof(Record);
    if (length == RecordLength::shorter) size = cut;
    if (length == RecordLength::longer) size += 64;
    at_ = pages_.end() - size;
    std::memset(at_, 0xA5, size);
    std::memcpy(at_, &record, size < sizeof(Record) ? size : sizeof(Record));
    const auto struct_size = static_cast<std::uint32_t>(size);
    std::memcpy(at_, &struct_size, sizeof struct_size);
    size_ = size;
  }
  Record* get() const { return reinterpret_cast<Record*>(at_); }
  std::byte* front() const { return at_ - kFront; }
  void poison() const { std::memset(at_, 0xA5, size_); }

 private:
  Pages pages_;
  std::byte* at_;
  std::size_t size_;
};

// Values as the input parts of a request: records, names and payloads all on read-only pages.
class Inputs {
 public:
  explicit Inputs(std::span<const Value> values);
  const stoa_part* const* parts() const { return parts_; }
  std::uint32_t count() const { return count_; }

 private:
  static std::size_t room_for(std::span<const Value> values);
  Pages pages_;
  const stoa_part* const* parts_ = nullptr;
  std::uint32_t count_;
};

}  // namespace stoa::check
