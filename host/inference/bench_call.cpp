// bench_call.cpp: what a call costs before any model computes: inline, handed over to a model thread, and a bare
// condition-variable hand-over for comparison. SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <time.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "host/inference/served_model.hpp"
#include "host/runtime/fixture_host.hpp"

namespace stoa::inference {
namespace {

using runtime::Call;
using runtime::CallSpec;

// All threads' CPU time: a hand-over's cost is spent on both sides of it.
double process_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

class CpuPerCall {
 public:
  explicit CpuPerCall(benchmark::State& state) : state_(state), start_ns_(process_cpu_ns()) {}
  ~CpuPerCall() {
    const auto calls = static_cast<double>(state_.iterations() * calls_per_iteration);
    state_.counters["cpu_ns_per_call"] = (process_cpu_ns() - start_ns_) / calls;
  }
  std::int64_t calls_per_iteration = 1;

 private:
  benchmark::State& state_;
  const double start_ns_;
};

std::shared_ptr<ServedModel> serve(const char* fixture, std::uint32_t inline_threads) {
  const runtime::FixtureHost host;
  auto services = host.services();
  services.inline_threads = inline_threads;
  runtime::PluginSource source = runtime::fixture_source(fixture);
  source.models[0].limits.queue_max = 4096;
  auto loaded = runtime::load_plugin(source, services);
  if (!loaded) {
    std::fprintf(stderr, "%s\n", loaded.error().message.c_str());
    std::exit(1);
  }
  return ServedModel::start(std::move(loaded->front()), {inline_threads > 0, nullptr}).value();
}

CallSpec unary_spec() {
  static const runtime::InputPart kInput = runtime::text_input("hello");
  CallSpec spec;
  spec.inputs.push_back(kInput);
  spec.wants_progress = false;
  return spec;
}

void call_alone(benchmark::State& state) {
  const CpuPerCall cpu(state);
  for (auto _ : state) benchmark::DoNotOptimize(Call::create(unary_spec(), nullptr));
}
BENCHMARK(call_alone);

void inline_call(benchmark::State& state) {
  const auto model = serve("inlined", 1);
  const CpuPerCall cpu(state);
  for (auto _ : state) {
    const auto call = Call::create(unary_spec(), nullptr);
    if (!model->enqueue(call) || !call->finished()) std::abort();
    benchmark::DoNotOptimize(call->take());
  }
  if (!model->statistics().is_inline) state.SetLabel("moved off: this machine is too busy");
}
BENCHMARK(inline_call);

// As many requests under way as the argument says, from one client thread, as an I/O thread with so many connections
// has.
class Countdown final : public runtime::CallListener {
 public:
  explicit Countdown(int n) : left_(n) {}
  void on_progress() noexcept override {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) left_.notify_one();
  }
  void wait() {
    for (int left = left_.load(std::memory_order_acquire); left > 0; left = left_.load(std::memory_order_acquire))
      left_.wait(left, std::memory_order_acquire);
  }

 private:
  std::atomic<int> left_;
};

void handed_over_call(benchmark::State& state) {
  const auto model = serve("echo", 0);
  const int window = static_cast<int>(state.range(0));
  CpuPerCall cpu(state);
  cpu.calls_per_iteration = window;
  std::vector<std::shared_ptr<Call>> calls(static_cast<std::size_t>(window));
  for (auto _ : state) {
    const auto done = std::make_shared<Countdown>(window);
    for (auto& call : calls) {
      call = Call::create(unary_spec(), done);
      if (!model->enqueue(call)) std::abort();
    }
    done->wait();
    for (auto& call : calls) benchmark::DoNotOptimize(call->take());
  }
  state.SetItemsProcessed(state.iterations() * window);
}
BENCHMARK(handed_over_call)->Arg(1)->Arg(16)->Arg(64)->UseRealTime();

// The least a hand-over by textbook can cost: two flags, two condition variables, no queue and no model.
void bare_condition_variables(benchmark::State& state) {
  std::mutex mutex;
  std::condition_variable asked, answered;
  bool has_request = false, has_answer = false, is_over = false;
  std::thread worker([&] {
    std::unique_lock lock(mutex);
    for (;;) {
      asked.wait(lock, [&] { return has_request || is_over; });
      if (is_over) return;
      has_request = false;
      has_answer = true;
      answered.notify_one();
    }
  });
  {
    const CpuPerCall cpu(state);
    for (auto _ : state) {
      std::unique_lock lock(mutex);
      has_request = true;
      asked.notify_one();
      answered.wait(lock, [&] { return has_answer; });
      has_answer = false;
    }
  }
  {
    const std::lock_guard lock(mutex);
    is_over = true;
  }
  asked.notify_one();
  worker.join();
}
BENCHMARK(bare_condition_variables)->UseRealTime();

}  // namespace
}  // namespace stoa::inference

BENCHMARK_MAIN();
