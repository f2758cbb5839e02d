// use_bound.hpp: how much of a meter a call may use at most, before it has run. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "host/runtime/call.hpp"
#include "host/runtime/model_spec.hpp"

namespace stoa::api {

// Meters that the host measures itself, whatever a plugin says of them.
inline constexpr std::string_view kCallMeter = "call", kBytesInMeter = "byte.in", kBytesOutMeter = "byte.out",
                                  kSecondsMeter = "second.compute", kMillisecondsMeter = "millisecond.compute";
bool is_measured_here(std::string_view meter);

// A begun unit counts.
constexpr std::uint64_t units_begun(std::uint64_t amount, std::uint64_t unit) {
  return amount / unit + (amount % unit != 0);
}

// By meter; what the operator says goes before what is built in.
using MeterLimits = std::map<std::string, std::uint64_t, std::less<>>;

// Of a request, the numbers in its parameters that bound what comes out of it; 0: it names none.
struct AskedFor {
  std::uint64_t tokens = 0, answers = 1;
};
// params_json: an object that was read before, or empty. What is no whole number bounds nothing.
AskedFor asked_for(std::string_view params_json);

// The bytes of its inputs, as the model sees them.
std::uint64_t bytes_in(const runtime::CallSpec& call);

// In this order: what the host knows (1 call, the bytes that came in, the time until the deadline); nothing for a meter
// that the model does not declare; what the request bounds; the operator's limit; the built-in one.
class UseBound {
 public:
  // Lifetime: all outlive it.
  UseBound(const runtime::ModelSpec& model, const runtime::CallSpec& call, const MeterLimits& limits);
  std::uint64_t of(std::string_view meter) const;

 private:
  std::uint64_t limit_of(std::string_view meter) const;

  const runtime::ModelSpec& model_;
  const runtime::CallSpec& call_;
  const MeterLimits& limits_;
  AskedFor asked_;
};

}  // namespace stoa::api
