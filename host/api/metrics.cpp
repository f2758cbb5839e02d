// metrics.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <mutex>

#include "host/api/process_metrics.hpp"

namespace stoa::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::string_view method_name(http::Method method) {
  switch (method) {
    case http::Method::get:
      return "GET";
    case http::Method::head:
      return "HEAD";
    case http::Method::post:
      return "POST";
    case http::Method::put:
      return "PUT";
    case http::Method::patch:
      return "PATCH";
    case http::Method::del:
      return "DELETE";
    case http::Method::options:
      return "OPTIONS";
    case http::Method::other:
      break;
  }
  return "other";
}

MetricFamily family(std::string name, std::string help, MetricType type) {
  MetricFamily made;
  made.name = std::move(name);
  made.help = std::move(help);
  made.type = type;
  return made;
}

ClientMetric with_value(MetricType type, double value, std::vector<ClientMetric::Label> labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return metric;
}

struct ModelRow {
  const char *name, *help;
  MetricType type;
  double (*value)(const inference::ModelStatistics&);
};

constexpr double us(std::uint64_t ns) { return static_cast<double>(ns) / 1e3; }

// The nv_* names and units are Triton's (docs/user_guide/metrics.md there), so that its dashboards work here.
const ModelRow kModelRows[] = {
    {"nv_inference_request_success", "requests answered well", MetricType::Counter,
     [](const auto& s) { return static_cast<double>(s.success_count); }},
    {"nv_inference_count", "requests handed to the model", MetricType::Counter,
     [](const auto& s) { return static_cast<double>(s.request_count); }},
    {"nv_inference_exec_count", "batches handed to the model", MetricType::Counter,
     [](const auto& s) { return static_cast<double>(s.batch_count); }},
    {"nv_inference_request_duration_us", "time of requests, queue included", MetricType::Counter,
     [](const auto& s) { return us(s.success_ns + s.fail_ns); }},
    {"nv_inference_queue_duration_us", "time spent waiting for the model", MetricType::Counter,
     [](const auto& s) { return us(s.queue_ns); }},
    {"nv_inference_compute_infer_duration_us", "time spent in the model", MetricType::Counter,
     [](const auto& s) { return us(s.compute_ns); }},
    {"nv_inference_pending_request_count", "requests in the queue", MetricType::Gauge,
     [](const auto& s) { return static_cast<double>(s.queued); }},
    {"stoa_model_inflight_requests", "requests the model holds", MetricType::Gauge,
     [](const auto& s) { return static_cast<double>(s.inflight); }},
    {"stoa_model_misuse_total", "rules of the plugin interface the plugin broke", MetricType::Counter,
     [](const auto& s) { return static_cast<double>(s.misuse_count); }},
    {"stoa_model_inline", "1 while the model runs on the I/O threads", MetricType::Gauge,
     [](const auto& s) { return s.is_inline ? 1.0 : 0.0; }},
};

struct WorkerRow {
  const char *name, *help;
  MetricType type;
  std::uint64_t runtime::WorkerStatistics::* value;
};
const WorkerRow kWorkerRows[] = {
    {"stoa_worker_memory_bytes", "private memory of the model's workers", MetricType::Gauge,
     &runtime::WorkerStatistics::memory_bytes},
    {"stoa_worker_restarts_total", "workers of the model that took the place of another", MetricType::Counter,
     &runtime::WorkerStatistics::restarts},
};

// Not one instant: a scrape may see a count without its sum. The next one sees both.
ClientMetric with_histogram(const inference::LatencySnapshot& seen, std::vector<ClientMetric::Label> labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < seen.counts.size(); ++i) {
    cumulative += seen.counts[i];
    const double bound_s = i < inference::kLatencyBoundsNs.size()
                               ? static_cast<double>(inference::kLatencyBoundsNs[i]) / 1e9
                               : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({cumulative, bound_s});
  }
  metric.histogram.sample_count = cumulative;
  metric.histogram.sample_sum = static_cast<double>(seen.sum_ns) / 1e9;
  return metric;
}

