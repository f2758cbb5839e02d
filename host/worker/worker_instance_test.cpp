// worker_instance_test.cpp: the runtime's suite against models in worker processes, and what only they do.
// SPDX-License-Identifier: Apache-2.0
#include "host/worker/worker_instance.hpp"

#include <signal.h>

#include "host/runtime/instance_test_suite.hpp"

namespace stoa::runtime {
namespace {

worker::WorkerProgram program(worker::Tier tier) {
  worker::WorkerProgram made;
  made.executable = std::filesystem::path(std::getenv("STOA_BINARY_DIR")) / "bin" / "stoa-worker";
  made.tier = tier;
  return made;
}

InstanceFactory in_tier(std::string name, worker::Tier tier) {
  return {std::move(name), [tier](const PluginSource& source, const HostServices& services) {
            return worker::load_workers(program(tier), source, services);
          }};
}

INSTANTIATE_TEST_SUITE_P(Worker, InstanceTest,
                         ::testing::Values(in_tier("T1", worker::Tier::t1), in_tier("T2", worker::Tier::t2),
                                           in_tier("T2n", worker::Tier::t2n)),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace stoa::runtime
