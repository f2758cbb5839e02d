// extensions.hpp: the host's extension tables, one file each beside this one. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "stoa/ext/assets.h"
#include "stoa/ext/entitlement.h"
#include "stoa/ext/log.h"
#include "stoa/ext/memory.h"
#include "stoa/ext/meter.h"
#include "stoa/ext/metrics.h"

// Each function here is called by a plugin, from C: none of them lets an exception out (all are noexcept), and each is
// documented in its header under sdk/include/stoa/ext.
namespace stoa::runtime::extensions {

// What a plugin wrote as NULL is empty.
inline std::string_view view(const stoa_str& text) {
  return text.p == nullptr ? std::string_view() : std::string_view(text.p, text.n);
}

extern const stoa_host_log kLog;
extern const stoa_host_metrics kMetrics;
extern const stoa_host_memory kMemory;
extern const stoa_host_assets kAssets;
extern const stoa_host_meter kMeter;
extern const stoa_host_entitlement kEntitlement;

}  // namespace stoa::runtime::extensions
