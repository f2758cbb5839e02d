// host.cpp: the host extensions of the conformance kit.
// SPDX-License-Identifier: Apache-2.0
#include "sdk/check/host.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>

#include "sdk/check/exchange.hpp"
#include "sdk/check/guarded.hpp"
#include "stoa/ext/assets.h"
#include "stoa/ext/entitlement.h"
#include "stoa/ext/log.h"
#include "stoa/ext/memory.h"
#include "stoa/ext/meter.h"
#include "stoa/ext/metrics.h"
#include "stoa/failure.hpp"

// The opaque types of the ABI are this host's to define.
struct stoa_asset {
  stoa::check::Host* host;
  std::unique_ptr<stoa::check::Pages> bytes;
  std::uint64_t size;
};
struct stoa_metric {
  stoa::check::Host* host;
  std::int32_t kind;
  double last;
};

namespace stoa::check {

struct Series {
  stoa_metric metric;
};

namespace {

// In front of every block, so that a release finds its host and a second release is seen.
struct alignas(64) BlockHead {
  Host* host;
  std::uint64_t state;
};
constexpr std::uint64_t kBlockLive = 0x5354'4f41'4c49'5645, kBlockFree = 0x5354'4f41'4652'4545;
constexpr std::size_t kSeriesMax = 256;

bool is_metric_name(std::string_view name) {
  if (name.empty() || name.size() > 63 || name[0] < 'a' || name[0] > 'z') return false;
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  return true;
}

}  // namespace

struct Host::Tables {
  static Host& of(const stoa_host* host) { return *static_cast<Host*>(host->ctx); }

  static void log(const stoa_host* host, std::int32_t, const stoa_request*, stoa_str message, stoa_str) {
    const std::lock_guard lock(of(host).mutex_);
    of(host).log_lines_.emplace_back(view_of(message));
  }

  static stoa_metric* open_metric(const stoa_host* host, std::int32_t kind, stoa_str name, stoa_str, stoa_str labels,
                                  stoa_error* err) {
    if (!is_metric_name(view_of(name)) || kind < STOA_METRIC_COUNTER || kind > STOA_METRIC_HISTOGRAM) {
      detail::fill(err, Code::invalid_argument, "metric.name", "a metric's name is [a-z][a-z0-9_]{0,62}");
      return nullptr;
    }
    Host& self = of(host);
    const std::lock_guard lock(self.mutex_);
    const std::string key = std::string(view_of(name)) + std::string(view_of(labels));
    if (self.metrics_.size() >= kSeriesMax && !self.metrics_.contains(key)) {
      detail::fill(err, Code::resource_exhausted, "metric.series", "a plugin has at most 256 series");
      return nullptr;
    }
    Series& series = self.metrics_.try_emplace(key, Series{stoa_metric{&self, kind, 0}}).first->second;
    return &series.metric;
  }
  static void record(stoa_metric* metric, double value) {
    if (std::isnan(value)) return;
    const std::lock_guard lock(metric->host->mutex_);
    metric->last = metric->kind == STOA_METRIC_COUNTER ? metric->last + value : value;
  }

  static void* alloc(const stoa_host* host, const stoa_request*, std::uint64_t n, stoa_error* err) {
    void* memory =
        n > (std::uint64_t{1} << 40) ? nullptr : std::aligned_alloc(64, sizeof(BlockHead) + (n + 63) / 64 * 64);
    if (memory == nullptr) {
      detail::fill(err, Code::resource_exhausted, "memory.limit",
                   "the kit has no block of " + std::to_string(n) + " bytes");
      return nullptr;
    }
    auto* head = new (memory) BlockHead{&of(host), kBlockLive};
    ++of(host).blocks_out_;
    void* block = head + 1;
    std::memset(block, 0xA5, n);  // not zeroed, and a plugin that relies on zeros shows it
    return block;
  }
  static void release(void* block) {
    auto* head = static_cast<BlockHead*>(block) - 1;
    if (head->state != kBlockLive) {
      head->host->fault("a block of memory was given back twice, or never came from the host");
      return;
    }
    head->state = kBlockFree;
    --head->host->blocks_out_;
    std::free(head);
  }
  static void free_block(const stoa_host*, void* block) {
    if (block != nullptr) release(block);
  }
  static void release_part(stoa_part* part) { release(part->owner); }
  static void report(const stoa_host*, DLDevice, std::uint64_t) {}