struct LatencyRow {
  const char *name, *help;
  inference::LatencySnapshot inference::ModelStatistics::* snapshot;
};
const LatencyRow kLatencyRows[] = {
    {"stoa_inference_duration_seconds", "requests, from queueing to their end",
     &inference::ModelStatistics::total_latency},
    {"stoa_inference_queue_seconds", "requests waiting for the model", &inference::ModelStatistics::queue_latency},
    {"stoa_inference_compute_seconds", "requests in the model", &inference::ModelStatistics::compute_latency},
};

struct FailureRow {
  const char* reason;  // Triton's words
  std::uint64_t (*value)(const inference::ModelStatistics&);
};
const FailureRow kFailureRows[] = {
    {"REJECTED", [](const auto& s) { return s.rejected_count; }},
    {"CANCELED", [](const auto& s) { return s.cancelled_count; }},
    {"OTHER", [](const auto& s) { return s.fail_count - std::min(s.fail_count, s.cancelled_count); }},
};

void collect_models(const inference::Catalog& catalog, std::vector<MetricFamily>& families) {
  const auto models = catalog.list();
  const auto labels = [](const inference::ServedModel& model) {
    return std::vector<ClientMetric::Label>{{"model", model.spec().name}, {"version", model.spec().version}};
  };
  for (const auto& row : kModelRows) {
    auto made = family(row.name, row.help, row.type);
    for (const auto& model : models)
      made.metric.push_back(with_value(row.type, row.value(model->statistics()), labels(*model)));
    families.push_back(std::move(made));
  }
  for (const auto& row : kWorkerRows) {
    auto made = family(row.name, row.help, row.type);
    for (const auto& model : models)
      if (const auto workers = model->instance().worker_statistics())
        made.metric.push_back(with_value(row.type, static_cast<double>((*workers).*row.value), labels(*model)));
    families.push_back(std::move(made));
  }
  for (const auto& row : kLatencyRows) {
    auto made = family(row.name, row.help, MetricType::Histogram);
    for (const auto& model : models)
      made.metric.push_back(with_histogram(model->statistics().*row.snapshot, labels(*model)));
    families.push_back(std::move(made));
  }
  auto failures =
      family("nv_inference_request_failure", "requests that failed, by who failed them", MetricType::Counter);
  auto ready = family("stoa_model_ready", "1 when the model takes requests", MetricType::Gauge);
  for (const auto& model : models) {
    for (const auto& row : kFailureRows) {
      auto with_reason = labels(*model);
      with_reason.push_back({"reason", row.reason});
      failures.metric.push_back(
          with_value(MetricType::Counter, static_cast<double>(row.value(model->statistics())), with_reason));
    }
    auto with_tier = labels(*model);
    with_tier.push_back({"isolation", std::string(model->instance().isolation())});
    ready.metric.push_back(with_value(MetricType::Gauge, model->is_ready() ? 1 : 0, with_tier));
  }
  families.push_back(std::move(failures));
  families.push_back(std::move(ready));
}

void collect_server(const http::ServerStatistics& server, std::vector<MetricFamily>& families) {
  const auto add = [&](const char* name, const char* help, MetricType type, std::uint64_t value) {
    auto made = family(name, help, type);
    made.metric.push_back(with_value(type, static_cast<double>(value), {}));
    families.push_back(std::move(made));
  };
  add("stoa_http_connections_accepted_total", "connections accepted", MetricType::Counter, server.connections_accepted);
  add("stoa_http_connections_open", "connections open now", MetricType::Gauge, server.connections_open);
  add("stoa_http_requests_inflight", "requests under way", MetricType::Gauge, server.requests_inflight);
  add("stoa_http_rejected_heads_total", "request heads refused by the parser", MetricType::Counter,
      server.rejected_heads);
  add("stoa_http_timeouts_total", "connections cut by a time-out", MetricType::Counter, server.timeouts);
  add("stoa_http_client_gone_total", "clients that hung up before their answer", MetricType::Counter,
      server.client_gone);
  add("stoa_http_handler_defects_total", "exceptions that reached a connection's root", MetricType::Counter,
      server.handler_defects);
}

}  // namespace

Metrics::Metrics() : plugins_(std::make_shared<PluginMetrics>()) {}

