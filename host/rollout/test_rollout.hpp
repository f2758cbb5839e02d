// test_rollout.hpp: for tests: a roll-out over real plugins, whose releases are lines of a table, and its clock.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "host/rollout/rollout.hpp"
#include "host/runtime/fixture_host.hpp"

namespace stoa::rollout {

inline constexpr std::uint64_t kSecondNs = 1'000'000'000;
inline const std::string kModel = "stoa-tests/fixture";

// What one request came to: the release's own words, one per part.
struct Answer {
  std::string library, name, text, error;
  bool operator==(const Answer&) const = default;
};

struct Bench {
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  Bench()
      : rollout(catalog, {.load = [this](const ReleaseId& id, const auto& on_step) { return load(id, on_step); },
                          .now_ns = [this] { return now_ns.load(); },
                          .told = [this](const std::string&, const Step& step) { note(step); }}) {
    std::filesystem::create_directory(folder);
  }
  ~Bench() { std::filesystem::remove_all(folder); }

  // The release called version is fixture versioned_a or _b with these words behind its version as its config.
  void release(const std::string& version, const std::string& words = "", char library = 'a',
               std::uint32_t threads = 1) {
    const std::lock_guard lock(mutex);
    runtime::PluginSource& source = sources[version];
    source = runtime::fixture_source(std::string("versioned_") + library);
    // A file of its own, as every release has: a library can be loaded once at a time.
    const auto file = folder / (version + ".so");
    std::filesystem::remove(file);  // a new one, not new bytes under a mapping
    std::filesystem::copy_file(source.library, file);
    source.library = file;
    source.models[0].version = version;
    source.models[0].config_json = words.empty() ? version : version + " " + words;
    source.models[0].limits.threads = threads;
    source.models[0].limits.queue_max = 4096;
  }

  Result<std::shared_ptr<inference::ServedModel>> load(const ReleaseId& id, const RolloutParts::OnStep& on_step) {
    runtime::PluginSource source;
    {
      const std::lock_guard lock(mutex);
      ++loads[id.version];
      source = sources.at(id.version);
    }
    auto instance = instance_of(source);
    if (!instance) return std::unexpected(instance.error());
    return inference::ServedModel::start(std::move(*instance), {false, host.log, on_step});
  }

  // Where a release runs: in this process, unless a test says otherwise.
  std::function<Result<std::unique_ptr<runtime::Instance>>(const runtime::PluginSource&)> instance_of =
      [this](const runtime::PluginSource& source) -> Result<std::unique_ptr<runtime::Instance>> {
    auto instances = runtime::load_plugin(source, host.services());
    if (!instances) return std::unexpected(instances.error());
    return std::move(instances->front());
  };

  void note(const Step& step) {
    const std::lock_guard lock(mutex);
    told += step.version + ":" + std::string(name_of(step.to)) + " ";
  }

  // All that can be done at this moment of the clock.
  void settle() {
    do rollout.step();
    while (rollout.work());
  }
  void pass(std::uint64_t ns) {
    now_ns += ns;
    settle();
  }
  ModelStatus status() const {
    for (auto& one : rollout.status())
      if (one.model == kModel) return one;
    return {};
  }
  ReleaseStatus status_of(const std::string& version) const {
    for (const auto& one : status().releases)
      if (one.version == version) return one;
    ADD_FAILURE() << "no release " << version;
    return {};
  }
  ReleaseState state_of(const std::string& version) const { return status_of(version).state; }

  // One request as a handler makes it: routed once, asked, awaited, listened to.
  Answer ask(const std::string& customer = "", const std::string& version = "", const std::string& text = "hello") {
    const auto routed = catalog.route(kModel, version, {.customer = customer, .session = "", .request = ""});
    if (!routed) return {"", "", "", routed.error().reason};
    return ask(*routed, text);
  }
  static Answer ask(const inference::Routed& routed, const std::string& text) {
    runtime::Asked asked(text);
    if (const auto queued = routed.model->enqueue(asked.call); !queued) return {"", "", "", queued.error().reason};
    auto mirrored = routed.mirror == nullptr ? nullptr : routed.mirror->begin(asked.call->spec());
    if (!asked.wait()) return {"", "", "", "it never ended"};
    if (mirrored != nullptr) {
      mirrored->add(asked.answer);
      mirrored->end(asked.call->error());
    }
    return answer_of(asked);
  }
  static Answer answer_of(const runtime::Asked& asked) {
    Answer answer;
    answer.error = asked.reason();
    for (const auto& part : asked.answer) {
      std::string& word = part.name() == "library" ? answer.library : part.name() == "name" ? answer.name : answer.text;
      word += runtime::text_of(part);
    }
    return answer;
  }

  TrafficPlan plan(const std::string& stable) const {
    TrafficPlan made;
    made.model = kModel;
    made.stable = stable;
    made.limits.requests_min = 50;
    made.limits.window_ns = kSecondNs;
    return made;
  }
  void apply(TrafficPlan made) {
    const auto applied = rollout.apply(std::move(made));
    ASSERT_TRUE(applied.has_value()) << applied.error().message;
    settle();
  }

  const std::filesystem::path folder = runtime::fixture_library("").parent_path() /
                                       ("releases_" + std::to_string(::getpid()) + "_" + std::to_string(bench_count++));
  static inline std::atomic<int> bench_count = 0;
  runtime::FixtureHost host;
  mutable std::mutex mutex;
  std::map<std::string, runtime::PluginSource> sources;
  std::map<std::string, int> loads;
  std::string told;
  std::atomic<std::uint64_t> now_ns{kSecondNs};
  inference::Catalog catalog;
  Rollout rollout;
};

// Asks until it is told to stop; between finding a release and asking it, it dawdles now and then, as a slow upload
// does.
class Customers {
 public:
  Customers(Bench& bench, std::size_t threads) {
    for (std::size_t t = 0; t < threads; ++t)
      threads_.emplace_back([this, &bench, t](const std::stop_token& stop) { ask(bench, stop, t); });
  }
  ~Customers() { stop(); }
  void stop() {
    for (auto& thread : threads_) thread.request_stop();
    threads_.clear();
  }
  std::atomic<std::uint64_t> answered{0}, lost{0}, mixed{0};
  std::string first_loss;  // once stopped

 private:
  void ask(Bench& bench, const std::stop_token& stop, std::size_t t) {
    std::minstd_rand random(static_cast<unsigned>(t + 1));
    while (!stop.stop_requested()) {
      const std::string customer = "c" + std::to_string(random() % 1000);
      const auto routed = bench.catalog.route(kModel, "", {.customer = customer, .session = "", .request = ""});
      if (!routed) {
        note_loss(routed.error().reason);
        continue;
      }
      for (unsigned i = random() % 64 == 0 ? 200 : 0; i > 0; --i) std::this_thread::yield();
      const Answer answer = Bench::ask(*routed, customer);
      ++answered;
      if (!answer.error.empty()) note_loss(answer.error);
      const std::string& version = routed->model->spec().version;
      const std::string library = (version.back() - '0') % 2 == 0 ? "A" : "B";
      if (answer != Answer{library, version, customer, ""}) ++mixed;
    }
  }
  void note_loss(const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (lost++ == 0) first_loss = why;
  }

  std::mutex mutex_;
  std::vector<std::jthread> threads_;
};

}  // namespace stoa::rollout
