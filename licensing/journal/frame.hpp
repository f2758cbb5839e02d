// frame.hpp: what is committed together, as bytes: a head with a checksum, and entries as the log's bundles have them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "licensing/log/tile.hpp"

namespace stoa::licensing {

// Layout, numbers little-endian:
//    0  u32  kFrameMagic
//    4  u32  CRC-32 of the journal's id and the bytes from 8 to the end of the body
//    8  u64  number of the first entry
//   16  u32  bytes of the body
//   20  u32  entries
//   24       body: each entry behind its length (two bytes, the higher first), as c2sp.org/tlog-tiles has them
// then zeros up to a multiple of eight.
// Rationale: with the id, which is random, nobody's entry can hold what would be taken for a frame.
enum class JournalId : std::uint64_t {};
inline constexpr std::uint32_t kFrameMagic = 0x31464a53;  // "SJF1"
inline constexpr std::size_t kFrameHeadBytes = 24, kFrameAlignment = 8;
inline constexpr std::size_t kFrameBodyBytesMax = 4u << 20;

// Gathers entries in one piece of memory, which is used again after clear().
class FrameBuilder {
 public:
  FrameBuilder() { clear(); }
  // entry.size() <= kEntryBytesMax.
  void add(std::string_view entry);
  bool is_empty() const { return entries_ == 0; }
  std::uint32_t entries() const { return entries_; }
  std::size_t body_bytes() const { return bytes_.size() - kFrameHeadBytes; }
  // Writes the head and the padding: the whole frame, until the next add or clear.
  std::span<const std::byte> seal(JournalId journal, std::uint64_t first);
  void clear();

 private:
  std::string bytes_;
  std::uint32_t entries_ = 0;
};

struct Frame {
  std::uint64_t first = 0;
  std::uint32_t entries = 0;
  std::string_view body;
  std::size_t bytes = 0;  // with head and padding
};
enum class FrameState : std::uint8_t { whole, end, broken };  // end: zeros where a frame would begin
struct FrameRead {
  FrameState state = FrameState::end;
  Frame frame;  // of a whole one; views the bytes that were read
};
// Of the bytes from a frame's beginning on, as many as there are.
FrameRead read_frame(JournalId journal, std::span<const std::byte> bytes);

}  // namespace stoa::licensing
