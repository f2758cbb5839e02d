// metrics.cpp: stoa.host.metrics/1: a plugin's own series, checked and bounded in number.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <string>

#include "host/runtime/abi_error.hpp"
#include "host/runtime/extensions/extensions.hpp"
#include "host/runtime/host_context.hpp"
#include "host/runtime/utf8.hpp"

namespace stoa::runtime::extensions {
namespace {

constexpr std::size_t kNameBytesMax = 63, kHelpBytesMax = 512, kLabelsBytesMax = 1024;

bool is_name(std::string_view name) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  if (name.empty() || name.size() > kNameBytesMax || !is_letter(name[0])) return false;
  return std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

Result<stoa_metric*> find_or_open(HostContext& context, MetricKind kind, std::string_view name, std::string_view help,
                                  std::string_view labels_json) {
  const std::lock_guard lock(context.metrics_mutex);
  const auto key = std::tuple(kind, std::string(name), std::string(labels_json));
  if (const auto at = context.metric_by_key.find(key); at != context.metric_by_key.end()) return at->second;
  if (context.metrics.size() >= context.services.metric_series_max)
    return failure(Code::resource_exhausted, "metrics.too_many_series",
                   "the plugin has " + std::to_string(context.metrics.size()) + " series, that is its limit");
  auto series = context.services.metrics->open(context.plugin_id, kind, name, help, labels_json);
  if (!series) return std::unexpected(series.error());
  stoa_metric* metric = &context.metrics.emplace_back(stoa_metric{*series, kind});
  context.metric_by_key.emplace(key, metric);
  return metric;
}

stoa_metric* open(const stoa_host* host, std::int32_t kind, stoa_str name, stoa_str help, stoa_str labels_json,
                  stoa_error* err) noexcept {
  const auto refuse = [err](std::string_view why) {
    error_to_abi(Code::invalid_argument, "metrics.bad_series", why, err);
    return nullptr;
  };
  if (kind < STOA_METRIC_COUNTER || kind > STOA_METRIC_HISTOGRAM) return refuse("the kind is not one of 1..3");
  if (!is_name(view(name))) return refuse("the name is not [a-z][a-z0-9_]{0,62}");
  if (labels_json.n > kLabelsBytesMax || !is_utf8(view(labels_json)))
    return refuse("the labels are too long, or not UTF-8");
  auto metric = find_or_open(HostContext::of(host), static_cast<MetricKind>(kind), view(name),
                             printable(view(help), kHelpBytesMax), view(labels_json));
  if (metric) return *metric;
  error_to_abi(metric.error(), err);
  return nullptr;
}

void record(stoa_metric* metric, double value) noexcept {
  if (metric == nullptr || std::isnan(value) || (metric->kind == MetricKind::counter && value < 0)) return;
  metric->series->record(value);
}

}  // namespace

constinit const stoa_host_metrics kMetrics = {&open, &record};

}  // namespace stoa::runtime::extensions
