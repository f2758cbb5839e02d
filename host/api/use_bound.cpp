// use_bound.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/use_bound.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "host/thread/monotonic.hpp"

namespace stoa::api {
namespace {

struct LimitRow {
  std::string_view meter;
  std::uint64_t units;
};
// What calls of today's models stay below; docs/how-to/bill-calls.md has them.
constexpr LimitRow kLimits[] = {{"token.in", 131'072},          {"token.out", 8'192},        {"image", 16},
                                {"second.audio", 3'600},        {kBytesOutMeter, 16u << 20}, {kSecondsMeter, 3'600},
                                {kMillisecondsMeter, 3'600'000}};
constexpr std::uint64_t kLimitOfOthers = 1'000;

constexpr std::string_view kTokensMeter = "token.out", kImageMeter = "image";
constexpr std::array<std::string_view, 4> kTokenParameters = {"max_tokens", "max_completion_tokens", "max_new_tokens",
                                                              "max_output_tokens"};
constexpr std::string_view kAnswersParameter = "n";

bool declares(const runtime::ModelSpec& model, std::string_view meter) {
  return std::ranges::find(model.meters, meter) != model.meters.end();
}

std::uint64_t product_of(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

}  // namespace

bool is_measured_here(std::string_view meter) {
  return meter == kCallMeter || meter == kBytesInMeter || meter == kBytesOutMeter || meter == kSecondsMeter ||
         meter == kMillisecondsMeter;
}

AskedFor asked_for(std::string_view params_json) {
  AskedFor asked;
  if (params_json.empty()) return asked;
  simdjson::dom::parser parser;
  simdjson::dom::object parameters;
  if (parser.parse(params_json.data(), params_json.size()).get_object().get(parameters) != simdjson::SUCCESS)
    return asked;
  for (const auto& [key, value] : parameters) {
    std::uint64_t number = 0;
    if (value.get_uint64().get(number) != simdjson::SUCCESS || number == 0) continue;
    if (key == kAnswersParameter) asked.answers = number;
    if (std::ranges::find(kTokenParameters, key) != kTokenParameters.end())
      asked.tokens = std::max(asked.tokens, number);
  }
  return asked;
}

std::uint64_t bytes_in(const runtime::CallSpec& call) {
  std::uint64_t bytes = 0;
  for (const runtime::InputPart& part : call.inputs) bytes += part.data.size();
  return bytes;
}

UseBound::UseBound(const runtime::ModelSpec& model, const runtime::CallSpec& call, const MeterLimits& limits)
    : model_(model), call_(call), limits_(limits) {
  if (declares(model, kTokensMeter) || declares(model, kImageMeter)) asked_ = asked_for(call.params_json);
}

std::uint64_t UseBound::limit_of(std::string_view meter) const {
  if (const auto set = limits_.find(meter); set != limits_.end()) return set->second;
  const auto* const row = std::ranges::find(kLimits, meter, &LimitRow::meter);
  return row == std::end(kLimits) ? kLimitOfOthers : row->units;
}

std::uint64_t UseBound::of(std::string_view meter) const {
  if (meter == kCallMeter) return 1;
  if (meter == kBytesInMeter) return bytes_in(call_);
  if (meter == kSecondsMeter || meter == kMillisecondsMeter) {
    if (call_.deadline_ns == 0) return limit_of(meter);
    const std::uint64_t now_ns = thread::monotonic_ns();
    const std::uint64_t left_ns = call_.deadline_ns > now_ns ? call_.deadline_ns - now_ns : 0;
    return units_begun(left_ns, meter == kSecondsMeter ? 1'000'000'000 : 1'000'000);
  }
  if (meter == kBytesOutMeter) return limit_of(meter);
  if (!declares(model_, meter)) return 0;  // the runtime refuses what a plugin says of it
  if (meter == kTokensMeter) return product_of(asked_.tokens != 0 ? asked_.tokens : limit_of(meter), asked_.answers);
  if (meter == kImageMeter) return std::max(limit_of(meter), asked_.answers);
  return limit_of(meter);
}

}  // namespace stoa::api
