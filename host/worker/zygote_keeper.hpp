// zygote_keeper.hpp: the zygotes of one host, one for each set of libraries its workers begin with.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/runtime/host_services.hpp"
#include "host/runtime/plugin_source.hpp"
#include "host/worker/zygote.hpp"

namespace stoa::worker {

using Preload = std::vector<std::string>;  // SONAMEs, sorted

// Which zygote a model's workers come from: with the system's libtorch where the plugin's library needs that and its
// package brings no library of its own, else the bare one. nullopt: none, they are spawned: with devices (what
// a CUDA driver holds does not survive a fork), or where the file cannot be read. Reads the library's headers, runs
// nothing.
std::optional<Preload> preload_for(const runtime::PluginSource& source, const runtime::ModelSpec& model);

// Threads: any. A zygote is started when it is first asked for, and again when it dies.
// Lifetime: its thread is the parent of all workers from its zygotes, and they are killed when it ends: it outlives
// them.
class ZygoteKeeper {
 public:
  ZygoteKeeper(std::filesystem::path program, std::shared_ptr<runtime::LogSink> log);
  ~ZygoteKeeper();
  ZygoteKeeper(const ZygoteKeeper&) = delete;
  ZygoteKeeper& operator=(const ZygoteKeeper&) = delete;

  // As worker::launch, by way of the zygote; where that does not do it, it is worker::launch, in the same tier and with
  // the calling thread as the parent, and the log says so.
  Result<Launched> launch(const LaunchSpec& spec, const Preload& preload, std::uint64_t until_ns);

  std::vector<pid_t> pids() const;  // of the zygotes that run. For tests and figures

 private:
  struct Place {
    std::shared_ptr<Zygote> zygote;  // shared: a launch may be under way while it is buried
    bool is_wanted = false, has_served = false;
    std::uint32_t failures = 0;  // in a row, without one worker in between
  };

  void run();
  void start(const Preload& preload, Place& place);
  void bury(const Preload& preload, Place& place);
  std::shared_ptr<Zygote> zygote_for(const Preload& preload);
  void log(runtime::LogLevel level, const std::string& message) const;

  const std::filesystem::path program_;
  const std::shared_ptr<runtime::LogSink> log_;
  Descriptor wake_;  // an eventfd

  mutable std::mutex mutex_;  // Lock: all below
  std::condition_variable moved_;
  std::map<Preload, Place> places_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace stoa::worker
