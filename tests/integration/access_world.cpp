// access_world.cpp SPDX-License-Identifier: Apache-2.0
#include "tests/integration/access_world.hpp"

namespace stoa::test {
namespace {

std::unique_ptr<AccessWorld> world;

class AccessEnvironment final : public ::testing::Environment {
 public:
  void SetUp() override {
    world = std::make_unique<AccessWorld>();
    world->serve();
  }
  void TearDown() override { world.reset(); }
};

[[maybe_unused]] const auto* const registered = ::testing::AddGlobalTestEnvironment(new AccessEnvironment);

}  // namespace

AccessWorld& the_world() { return *world; }

}  // namespace stoa::test
