// part_test.cpp: what a plugin may say of a part, and what it may not. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/part.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <limits>
#include <string>

namespace stoa::runtime {
namespace {

int g_releases = 0;

// A tensor part that is right, for tests to make wrong.
struct Emitted {
  std::vector<float> values = {1, 2, 3, 4, 5, 6};
  std::int64_t shape[9] = {2, 3, 1, 1, 1, 1, 1, 1, 1};
  std::int64_t strides[9] = {3, 1, 1, 1, 1, 1, 1, 1, 1};
  DLManagedTensorVersioned tensor{};
  stoa_strings strings{};
  stoa_part part{};

  Emitted() {
    tensor.version = {1, 1};
    tensor.dl_tensor = {values.data(), {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, shape, strides, 0};
    part.struct_size = sizeof(part);
    part.kind = STOA_PART_TENSOR;
    part.name = {"x", 1};
    part.u.tensor = &tensor;
    part.release = [](stoa_part*) { ++g_releases; };
  }
  void make_text(const char* text, std::uint64_t n) {
    part.kind = STOA_PART_TEXT;
    part.u.bytes = {text, n};
  }
};

TEST(OutputPart, RefusesEveryLie) {
  struct Row {
    const char* lie;
    std::function<void(Emitted&)> tell;
    const char* words;
  };
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  const Row rows[] = {
      {"short record", [](Emitted& e) { e.part.struct_size = 40; }, "struct_size is 40"},
      {"kind 0", [](Emitted& e) { e.part.kind = 0; }, "kind is 0"},
      {"kind 6", [](Emitted& e) { e.part.kind = 6; }, "kind is 6"},
      {"name NULL", [](Emitted& e) { e.part.name.p = nullptr; }, "name is NULL with 1"},
      {"name endless", [](Emitted& e) { e.part.name.n = 1u << 20; }, "name has 1048576 bytes"},
      {"name no UTF-8", [](Emitted& e) { e.part.name = {"\xff", 1}; }, "name is not UTF-8"},
      {"media type endless", [](Emitted& e) { e.part.media_type.n = 257; }, "media type has 257 bytes"},
      {"device event", [](Emitted& e) { e.part.sync = &e; }, "device event"},
      {"tensor NULL", [](Emitted& e) { e.part.u.tensor = nullptr; }, "tensor is NULL"},
      {"DLPack 0", [](Emitted& e) { e.tensor.version.major = 0; }, "of DLPack 0"},
      {"DLPack 2", [](Emitted& e) { e.tensor.version.major = 2; }, "of DLPack 2"},
      {"CUDA", [](Emitted& e) { e.tensor.dl_tensor.device.device_type = kDLCUDA; }, "device type 2"},
      {"ndim -1", [](Emitted& e) { e.tensor.dl_tensor.ndim = -1; }, "-1 dimensions"},
      {"ndim 9", [](Emitted& e) { e.tensor.dl_tensor.ndim = 9; }, "9 dimensions, the limit is 8"},
      {"shape NULL", [](Emitted& e) { e.tensor.dl_tensor.shape = nullptr; }, "shape is NULL"},
      {"negative extent", [](Emitted& e) { e.shape[1] = -3; }, "dimension 1 is -3"},
      {"more elements than memory", [](Emitted& e) { e.shape[0] = e.shape[1] = kHuge; }, "more elements"},
      {"more bytes than memory", [](Emitted& e) { e.shape[0] = kHuge / 8; }, "more bytes"},
      {"data NULL", [](Emitted& e) { e.tensor.dl_tensor.data = nullptr; }, "NULL with 24 bytes"},
      {"complex", [](Emitted& e) { e.tensor.dl_tensor.dtype = {kDLComplex, 64, 1}; }, "no name in the protocol"},
      {"vector lanes", [](Emitted& e) { e.tensor.dl_tensor.dtype.lanes = 4; }, "4 lanes"},
      {"0 bits", [](Emitted& e) { e.tensor.dl_tensor.dtype.bits = 0; }, "0 bits"},
      {"int 4", [](Emitted& e) { e.tensor.dl_tensor.dtype = {kDLInt, 4, 1}; }, "4 bits"},
      {"stride overflow", [](Emitted& e) { e.strides[0] = kHuge; }, "leave the address space"},
      {"offset", [](Emitted& e) { e.tensor.dl_tensor.byte_offset = UINT64_MAX; }, "leave the address space"},
      {"text NULL", [](Emitted& e) { e.make_text(nullptr, 5); }, "bytes are NULL with n = 5"},
      {"text endless", [](Emitted& e) { e.make_text("x", UINT64_MAX); }, "too many"},
      {"text no UTF-8", [](Emitted& e) { e.make_text("\xc0\x80", 2); }, "text is not UTF-8"},
      {"text half a character", [](Emitted& e) { e.make_text("\xe2\x82", 2); }, "text is not UTF-8"},
      {"text surrogate", [](Emitted& e) { e.make_text("\xed\xa0\x80", 3); }, "text is not UTF-8"},
      {"strings NULL",
       [](Emitted& e) {
         e.part.kind = STOA_PART_STRINGS;
         e.part.u.strings = nullptr;
       },
       "strings are NULL"},
      {"string items NULL",
       [](Emitted& e) {
         e.part.kind = STOA_PART_STRINGS;
         e.strings = {nullptr, e.shape, 1, 0};
         e.part.u.strings = &e.strings;
       },
       "items are NULL with 2"},
      {"string item NULL",
       [](Emitted& e) {
         static constexpr stoa_str kItems[] = {{"a", 1}, {nullptr, 3}};
         e.part.kind = STOA_PART_STRINGS;
         e.strings = {kItems, e.shape, 1, 0};
         e.part.u.strings = &e.strings;
       },
       "element 1 is NULL"},
  };
  for (const auto& row : rows) {
    g_releases = 0;
    Emitted emitted;
    row.tell(emitted);
    OutputPart out;
    std::string why;
    EXPECT_FALSE(OutputPart::take(emitted.part, out, why)) << row.lie;
    EXPECT_NE(why.find(row.words), std::string::npos) << row.lie << ": " << why;
    EXPECT_EQ(g_releases, 0) << row.lie << ": refused, so it is still the plugin's";
  }
}

TEST(OutputPart, LendsAContiguousTensorAndReleasesItOnce) {
  g_releases = 0;
  Emitted emitted;
  std::string why;
  {
    OutputPart out;
    ASSERT_TRUE(OutputPart::take(emitted.part, out, why)) << why;
    EXPECT_EQ(static_cast<const void*>(out.data().data()), emitted.values.data());
    OutputPart moved(std::move(out));
    out = std::move(moved);
    EXPECT_EQ(out.name(), "x");
    EXPECT_EQ(out.shape().size(), 2u);
    EXPECT_EQ(out.payload_bytes(), 24u);
    EXPECT_EQ(g_releases, 0);
    OutputPart another;
    ASSERT_TRUE(OutputPart::take(emitted.part, another, why));
    out = std::move(another);
    EXPECT_EQ(g_releases, 1) << "what was held before";
  }
  EXPECT_EQ(g_releases, 2);
}

TEST(OutputPart, CopiesWhatHasNoRelease) {
  Emitted emitted;
  emitted.part.release = nullptr;
  OutputPart out;
  std::string why;
  ASSERT_TRUE(OutputPart::take(emitted.part, out, why)) << why;
  emitted.values.assign(6, 0);
  EXPECT_EQ(reinterpret_cast<const float*>(out.data().data())[5], 6.0f);
}

TEST(OutputPart, ShortRecordsHaveNoRelease) {
  Emitted emitted;
  emitted.part.struct_size = offsetof(stoa_part, sync);
  OutputPart out;
  std::string why;
  g_releases = 0;
  ASSERT_TRUE(OutputPart::take(emitted.part, out, why)) << why;
  out = OutputPart();
  EXPECT_EQ(g_releases, 0);
}

TEST(OutputPart, GathersStridedTensors) {
  struct Row {
    std::vector<std::int64_t> shape, strides;
    std::size_t start;
    std::vector<float> expected;
  };
  const Row rows[] = {
      {{3, 2}, {1, 3}, 0, {1, 4, 2, 5, 3, 6}},          // transposed
      {{2, 2}, {3, 2}, 0, {1, 3, 4, 6}},                // every second column
      {{3}, {-1}, 2, {3, 2, 1}},                        // backwards
      {{2, 3}, {0, 1}, 3, {4, 5, 6, 4, 5, 6}},          // broadcast
      {{1, 1}, {77, -5}, 4, {5}},                       // strides of single extents mean nothing
      {{2, 1, 3}, {3, 999, 1}, 0, {1, 2, 3, 4, 5, 6}},  // contiguous all the same
  };
  for (const auto& row : rows) {
    Emitted emitted;
    std::copy(row.shape.begin(), row.shape.end(), emitted.shape);
    std::copy(row.strides.begin(), row.strides.end(), emitted.strides);
    emitted.tensor.dl_tensor.ndim = static_cast<std::int32_t>(row.shape.size());
    emitted.tensor.dl_tensor.byte_offset = row.start * sizeof(float);
    OutputPart out;
    std::string why;
    ASSERT_TRUE(OutputPart::take(emitted.part, out, why)) << why;
    const auto* got = reinterpret_cast<const float*>(out.data().data());
    EXPECT_EQ(std::vector<float>(got, got + out.data().size() / sizeof(float)), row.expected);
  }
}

TEST(OutputPart, AlignsWhatIsNot) {
  Emitted emitted;
  std::vector<std::byte> bytes(30);
  const float value = 2.5f;
  std::memcpy(bytes.data() + 1, &value, sizeof(value));
  emitted.tensor.dl_tensor.data = bytes.data() + 1;
  emitted.tensor.dl_tensor.ndim = 1;
  emitted.shape[0] = 1;
  OutputPart out;
  std::string why;
  ASSERT_TRUE(OutputPart::take(emitted.part, out, why)) << why;
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(out.data().data()) % alignof(float), 0u);
  EXPECT_EQ(*reinterpret_cast<const float*>(out.data().data()), 2.5f);
}

TEST(OutputPart, ScalarsAndNothing) {
  Emitted scalar;
  scalar.tensor.dl_tensor.ndim = 0;
  scalar.tensor.dl_tensor.shape = scalar.tensor.dl_tensor.strides = nullptr;
  OutputPart out;
  std::string why;
  ASSERT_TRUE(OutputPart::take(scalar.part, out, why)) << why;
  EXPECT_EQ(out.data().size(), 4u);
  EXPECT_EQ(out.shape().size(), 0u);
  Emitted nothing;
  nothing.shape[0] = 0;
  nothing.tensor.dl_tensor.data = nullptr;
  ASSERT_TRUE(OutputPart::take(nothing.part, out, why)) << why;
  EXPECT_EQ(out.data().size(), 0u);
}

}  // namespace
}  // namespace stoa::runtime
