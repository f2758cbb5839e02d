// host_context.cpp: which extensions this host has. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/host_context.hpp"

#include <algorithm>
#include <string_view>

#include "host/runtime/extensions/extensions.hpp"
#include "stoa/ext/assets.h"
#include "stoa/ext/entitlement.h"
#include "stoa/ext/log.h"
#include "stoa/ext/memory.h"
#include "stoa/ext/meter.h"

namespace stoa::runtime {
namespace {

const void* get_extension(const stoa_host* host, const char* id) {
  if (id == nullptr) return nullptr;
  const std::string_view wanted(id);
  if (wanted == STOA_EXT_HOST_LOG) return &extensions::kLog;
  if (wanted == STOA_EXT_HOST_MEMORY) return &extensions::kMemory;
  if (wanted == STOA_EXT_HOST_ASSETS) return &extensions::kAssets;
  if (wanted == STOA_EXT_HOST_METER) return &extensions::kMeter;
  if (wanted == STOA_EXT_HOST_ENTITLEMENT) return &extensions::kEntitlement;
  if (wanted == STOA_EXT_HOST_METRICS)
    return HostContext::of(host).services.metrics != nullptr ? &extensions::kMetrics : nullptr;
  return nullptr;
}

constexpr std::string_view kHostName = "stoa";
constexpr std::string_view kHostVersion = STOA_VERSION;

}  // namespace

bool LineBudget::admit(std::uint64_t now_ns, std::uint64_t& dropped_before) {
  const std::lock_guard lock(mutex_);
  if (last_ns_ != 0 && now_ns > last_ns_)
    tokens_ = std::min(burst_, tokens_ + per_s_ * static_cast<double>(now_ns - last_ns_) * 1e-9);
  last_ns_ = now_ns;
  if (tokens_ < 1) {
    ++dropped_;
    return false;
  }
  tokens_ -= 1;
  dropped_before = dropped_;
  dropped_ = 0;
  return true;
}

HostContext::HostContext(std::string plugin_id_, std::vector<AssetFile> assets_, HostServices services_)
    : plugin_id(std::move(plugin_id_)),
      assets(std::move(assets_)),
      services(std::move(services_)),
      lines(services.log_lines_per_s, services.log_lines_burst) {
  record_.struct_size = sizeof(stoa_host);
  record_.abi = STOA_ABI_VERSION;
  record_.ctx = this;
  record_.name = {kHostName.data(), kHostName.size()};
  record_.version = {kHostVersion.data(), kHostVersion.size()};
  record_.get_extension = &get_extension;
}

void HostContext::log(LogLevel level, std::string_view message) const {
  LogLine line;
  line.level = level;
  line.plugin = plugin_id;
  line.message = message;
  services.log->write(line);
}

}  // namespace stoa::runtime
