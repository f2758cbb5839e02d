// plugin_metrics.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/plugin_metrics.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <nlohmann/json.hpp>

namespace stoa::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;
using runtime::MetricKind;

constexpr std::size_t kLabelsMax = 4, kLabelBytesMax = 128;
// Decades with a middle, whatever the unit: a plugin says no buckets of its own.
constexpr std::array<double, 15> kBounds = {1e-6, 1e-5, 1e-4, 1e-3, 5e-3, 1e-2, 5e-2, 0.1,
                                            0.5,  1,    5,    10,   100,  1e3,  1e6};

using Labels = std::vector<std::pair<std::string, std::string>>;

bool is_label_name(std::string_view name) {
  return !name.empty() && name.size() <= 63 && (name[0] < '0' || name[0] > '9') && !name.starts_with("__") &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
             std::string_view::npos;
}

Result<Labels> parse_labels(std::string_view plugin, std::string_view json) {
  Labels labels = {{"plugin", std::string(plugin)}};
  if (json.empty()) return labels;
  const auto object = nlohmann::json::parse(json, nullptr, false);
  if (!object.is_object() || object.size() > kLabelsMax)
    return failure(Code::invalid_argument, "metric.bad_labels", "labels must be an object of at most 4 strings");
  for (const auto& [name, value] : object.items()) {
    if (!is_label_name(name) || name == "plugin" || name == "le" || !value.is_string() ||
        value.get_ref<const std::string&>().size() > kLabelBytesMax)
      return failure(
          Code::invalid_argument, "metric.bad_labels",
          "label '" + name.substr(0, 63) + "' must have a name of [A-Za-z0-9_] and a string of up to 128 bytes");
    labels.emplace_back(name, value.get<std::string>());
  }
  std::ranges::sort(labels);
  return labels;
}

void add(std::atomic<double>& to, double value) noexcept {
  double seen = to.load(std::memory_order_relaxed);
  while (!to.compare_exchange_weak(seen, seen + value, std::memory_order_relaxed)) {
  }
}

}  // namespace

class PluginMetrics::Series final : public runtime::MetricSeries {
 public:
  explicit Series(MetricKind kind) : kind_(kind) {}

  void record(double value) noexcept override {
    if (kind_ == MetricKind::gauge) return value_.store(value, std::memory_order_relaxed);
    add(value_, value);
    if (kind_ != MetricKind::histogram) return;
    const auto bucket = static_cast<std::size_t>(std::ranges::lower_bound(kBounds, value) - kBounds.begin());
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  }

  ClientMetric collect() const {
    ClientMetric metric;
    const double value = value_.load(std::memory_order_relaxed);
    if (kind_ == MetricKind::counter) metric.counter.value = value;
    if (kind_ == MetricKind::gauge) metric.gauge.value = value;
    if (kind_ != MetricKind::histogram) return metric;
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      cumulative += counts_[i].load(std::memory_order_relaxed);
      metric.histogram.bucket.push_back(
          {cumulative, i < kBounds.size() ? kBounds[i] : std::numeric_limits<double>::infinity()});
    }
    metric.histogram.sample_count = cumulative;
    metric.histogram.sample_sum = value;
    return metric;
  }

 private:
  const MetricKind kind_;
  std::atomic<double> value_{0};
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts_{};
};

PluginMetrics::PluginMetrics() = default;
PluginMetrics::~PluginMetrics() = default;

Result<runtime::MetricSeries*> PluginMetrics::open(std::string_view plugin, MetricKind kind, std::string_view name,
                                                   std::string_view help, std::string_view labels_json) {
  auto labels = parse_labels(plugin, labels_json);
  if (!labels) return std::unexpected(std::move(labels.error()));
  std::string full_name = "stoa_plugin_" + std::string(name);
  if (kind == MetricKind::counter && !full_name.ends_with("_total")) full_name += "_total";
  const std::lock_guard lock(mutex_);
  const auto [family, is_new] = families_.try_emplace(full_name, Family{kind, std::string(help), {}});
  if (!is_new && family->second.kind != kind)
    return failure(Code::invalid_argument, "metric.other_kind",
                   "'" + full_name + "' is already open as another kind of metric");
  auto& series = family->second.series[std::move(*labels)];
  if (!series) series = std::make_unique<Series>(kind);
  return series.get();
}

void PluginMetrics::report_memory(std::string_view plugin, DLDevice device, std::uint64_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  memory_bytes_[{std::string(plugin), static_cast<int>(device.device_type), device.device_id}] = bytes;
}

void PluginMetrics::collect(std::vector<prometheus::MetricFamily>& families) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, family] : families_) {
    prometheus::MetricFamily made;
    made.name = name;
    made.help = family.help;
    made.type = family.kind == MetricKind::counter ? MetricType::Counter
                : family.kind == MetricKind::gauge ? MetricType::Gauge
                                                   : MetricType::Histogram;
    for (const auto& [labels, series] : family.series) {
      auto metric = series->collect();
      for (const auto& [label, value] : labels) metric.label.push_back({label, value});
      made.metric.push_back(std::move(metric));
    }
    families.push_back(std::move(made));
  }
  prometheus::MetricFamily memory;
  memory.name = "stoa_plugin_device_memory_bytes";
  memory.help = "device memory a plugin says it holds; device is DLPack's type and id";
  memory.type = MetricType::Gauge;
  for (const auto& [key, bytes] : memory_bytes_) {
    auto& metric = memory.metric.emplace_back();
    metric.label = {{"plugin", std::get<0>(key)},
                    {"device", std::to_string(std::get<1>(key)) + ":" + std::to_string(std::get<2>(key))}};
    metric.gauge.value = static_cast<double>(bytes);
  }
  families.push_back(std::move(memory));
}

}  // namespace stoa::api