Metrics::RouteSeries& Metrics::route_series(const http::ExchangeRecord& exchange) {
  const std::string_view route = exchange.route.empty() ? "unmatched" : exchange.route.substr(0, 128);
  RouteSeries* const latest = latest_.load(std::memory_order_acquire);
  if (latest != nullptr && latest->method == exchange.method && latest->route == route) return *latest;
  std::array<char, 160> key_bytes;  // method, space, pattern: ours, and short
  const std::string_view method = method_name(exchange.method);
  char* end = std::copy(method.begin(), method.end(), key_bytes.data());
  *end++ = ' ';
  end = std::copy(route.begin(), route.end(), end);
  const std::string_view key(key_bytes.data(), static_cast<std::size_t>(end - key_bytes.data()));
  {
    const std::shared_lock lock(mutex_);
    if (const auto at = routes_.find(key); at != routes_.end()) {
      latest_.store(at->second.get(), std::memory_order_release);
      return *at->second;
    }
  }
  const std::unique_lock lock(mutex_);
  auto& series = routes_[std::string(key)];
  if (!series) series = std::make_unique<RouteSeries>(exchange.method, std::string(route));
  latest_.store(series.get(), std::memory_order_release);
  return *series;
}

void Metrics::record_exchange(const http::ExchangeRecord& exchange) {
  RouteSeries& series = route_series(exchange);
  series.by_status[exchange.status < kStatuses ? exchange.status : 0].fetch_add(1, std::memory_order_relaxed);
  series.bytes_in.fetch_add(exchange.bytes_in, std::memory_order_relaxed);
  series.bytes_out.fetch_add(exchange.bytes_out, std::memory_order_relaxed);
  series.duration.record(exchange.duration_ns);
}

void Metrics::collect_routes(Families& families) const {
  auto requests = family("stoa_http_requests_total", "requests by route and status", MetricType::Counter);
  auto in = family("stoa_http_request_bytes_total", "bytes of requests", MetricType::Counter);
  auto out = family("stoa_http_response_bytes_total", "bytes of responses", MetricType::Counter);
  auto duration = family("stoa_http_request_duration_seconds", "from head to last byte", MetricType::Histogram);
  const std::shared_lock lock(mutex_);
  for (const auto& [key, series] : routes_) {
    const std::size_t space = key.find(' ');
    const std::vector<ClientMetric::Label> labels = {{"method", key.substr(0, space)},
                                                     {"route", key.substr(space + 1)}};
    for (std::size_t status = 0; status < kStatuses; ++status) {
      const std::uint64_t count = series->by_status[status].load(std::memory_order_relaxed);
      if (count == 0) continue;
      auto with_status = labels;
      with_status.push_back({"status", std::to_string(status)});
      requests.metric.push_back(with_value(MetricType::Counter, static_cast<double>(count), with_status));
    }
    in.metric.push_back(with_value(MetricType::Counter, static_cast<double>(series->bytes_in.load()), labels));
    out.metric.push_back(with_value(MetricType::Counter, static_cast<double>(series->bytes_out.load()), labels));
    duration.metric.push_back(with_histogram(series->duration.snapshot(), labels));
  }
  for (auto* made : {&requests, &in, &out, &duration}) families.push_back(std::move(*made));
}

std::string Metrics::render(const inference::Catalog& catalog, const http::ServerStatistics& server,
                            const std::vector<HostGauge>& others) const {
  Families families;
  auto build = family("stoa_build_info", "the host's version", MetricType::Gauge);
  build.metric.push_back(with_value(MetricType::Gauge, 1, {{"version", STOA_VERSION}}));
  families.push_back(std::move(build));
  collect_models(catalog, families);
  collect_routes(families);
  collect_server(server, families);
  collect_process(families);
  plugins_->collect(families);
  for (const HostGauge& one : others) {
    const MetricType type = one.is_counter ? MetricType::Counter : MetricType::Gauge;
    if (families.back().name != one.name) families.push_back(family(one.name, one.help, type));
    std::vector<ClientMetric::Label> labels;
    for (const auto& [name, value] : one.labels) labels.push_back({name, value});
    families.back().metric.push_back(with_value(type, one.value, std::move(labels)));
  }
  std::erase_if(families, [](const MetricFamily& made) { return made.metric.empty(); });
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace stoa::api
