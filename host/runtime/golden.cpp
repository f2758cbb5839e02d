// golden.cpp: element-wise comparison of typed tensors. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/golden.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "host/runtime/abi_error.hpp"
#include "host/runtime/call_waiter.hpp"
#include "host/runtime/utf8.hpp"

namespace stoa::runtime {
namespace {

template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

// IEEE 754 binary16, bit by bit: the compiler's _Float16 is not everywhere.
double from_fp16(std::uint16_t bits) {
  const double sign = (bits & 0x8000u) != 0 ? -1.0 : 1.0;
  const int exponent = (bits >> 10) & 0x1F, fraction = bits & 0x3FF;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  if (exponent == 31) return fraction != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * HUGE_VAL;
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

double from_bf16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

bool is_float(DataType type) {
  return type == DataType::fp16 || type == DataType::bf16 || type == DataType::fp32 || type == DataType::fp64;
}

double float_at(DataType type, const std::byte* at) {
  switch (type) {
    case DataType::fp16:
      return from_fp16(load<std::uint16_t>(at));
    case DataType::bf16:
      return from_bf16(load<std::uint16_t>(at));
    case DataType::fp32:
      return load<float>(at);
    default:
      return load<double>(at);
  }
}

std::string integer_text(DataType type, const std::byte* at) {
  switch (type) {
    case DataType::boolean:
      return load<std::uint8_t>(at) != 0 ? "true" : "false";
    case DataType::uint8:
      return std::to_string(load<std::uint8_t>(at));
    case DataType::uint16:
      return std::to_string(load<std::uint16_t>(at));
    case DataType::uint32:
      return std::to_string(load<std::uint32_t>(at));
    case DataType::uint64:
      return std::to_string(load<std::uint64_t>(at));
    case DataType::int8:
      return std::to_string(load<std::int8_t>(at));
    case DataType::int16:
      return std::to_string(load<std::int16_t>(at));
    case DataType::int32:
      return std::to_string(load<std::int32_t>(at));
    default:
      return std::to_string(load<std::int64_t>(at));
  }
}

std::string float_text(double value) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.9g", value);
  return text;
}

bool is_close(double got, double expected, const GoldenOutput& rule) {
  if (std::isnan(expected) || std::isnan(got)) return std::isnan(expected) && std::isnan(got);
  if (std::isinf(expected) || std::isinf(got)) return expected == got;
  return std::abs(got - expected) <= rule.atol + rule.rtol * std::abs(expected);
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const std::int64_t extent : shape) text += (text.size() > 1 ? "," : "") + std::to_string(extent);
  return text + "]";
}

std::string quoted(std::string_view text) { return "\"" + printable(text, 80) + (text.size() > 80 ? "…\"" : "\""); }

// What differs, in words; empty when nothing does.
std::string compare_tensor(const GoldenOutput& rule, const OutputPart& got) {
  const InputPart& expected = rule.expected;
  if (got.datatype() != expected.datatype)
    return "expected datatype " + std::string(name_of(expected.datatype)) + ", got " +
           std::string(name_of(got.datatype()));
  if (!std::ranges::equal(got.shape(), expected.shape))
    return "expected shape " + shape_text(expected.shape) + ", got " + shape_text(got.shape());
  if (got.data().size() != expected.data.size())
    return "expected " + std::to_string(expected.data.size()) + " bytes, got " + std::to_string(got.data().size());
  const std::size_t width = size_of(expected.datatype);
  for (std::size_t i = 0; i * width < expected.data.size(); ++i) {
    const std::byte *want = expected.data.data() + i * width, *have = got.data().data() + i * width;
    if (is_float(expected.datatype)) {
      const double e = float_at(expected.datatype, want), g = float_at(expected.datatype, have);
      if (!is_close(g, e, rule))
        return "index " + std::to_string(i) + ": expected " + float_text(e) + " within " +
               float_text(rule.atol + rule.rtol * std::abs(e)) + ", got " + float_text(g);
    } else if (integer_text(expected.datatype, want) != integer_text(expected.datatype, have)) {
      return "index " + std::to_string(i) + ": expected " + integer_text(expected.datatype, want) + ", got " +
             integer_text(expected.datatype, have);
    }
  }
  return {};
}

std::string compare_strings(const InputPart& expected, const OutputPart& got) {
  if (!std::ranges::equal(got.shape(), expected.shape))
    return "expected shape " + shape_text(expected.shape) + ", got " + shape_text(got.shape());
  for (std::size_t i = 0; i < expected.strings.size() && i < got.strings().size(); ++i) {
    const std::string_view want(expected.strings[i].p, expected.strings[i].n);
    const std::string_view have(got.strings()[i].p, got.strings()[i].n);
    if (want != have) return "index " + std::to_string(i) + ": expected " + quoted(want) + ", got " + quoted(have);
  }
  return {};
}

std::string compare_bytes(const InputPart& expected, std::string_view got) {
  const std::string_view want(reinterpret_cast<const char*>(expected.data.data()), expected.data.size());
  if (want == got) return {};
  const auto differs = std::ranges::mismatch(want, got).in1 - want.begin();
  return "byte " + std::to_string(differs) + ": expected " + std::to_string(want.size()) + " bytes " + quoted(want) +
         ", got " + std::to_string(got.size()) + " bytes " + quoted(got);
}

std::string compare_output(const GoldenOutput& rule, std::span<const OutputPart> answer) {
  const OutputPart* first = nullptr;
  std::string bytes;
  std::size_t parts = 0;
  for (const auto& part : answer) {
    if (part.name() != rule.name) continue;
    if (first == nullptr) first = &part;
    ++parts;
    bytes.append(reinterpret_cast<const char*>(part.data().data()), part.data().size());
  }
  if (first == nullptr) return "it was not emitted";
  if (first->kind() != rule.expected.kind)
    return "expected kind " + std::to_string(static_cast<int>(rule.expected.kind)) + ", got " +
           std::to_string(static_cast<int>(first->kind()));
  const bool is_whole = rule.expected.kind == PartKind::tensor || rule.expected.kind == PartKind::strings;
  if (!is_whole) return compare_bytes(rule.expected, bytes);
  if (parts > 1) return "expected 1 part, got " + std::to_string(parts);
  return rule.expected.kind == PartKind::tensor ? compare_tensor(rule, *first) : compare_strings(rule.expected, *first);
}

}  // namespace

