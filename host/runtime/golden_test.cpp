// golden_test.cpp: comparison by datatype, and the words of a difference. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/golden.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "host/runtime/fixture_host.hpp"

namespace stoa::runtime {
namespace {

// An output as a model would emit it, made from an input's fields.
OutputPart emitted(const InputPart& from) {
  stoa_part part{};
  part.struct_size = sizeof(part);
  part.kind = static_cast<std::uint32_t>(from.kind);
  part.name = {from.name.data(), from.name.size()};
  auto shape = from.shape;
  DLManagedTensorVersioned tensor{};
  tensor.version = {1, 1};
  tensor.dl_tensor = {const_cast<std::byte*>(from.data.data()),
                      {kDLCPU, 0},
                      static_cast<std::int32_t>(shape.size()),
                      to_dlpack(from.datatype),
                      shape.data(),
                      nullptr,
                      0};
  const stoa_strings strings{from.strings.data(), shape.data(), static_cast<std::int32_t>(shape.size()), 0};
  if (from.kind == PartKind::tensor)
    part.u.tensor = &tensor;
  else if (from.kind == PartKind::strings)
    part.u.strings = &strings;
  else
    part.u.bytes = {reinterpret_cast<const char*>(from.data.data()), from.data.size()};
  OutputPart out;
  std::string why;
  EXPECT_TRUE(OutputPart::take(part, out, why)) << why;
  return out;
}

std::string difference(const InputPart& expected, std::vector<InputPart> answers, double atol = 1e-5,
                       double rtol = 1e-4) {
  GoldenCase golden;
  golden.name = "case";
  golden.outputs = {{expected.name, expected, atol, rtol}};
  std::vector<OutputPart> parts;
  for (const auto& answer : answers) parts.push_back(emitted(answer));
  const auto compared = compare_golden(golden, parts);
  if (compared) return "";
  constexpr std::string_view kPrefix = "golden case \"case\", output \"x\": ";
  EXPECT_TRUE(compared.error().message.starts_with(kPrefix)) << compared.error().message;
  return compared.error().message.substr(kPrefix.size());
}

template <class T>
InputPart x(DataType type, std::vector<T> values) {
  const auto n = static_cast<std::int64_t>(values.size());
  return tensor_input<T>("x", type, {n}, std::move(values));
}

TEST(Golden, FloatsOfEveryWidth) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(difference(x<float>(DataType::fp32, {1, kNan, kInf}), {x<float>(DataType::fp32, {1.00005f, kNan, kInf})}),
            "");
  EXPECT_EQ(difference(x<float>(DataType::fp32, {1}), {x<float>(DataType::fp32, {1.5f})}),
            "index 0: expected 1 within 0.00011, got 1.5");
  EXPECT_EQ(difference(x<float>(DataType::fp32, {1, kInf}), {x<float>(DataType::fp32, {1, -kInf})}),
            "index 1: expected inf within inf, got -inf");
  EXPECT_NE(difference(x<float>(DataType::fp32, {1}), {x<float>(DataType::fp32, {kNan})}), "");
  EXPECT_EQ(difference(x<double>(DataType::fp64, {1e300}), {x<double>(DataType::fp64, {1.00005e300})}), "");
  EXPECT_NE(difference(x<double>(DataType::fp64, {1e300}), {x<double>(DataType::fp64, {1.001e300})}), "");
  // 1.0 and the next fp16 (1.0009765625); bf16's next is 1.0078125.
  EXPECT_EQ(
      difference(x<std::uint16_t>(DataType::fp16, {0x3C00}), {x<std::uint16_t>(DataType::fp16, {0x3C01})}, 0, 1e-3),
      "");
  EXPECT_EQ(
      difference(x<std::uint16_t>(DataType::fp16, {0x3C00}), {x<std::uint16_t>(DataType::fp16, {0x3C01})}, 0, 1e-4),
      "index 0: expected 1 within 0.0001, got 1.00097656");
  EXPECT_EQ(
      difference(x<std::uint16_t>(DataType::bf16, {0x3F80}), {x<std::uint16_t>(DataType::bf16, {0x3F81})}, 0, 1e-4),
      "index 0: expected 1 within 0.0001, got 1.0078125");
  EXPECT_EQ(difference(x<std::uint16_t>(DataType::fp16, {0x0001}), {x<std::uint16_t>(DataType::fp16, {0x0000})}, 0, 0),
            "index 0: expected 5.96046448e-08 within 0, got 0");
}

TEST(Golden, IntegersExactly) {
  EXPECT_EQ(
      difference(x<std::int64_t>(DataType::int64, {1ll << 60}), {x<std::int64_t>(DataType::int64, {(1ll << 60) + 1})}),
      "index 0: expected 1152921504606846976, got 1152921504606846977");
  EXPECT_EQ(difference(x<std::int8_t>(DataType::int8, {0, -1}), {x<std::int8_t>(DataType::int8, {0, 1})}),
            "index 1: expected -1, got 1");
  EXPECT_EQ(difference(x<std::uint8_t>(DataType::boolean, {1}), {x<std::uint8_t>(DataType::boolean, {7})}), "");
  EXPECT_EQ(difference(x<std::uint8_t>(DataType::boolean, {1}), {x<std::uint8_t>(DataType::boolean, {0})}),
            "index 0: expected true, got false");
}

TEST(Golden, ShapesKindsAndNames) {
  const auto three = x<float>(DataType::fp32, {1, 2, 3});
  EXPECT_EQ(difference(three, {}), "it was not emitted");
  EXPECT_EQ(difference(three, {x<float>(DataType::fp32, {1, 2})}), "expected shape [3], got [2]");
  EXPECT_EQ(difference(three, {x<std::int32_t>(DataType::int32, {1, 2, 3})}), "expected datatype FP32, got INT32");
  EXPECT_EQ(difference(three, {three, three}), "expected 1 part, got 2");
  EXPECT_EQ(difference(three, {text_input("1 2 3", "x")}), "expected kind 1, got 2");
}

TEST(Golden, TextsAndStrings) {
  EXPECT_EQ(difference(text_input("hello", "x"), {text_input("he", "x"), text_input("llo", "x")}), "") << "a stream";
  EXPECT_EQ(difference(text_input("hello", "x"), {text_input("help", "x")}),
            "byte 3: expected 5 bytes \"hello\", got 4 bytes \"help\"");
  InputPart boots;
  boots.name = "x";
  boots.kind = PartKind::strings;
  boots.shape = {1};
  boots.strings = {stoa_str{"boot", 4}};
  InputPart bags = boots;
  bags.strings = {stoa_str{"bag", 3}};
  EXPECT_EQ(difference(boots, {boots}), "");
  EXPECT_EQ(difference(boots, {bags}), "index 0: expected \"boot\", got \"bag\"");
}

}  // namespace
}  // namespace stoa::runtime
