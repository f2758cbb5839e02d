// host_environment.cpp SPDX-License-Identifier: Apache-2.0
#include "tests/integration/host_environment.hpp"

#include <nlohmann/json.hpp>

namespace stoa::test {
namespace {

std::unique_ptr<ServedHost> host;

class HostEnvironment final : public ::testing::Environment {
 public:
  void SetUp() override {
    host = std::make_unique<ServedHost>();
    host->load("plugins/null/null.plugin");
    host->load("tests/integration/probe.plugin");
    host->serve();
  }
  void TearDown() override { host.reset(); }
};

[[maybe_unused]] const auto* const registered = ::testing::AddGlobalTestEnvironment(new HostEnvironment);

}  // namespace

ServedHost& the_host() { return *host; }

}  // namespace stoa::test
