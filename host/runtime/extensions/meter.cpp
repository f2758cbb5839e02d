// meter.cpp: stoa.host.meter/1: a request's totals, kept with its call. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/call.hpp"
#include "host/runtime/extensions/extensions.hpp"

namespace stoa::runtime::extensions {
namespace {

stoa_status set_total(const stoa_host*, const stoa_request* req, stoa_str meter, std::int64_t total_micro) noexcept {
  if (req == nullptr || (meter.p == nullptr && meter.n > 0)) return STOA_INVALID_ARGUMENT;
  return Call::of(*req)->set_meter({meter.p, meter.n}, total_micro);
}

}  // namespace

constinit const stoa_host_meter kMeter = {&set_total};

}  // namespace stoa::runtime::extensions
