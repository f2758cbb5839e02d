// v2_json_writer_test.cpp: what is written reads back as the same bits. SPDX-License-Identifier: Apache-2.0
#include "host/api/v2_json_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <span>

#include "host/api/v2_binary.hpp"
#include "host/api/v2_json_reader.hpp"

namespace stoa::api {
namespace {

using runtime::OutputPart;

OutputPart tensor_part(DataType type, const void* data, std::int64_t count) {
  std::int64_t stride = 1;
  DLManagedTensorVersioned tensor{};
  tensor.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
  tensor.dl_tensor.data = const_cast<void*>(data);
  tensor.dl_tensor.device = {kDLCPU, 0};
  tensor.dl_tensor.ndim = 1;
  tensor.dl_tensor.dtype = to_dlpack(type);
  tensor.dl_tensor.shape = &count;
  tensor.dl_tensor.strides = &stride;
  stoa_part part{};
  part.struct_size = sizeof part;
  part.kind = STOA_PART_TENSOR;
  part.name = {"x", 1};
  part.u.tensor = &tensor;
  OutputPart out;
  std::string why;
  EXPECT_TRUE(OutputPart::take(part, out, why)) << why;
  return out;
}

// Writes the elements, reads them as a request's input of the same type, compares bits.
template <class T>
void check_round_trip(DataType type, const std::vector<T>& values) {
  const auto part = tensor_part(type, values.data(), static_cast<std::int64_t>(values.size()));
  JsonText text(16);
  ASSERT_TRUE(write_elements(text, part));
  const std::string array = text.take();
  ASSERT_TRUE(nlohmann::json::accept(array)) << array.substr(0, 200);
  std::string body = R"({"inputs":[{"name":"x","shape":[)" + std::to_string(values.size()) + R"(],"datatype":")" +
                     std::string(name_of(type)) + R"(","data":)" + array + "}]}";
  const std::size_t size = body.size();
  body.append(64, ' ');
  V2JsonReader reader;
  const auto request = reader.read({body.data(), size}, 1u << 30);
  ASSERT_TRUE(request) << request.error().message;
  ASSERT_EQ(request->inputs[0].data.bytes.size(), values.size() * sizeof(T));
  EXPECT_TRUE(std::ranges::equal(request->inputs[0].data.bytes, std::as_bytes(std::span(values)))) << name_of(type);
}

template <class T>
std::vector<T> integers() {
  using limits = std::numeric_limits<T>;
  std::vector<T> values = {
      limits::min(), limits::max(), 0, 1, static_cast<T>(limits::max() - 1), static_cast<T>(limits::min() + 1)};
  for (T v = 1; v < limits::max() / 10; v = static_cast<T>(v * 10 + 7)) values.push_back(v);
  return values;
}