  static stoa_status open_asset(const stoa_host* host, stoa_str path, stoa_asset** out, std::uint64_t* size,
                                stoa_error* err) {
    Host& self = of(host);
    const auto found = self.spec_.assets.find(std::string(view_of(path)));
    if (found == self.spec_.assets.end())
      return detail::fill(err, Code::not_found, "asset.unknown",
                          "the manifest has no asset '" + std::string(view_of(path)) + "'");
    std::ifstream file(found->second, std::ios::binary | std::ios::ate);
    if (!file) return detail::fill(err, Code::data_loss, "asset.unreadable", "cannot read " + found->second);
    *size = static_cast<std::uint64_t>(file.tellg());
    auto asset = std::make_unique<stoa_asset>(stoa_asset{&self, std::make_unique<Pages>(*size), *size});
    file.seekg(0).read(reinterpret_cast<char*>(asset->bytes->begin()), static_cast<std::streamsize>(*size));
    asset->bytes->make_read_only();
    ++self.assets_open_;
    *out = asset.release();
    return STOA_OK;
  }
  static std::int64_t read_at(stoa_asset* asset, std::uint64_t offset, void* to, std::uint64_t n) {
    if (offset >= asset->size) return 0;
    n = std::min(n, asset->size - offset);
    std::memcpy(to, asset->bytes->begin() + offset, n);
    return static_cast<std::int64_t>(n);
  }
  static const void* map(stoa_asset* asset, stoa_error*) { return asset->bytes->begin(); }
  static void close_asset(stoa_asset* asset) {
    if (asset == nullptr) return;
    --asset->host->assets_open_;
    delete asset;
  }

  static stoa_status set_total(const stoa_host*, const stoa_request* request, stoa_str meter, std::int64_t total) {
    return Exchange::of(request).set_meter(view_of(meter), total);
  }

  static stoa_status query(const stoa_host* host, const stoa_request*, stoa_str feature, stoa_grant* out,
                           stoa_error* err) {
    const auto found = of(host).spec_.grants.find(std::string(view_of(feature)));
    if (found == of(host).spec_.grants.end())
      return detail::fill(err, Code::permission_denied, "licence.feature", "the licence does not grant this feature");
    if (STOA_HAS(stoa_grant, out, limit)) out->limit = found->second;
    return STOA_OK;
  }

  static const void* get_extension(const stoa_host* host, const char* id) {
    static constexpr stoa_host_log kLog{log};
    static constexpr stoa_host_metrics kMetrics{open_metric, record};
    static constexpr stoa_host_memory kMemory{alloc, free_block, release_part, report};
    static constexpr stoa_host_assets kAssets{open_asset, read_at, map, close_asset};
    static constexpr stoa_host_meter kMeter{set_total};
    static constexpr stoa_host_entitlement kEntitlement{query};
    const std::string_view wanted(id);
    if (!of(host).spec_.has_extensions) return nullptr;
    if (wanted == STOA_EXT_HOST_LOG) return &kLog;
    if (wanted == STOA_EXT_HOST_METRICS) return &kMetrics;
    if (wanted == STOA_EXT_HOST_MEMORY) return &kMemory;
    if (wanted == STOA_EXT_HOST_ASSETS) return &kAssets;
    if (wanted == STOA_EXT_HOST_METER) return &kMeter;
    if (wanted == STOA_EXT_HOST_ENTITLEMENT) return &kEntitlement;
    return nullptr;
  }
};

Host::Host(HostSpec spec) : spec_(std::move(spec)) {
  record_.struct_size = sizeof record_;
  record_.abi = STOA_ABI_VERSION;
  record_.ctx = this;
  record_.name = str_of("stoa check");
  record_.version = str_of(STOA_VERSION);
  record_.get_extension = Tables::get_extension;
}

Host::~Host() = default;

void Host::fault(std::string what) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(std::move(what));
}

std::vector<std::string> Host::log_lines() const {
  const std::lock_guard lock(mutex_);
  return log_lines_;
}

double Host::metric(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = metrics_.find(name);
  return found == metrics_.end() ? 0 : found->second.metric.last;
}

std::vector<std::string> Host::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

}  // namespace stoa::check
