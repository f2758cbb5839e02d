// health_watch.cpp: one line when a model falls ill, one when it is well again. SPDX-License-Identifier: Apache-2.0
#include "host/app/health_watch.hpp"

#include <condition_variable>
#include <mutex>
#include <set>

#include "host/thread/monotonic.hpp"
#include "stoa/ext/health.h"

namespace stoa::app {
namespace {

constexpr std::uint64_t kCheckNs = 5'000'000'000;  // a check that takes longer is a model that does not answer

}  // namespace

HealthWatch::HealthWatch(const inference::Catalog& catalog, Log& log, std::chrono::milliseconds interval)
    : catalog_(catalog), log_(log), thread_([this, interval](std::stop_token stop) { run(stop, interval); }) {}

void HealthWatch::run(const std::stop_token& stop, std::chrono::milliseconds interval) {
  std::mutex mutex;
  std::condition_variable_any pause;
  std::set<std::string> sick;
  for (std::unique_lock lock(mutex); !pause.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); });) {
    for (const auto& model : catalog_.list()) {
      if (stop.stop_requested()) return;
      if (!model->instance().traits().has_health) continue;
      const std::string name = model->spec().name + " " + model->spec().version;
      const auto checked = model->check_health(STOA_HEALTH_LOADED, thread::monotonic_ns() + kCheckNs);
      if (!checked && sick.insert(name).second)
        log_.write(Level::error, "model.sick",
                   {{"model", name}, {"reason", checked.error().reason}, {"why", checked.error().message}});
      if (checked && sick.erase(name) > 0) log_.write(Level::info, "model.well", {{"model", name}});
    }
  }
}

}  // namespace stoa::app