// Every exponent with a few mantissas, then random bits: extremes, subnormals and both zeros are among them.
template <class T, class Bits>
std::vector<T> floats(int mantissa_bits) {
  std::vector<T> values = {0,
                           static_cast<T>(-0.0),
                           std::numeric_limits<T>::max(),
                           std::numeric_limits<T>::lowest(),
                           std::numeric_limits<T>::denorm_min(),
                           -std::numeric_limits<T>::denorm_min(),
                           std::numeric_limits<T>::min()};
  std::mt19937_64 random(3);  // NOLINT: the same numbers every time
  for (Bits exponent = 0; exponent < (Bits{1} << (sizeof(T) * 8 - 1 - static_cast<std::size_t>(mantissa_bits)));
       ++exponent)
    for (int i = 0; i < 3; ++i) {
      const Bits mantissa = static_cast<Bits>(random()) & ((Bits{1} << mantissa_bits) - 1);
      values.push_back(std::bit_cast<T>(static_cast<Bits>(exponent << mantissa_bits | mantissa)));
    }
  for (int i = 0; i < 20'000; ++i) values.push_back(std::bit_cast<T>(static_cast<Bits>(random())));
  std::erase_if(values, [](T v) { return !std::isfinite(v); });
  return values;
}

TEST(V2JsonWriter, WhatItWritesReadsBackBitForBit) {
  check_round_trip<std::uint8_t>(DataType::uint8, integers<std::uint8_t>());
  check_round_trip<std::uint16_t>(DataType::uint16, integers<std::uint16_t>());
  check_round_trip<std::uint32_t>(DataType::uint32, integers<std::uint32_t>());
  check_round_trip<std::uint64_t>(DataType::uint64, integers<std::uint64_t>());
  check_round_trip<std::int8_t>(DataType::int8, integers<std::int8_t>());
  check_round_trip<std::int16_t>(DataType::int16, integers<std::int16_t>());
  check_round_trip<std::int32_t>(DataType::int32, integers<std::int32_t>());
  check_round_trip<std::int64_t>(DataType::int64, integers<std::int64_t>());
  check_round_trip<std::uint8_t>(DataType::boolean, {0, 1, 1, 0});
  check_round_trip<float>(DataType::fp32, floats<float, std::uint32_t>(23));
  check_round_trip<double>(DataType::fp64, floats<double, std::uint64_t>(52));
  check_round_trip<float>(DataType::fp32, {});
}

TEST(V2JsonWriter, RefusesWhatJsonCannotSay) {
  const float nan[] = {1, std::numeric_limits<float>::quiet_NaN()};
  const double infinity[] = {-std::numeric_limits<double>::infinity()};
  const std::uint16_t half[] = {0x3c00};
  const std::pair<OutputPart, const char*> rows[] = {
      {tensor_part(DataType::fp32, nan, 2), "output 'x' holds NaN at element 1"},
      {tensor_part(DataType::fp64, infinity, 1), "output 'x' holds an infinity at element 0"},
      {tensor_part(DataType::fp16, half, 1), "output 'x' is FP16"},
      {tensor_part(DataType::bf16, half, 1), "output 'x' is BF16"},
  };
  for (const auto& [part, says] : rows) {
    JsonText text;
    const auto done = write_elements(text, part);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().reason, "output.needs_binary");
    EXPECT_TRUE(done.error().message.starts_with(says)) << done.error().message;
  }
}

TEST(JsonText, EscapesAndChecksStrings) {
  const std::pair<std::string, std::string> rows[] = {
      {"", "\"\""},
      {"plain", "\"plain\""},
      {"\"\\/\b\f\n\r\t", R"("\"\\/\b\f\n\r\t")"},
      {std::string("\0\x1f\x7f", 3), "\"\\u0000\\u001f\x7f\""},
      {"héé😀", "\"héé😀\""},
  };
  for (const auto& [text, want] : rows) {
    JsonText json(1);
    EXPECT_TRUE(json.string(text));
    const std::string got = json.take();
    EXPECT_EQ(got, want);
    EXPECT_EQ(nlohmann::json::parse(got).get<std::string>(), text);
  }
  for (const char* broken : {"\xff", "\xC3", "\xED\xA0\x80", "\xF8\x88\x80\x80\x80"}) {
    JsonText json;
    EXPECT_FALSE(json.string(broken));
    EXPECT_EQ(json.size(), 0u);
  }
}

TEST(JsonText, EveryByteAtEveryPlaceReadsBack) {
  for (unsigned byte = 0; byte < 0x80; ++byte) {
    for (std::size_t at = 0; at < 19; ++at) {
      std::string text(19, 'a');
      text[at] = static_cast<char>(byte);
      JsonText json(1);
      ASSERT_TRUE(json.string(text));
      ASSERT_EQ(nlohmann::json::parse(json.take()).get<std::string>(), text) << byte << " at " << at;
    }
  }
}

TEST(V2Binary, AlignedTensorsStayWhereTheyLie) {
  alignas(64) static std::byte memory[80];
  const auto attach = [](std::size_t offset) {
    V2Request request;
    V2Input input;
    input.name = "x";
    input.datatype = DataType::fp32;
    input.shape = {4};
    input.elements = 4;
    input.binary_data_size = 16;
    request.inputs.push_back(input);
    EXPECT_TRUE(attach_binary(request, {{memory + offset, 16}, nullptr}, "m"));
    return request.inputs[0].data.bytes.data();
  };
  EXPECT_EQ(attach(0), memory);
  EXPECT_EQ(attach(4), memory + 4);
  EXPECT_NE(attach(3), memory + 3);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(attach(3)) % 64, 0u);
}

}  // namespace
}  // namespace stoa::api
