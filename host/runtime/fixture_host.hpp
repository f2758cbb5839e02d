// fixture_host.hpp: for tests: a host's services that remember, and the fixture plugins of tests/conformance as
// sources. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/runtime/call_waiter.hpp"
#include "host/runtime/host_services.hpp"
#include "host/runtime/load_plugin.hpp"
#include "host/runtime/plugin_source.hpp"

namespace stoa::runtime {

inline constexpr std::uint64_t kTestPatienceNs = 60'000'000'000;  // nothing waits this long unless it is broken

struct RememberedLine {
  LogLevel level;
  std::string plugin, message, fields_json;
  std::uint64_t request_id;
};

class RememberingLog final : public LogSink {
 public:
  void write(const LogLine& line) noexcept override {
    const std::lock_guard lock(mutex_);
    lines_.push_back({line.level, std::string(line.plugin), std::string(line.message), std::string(line.fields_json),
                      line.request_id});
  }
  std::vector<RememberedLine> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  bool has(std::string_view words) const {
    for (const auto& line : lines())
      if (line.message.find(words) != std::string::npos) return true;
    return false;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<RememberedLine> lines_;
};

class RememberingMetrics final : public MetricsSink {
 public:
  struct Series final : MetricSeries {
    void record(double value) noexcept override { values.push_back(value); }
    std::vector<double> values;
  };
  Result<MetricSeries*> open(std::string_view, MetricKind, std::string_view name, std::string_view,
                             std::string_view) override {
    return &series[std::string(name)];
  }
  void report_memory(std::string_view, DLDevice, std::uint64_t bytes) noexcept override { reported_bytes = bytes; }

  std::map<std::string, Series, std::less<>> series;
  std::uint64_t reported_bytes = 0;
};

// No digest of any worth: the test only needs the same function on both sides.
inline Digest first_bytes(std::string_view text) {
  Digest digest{};
  std::memcpy(digest.data(), text.data(), std::min(text.size(), digest.size()));
  return digest;
}

struct FixtureHost {
  std::shared_ptr<RememberingLog> log = std::make_shared<RememberingLog>();
  std::shared_ptr<RememberingMetrics> metrics = std::make_shared<RememberingMetrics>();
  HostServices services() const {
    HostServices s;
    s.log = log;
    s.metrics = metrics;
    s.sha256 = &first_bytes;
    return s;
  }
};

inline std::filesystem::path fixture_library(const std::string& name) {
  const char* build = std::getenv("STOA_BINARY_DIR");
  return std::filesystem::absolute(build != nullptr ? build : ".") / "fixtures" / (name + ".so");
}

inline PluginSource fixture_source(const std::string& fixture, const std::string& model = "fixture") {
  PluginSource source;
  source.id = "stoa-tests/" + fixture;
  source.version = "1.0.0";
  source.library = fixture_library(fixture);
  source.source_sha256 = first_bytes(R"({"stoa": 1, "id": "stoa-tests/fixture"})");
  ModelSpec spec;
  spec.name = "stoa-tests/" + model;
  spec.version = "1.0.0";
  spec.local_name = model;
  spec.limits.load_ns = kTestPatienceNs;
  source.models.push_back(std::move(spec));
  return source;
}

// A text that the part keeps alive.
inline InputPart text_input(std::string_view text, std::string name = "text") {
  InputPart part;
  part.name = std::move(name);
  part.kind = PartKind::text;
  const auto owned = std::make_shared<const std::string>(text);
  part.data = std::as_bytes(std::span(*owned));
  part.keep = owned;
  return part;
}

template <class T>
InputPart tensor_input(std::string name, DataType type, std::vector<std::int64_t> shape, std::vector<T> values) {
  InputPart part;
  part.name = std::move(name);
  part.datatype = type;
  part.shape = std::move(shape);
  const auto owned = std::make_shared<const std::vector<T>>(std::move(values));
  part.data = std::as_bytes(std::span(*owned));
  part.keep = owned;
  return part;
}

inline std::string text_of(const OutputPart& part) {
  return {reinterpret_cast<const char*>(part.data().data()), part.data().size()};
}

// One request, and everything that came of it.
struct Asked {
  std::shared_ptr<CallWaiter> waiter = std::make_shared<CallWaiter>();
  std::shared_ptr<Call> call;
  std::vector<OutputPart> answer;

  explicit Asked(CallSpec spec) : call(Call::create(std::move(spec), waiter)) {}
  explicit Asked(std::string_view text) : Asked(with_text(text)) {}
  static CallSpec with_text(std::string_view text) {
    CallSpec spec;
    spec.inputs.push_back(text_input(text));
    return spec;
  }
  // False when it did not finish: the test is broken then.
  bool wait() { return waiter->wait_finished(*call, answer, thread::monotonic_ns() + kTestPatienceNs); }
  // The same, but a slow consumer's: takes nothing before the end.
  bool wait_untaken() {
    while (!call->finished())
      if (!waiter->wait_news(thread::monotonic_ns() + kTestPatienceNs) && !call->finished()) return false;
    return wait();
  }
  // What a plugin does behind its finish may be noticed a little later. False when it is something else in the end.
  bool wait_misuses(std::uint32_t n) const {
    for (int i = 0; i < 1000 && call->misuses() != n; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return call->misuses() == n;
  }
  std::string text() const { return answer.empty() ? "(nothing)" : text_of(answer.front()); }
  std::string reason() const { return call->error() ? call->error()->reason : ""; }
};

}  // namespace stoa::runtime
