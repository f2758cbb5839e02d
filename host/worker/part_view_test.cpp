// part_view_test.cpp: what a worker's word for a part must hold. SPDX-License-Identifier: Apache-2.0
#include "host/worker/part_view.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace stoa::worker {
namespace {

using runtime::PartKind;

WirePart told(PartKind kind, std::vector<std::int64_t> shape, std::string bytes) {
  WirePart part;
  part.kind = static_cast<std::uint8_t>(kind);
  part.datatype = static_cast<std::uint8_t>(DataType::fp32);
  part.shape = std::move(shape);
  part.payload.size = bytes.size();
  part.payload.bytes = std::move(bytes);
  return part;
}

WirePart told_in_block(PartKind kind, std::vector<std::int64_t> shape, std::uint64_t offset, std::uint64_t size) {
  WirePart part = told(kind, std::move(shape), {});
  part.payload.is_inline = false;
  part.payload.offset = offset;
  part.payload.size = size;
  return part;
}

TEST(PartView, HoldsOnlyWhatFitsItsBytes) {
  constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::byte> blocks(64);
  const std::string one_string("\1\0\0\0\0\0\0\0x", 9);
  struct Row {
    const char* words;
    WirePart part;
    bool holds;
    std::function<void(WirePart&)> spoil = {};
  };
  const Row rows[] = {
      {"a scalar", told(PartKind::tensor, {}, "1234"), true},
      {"two by three", told(PartKind::tensor, {2, 3}, std::string(24, 'x')), true},
      {"no elements", told(PartKind::tensor, {0, 7}, ""), true},
      {"larger than its bytes", told(PartKind::tensor, {2}, "1234"), false},
      {"smaller than its bytes", told(PartKind::tensor, {1}, "12345"), false},
      {"a negative extent", told(PartKind::tensor, {-1}, ""), false},
      {"two negative extents", told(PartKind::tensor, {-1, -1}, "1234"), false},
      {"extents that overflow", told(PartKind::tensor, {kLargest, 3}, "1234"), false},
      {"bytes that overflow", told(PartKind::tensor, {kLargest, 2}, "1234"), false},
      {"an unknown type", told(PartKind::tensor, {1}, "1234"), false, [](WirePart& part) { part.datatype = 200; }},
      {"eight dimensions", told(PartKind::tensor, std::vector<std::int64_t>(8, 1), "1234"), true},
      {"nine dimensions", told(PartKind::tensor, std::vector<std::int64_t>(9, 1), "1234"), false},
      {"one string", told(PartKind::strings, {1}, one_string), true, [](WirePart& part) { part.n_strings = 1; }},
      {"more strings than elements", told(PartKind::strings, {0}, one_string), false,
       [](WirePart& part) { part.n_strings = 1; }},
      {"more elements than strings", told(PartKind::strings, {1000}, one_string), false,
       [](WirePart& part) { part.n_strings = 1; }},
      {"a string that is cut", told(PartKind::strings, {1}, one_string.substr(0, 8)), false,
       [](WirePart& part) { part.n_strings = 1; }},
      {"text", told(PartKind::text, {1}, "anything"), true},
      {"the last of the blocks", told_in_block(PartKind::tensor, {2}, 56, 8), true},
      {"text in a block", told_in_block(PartKind::text, {1}, 0, 64), true},
      {"one byte behind the blocks", told_in_block(PartKind::text, {1}, 57, 8), false},
      {"larger than the blocks", told_in_block(PartKind::text, {1}, 0, 65), false},
      {"an offset that wraps", told_in_block(PartKind::text, {1}, ~std::uint64_t{15}, 64), false},
      {"nothing at the end", told_in_block(PartKind::text, {1}, 64, 0), true},
  };
  for (Row row : rows) {
    if (row.spoil) row.spoil(row.part);
    EXPECT_EQ(view_part(row.part, blocks).has_value(), row.holds) << row.words;
  }
}

TEST(PartView, CopiesWhatIsCheckedByteByByteAndNoTensor) {
  std::vector<std::byte> blocks(64, std::byte{'a'});
  const auto text = view_part(told_in_block(PartKind::text, {1}, 8, 4), blocks);
  const auto tensor = view_part(told_in_block(PartKind::tensor, {1}, 8, 4), blocks);
  ASSERT_TRUE(text && tensor);
  blocks[8] = std::byte{'b'};  // the worker goes on writing
  EXPECT_EQ(text->payload[0], std::byte{'a'});
  EXPECT_EQ(tensor->payload.data(), blocks.data() + 8);
}

}  // namespace
}  // namespace stoa::worker