Result<void> compare_golden(const GoldenCase& golden, std::span<const OutputPart> answer) {
  for (const auto& rule : golden.outputs)
    if (const std::string difference = compare_output(rule, answer); !difference.empty())
      return failure(Code::failed_precondition, "plugin.golden",
                     "golden case \"" + golden.name + "\", output \"" + rule.name + "\": " + difference);
  return {};
}

Result<void> prove_golden(Instance& instance, const GoldenCase& golden, const std::function<void()>& settle) {
  const ModelSpec& spec = instance.spec();
  const std::uint64_t deadline_ns = instance.load_deadline_ns();
  CallSpec call_spec;
  call_spec.task = spec.task;
  call_spec.params_json = golden.params_json;
  call_spec.inputs = golden.inputs;
  call_spec.deadline_ns = deadline_ns;
  const auto waiter = std::make_shared<CallWaiter>();
  const auto call = Call::create(std::move(call_spec), waiter);
  instance.submit(std::span(&call, 1));
  std::vector<OutputPart> answer;
  const std::string subject = "golden case \"" + golden.name + "\"";
  if (!waiter->wait_finished(*call, answer, deadline_ns)) {
    instance.cancel(*call, Code::deadline_exceeded);
    return failure(Code::deadline_exceeded, "plugin.load_timeout",
                   subject + " was not answered within " + std::to_string(spec.limits.load_ns / 1'000'000) + " ms");
  }
  if (settle) settle();
  if (const auto& error = call->error())
    return failure(Code::failed_precondition, "plugin.golden",
                   subject + ": " + std::string(name_of(error->code)) + " " + error->reason + ": " + error->message);
  if (call->misuses() > 0)
    return failure(Code::failed_precondition, "plugin.golden", subject + ": " + call->first_misuse());
  return compare_golden(golden, answer);
}

}  // namespace stoa::runtime
