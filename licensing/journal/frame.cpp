// frame.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/journal/frame.hpp"

#include <libdeflate.h>

#include <bit>
#include <cassert>
#include <cstring>

namespace stoa::licensing {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kCrcAt = 4, kFirstAt = 8, kBodyAt = 16, kEntriesAt = 20;

template <class Number>
void put(std::string& bytes, std::size_t at, Number number) {
  std::memcpy(bytes.data() + at, &number, sizeof number);
}

template <class Number>
Number get(std::span<const std::byte> bytes, std::size_t at) {
  Number number;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

std::uint32_t crc_of(JournalId journal, const void* bytes, std::size_t size) {
  return ::libdeflate_crc32(::libdeflate_crc32(0, &journal, sizeof journal), bytes, size);
}

std::size_t padded(std::size_t bytes) { return (bytes + kFrameAlignment - 1) / kFrameAlignment * kFrameAlignment; }

}  // namespace

void FrameBuilder::add(std::string_view entry) {
  assert(entry.size() <= kEntryBytesMax);
  append_entry(bytes_, entry);
  ++entries_;
}

std::span<const std::byte> FrameBuilder::seal(JournalId journal, std::uint64_t first) {
  const std::size_t end = bytes_.size();
  put(bytes_, 0, kFrameMagic);
  put(bytes_, kFirstAt, first);
  put(bytes_, kBodyAt, static_cast<std::uint32_t>(end - kFrameHeadBytes));
  put(bytes_, kEntriesAt, entries_);
  put(bytes_, kCrcAt, crc_of(journal, bytes_.data() + kFirstAt, end - kFirstAt));
  bytes_.resize(padded(end), '\0');
  return std::as_bytes(std::span(bytes_));
}

void FrameBuilder::clear() {
  bytes_.assign(kFrameHeadBytes, '\0');
  entries_ = 0;
}

FrameRead read_frame(JournalId journal, std::span<const std::byte> bytes) {
  if (bytes.size() < kFrameHeadBytes) {
    for (const std::byte byte : bytes)
      if (byte != std::byte{0}) return {FrameState::broken, {}};
    return {FrameState::end, {}};
  }
  if (get<std::uint64_t>(bytes, 0) == 0 && get<std::uint64_t>(bytes, kFirstAt) == 0 &&
      get<std::uint64_t>(bytes, kBodyAt) == 0)
    return {FrameState::end, {}};
  const std::size_t body = get<std::uint32_t>(bytes, kBodyAt);
  if (get<std::uint32_t>(bytes, 0) != kFrameMagic || body > kFrameBodyBytesMax ||
      bytes.size() - kFrameHeadBytes < body ||
      crc_of(journal, bytes.data() + kFirstAt, kFrameHeadBytes - kFirstAt + body) != get<std::uint32_t>(bytes, kCrcAt))
    return {FrameState::broken, {}};
  return {FrameState::whole,
          {get<std::uint64_t>(bytes, kFirstAt), get<std::uint32_t>(bytes, kEntriesAt),
           std::string_view(reinterpret_cast<const char*>(bytes.data()) + kFrameHeadBytes, body),
           padded(kFrameHeadBytes + body)}};
}

}  // namespace stoa::licensing
