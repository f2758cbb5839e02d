// worker_supply.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/worker_supply.hpp"

#include <filesystem>

namespace stoa::app {
namespace {

worker::WorkerProgram program_of(const Config& config, const worker::SandboxSupport& support) {
  worker::WorkerProgram program;
  program.executable = config.workers.program;
  std::error_code error;
  if (program.executable.empty())
    program.executable = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "stoa-worker";
  program.tier = worker::best_tier(support);
  program.uid = config.workers.uid;
  program.crashes_max = config.workers.crashes_max;
  program.memory_bytes_max = config.workers.memory_mib << 20;
  program.backoff_max_ns = std::uint64_t{config.workers.backoff_max_ms} * 1'000'000;
  program.hang_grace_ns = std::uint64_t{config.workers.hang_grace_ms} * 1'000'000;
  program.scratch = std::make_shared<worker::ScratchRoot>(config.state / "scratch");
  return program;
}

}  // namespace

WorkerSupply::WorkerSupply(const Config& config, std::shared_ptr<PluginLog> log)
    : config_(config), log_(std::move(log)) {}

const worker::WorkerProgram& WorkerSupply::program() {
  const std::lock_guard lock(mutex_);
  if (program_) return *program_;
  support_ = worker::probe_sandbox();
  program_ = program_of(config_, support_);
  program_->zygotes = std::make_shared<worker::ZygoteKeeper>(program_->executable, log_);
  return *program_;
}

worker::SandboxSupport WorkerSupply::support() {
  (void)program();
  const std::lock_guard lock(mutex_);
  return support_;
}

}  // namespace stoa::app
