// zygote_keeper_test.cpp: which zygote, and what happens when it is gone. SPDX-License-Identifier: Apache-2.0
#include "host/worker/zygote_keeper.hpp"

#include <gtest/gtest.h>

#include <signal.h>

#include <fstream>

#include "host/runtime/fixture_host.hpp"
#include "host/worker/worker_instance.hpp"

namespace stoa::worker {
namespace {

using runtime::fixture_source;
using thread::monotonic_ns;

std::filesystem::path worker_program_path() {
  return std::filesystem::path(std::getenv("STOA_BINARY_DIR")) / "bin" / "stoa-worker";
}

class ZygoteKeeperTest : public testing::Test {
 protected:
  // A model whose worker has come up.
  std::unique_ptr<WorkerInstance> load(const runtime::PluginSource& source = fixture_source("crasher"),
                                       Tier tier = Tier::t1) {
    WorkerProgram program;
    program.executable = worker_program_path();
    program.tier = tier;
    program.zygotes = keeper;
    auto loaded = WorkerInstance::load(program, source, source.models[0], {}, host.services());
    EXPECT_TRUE(loaded.has_value()) << loaded.error().message;
    return loaded ? std::move(*loaded) : nullptr;
  }
  pid_t only_zygote() const {
    const auto pids = keeper->pids();
    return pids.size() == 1 ? pids.front() : 0;
  }

  runtime::FixtureHost host;
  std::shared_ptr<ZygoteKeeper> keeper = std::make_shared<ZygoteKeeper>(worker_program_path(), host.log);
};

TEST_F(ZygoteKeeperTest, StartsOneWhenItIsNeeded) {
  EXPECT_TRUE(keeper->pids().empty());
  const auto first = load(), second = load();
  EXPECT_NE(only_zygote(), 0);
  EXPECT_EQ(host.log->lines().size(), 0u);
}

TEST_F(ZygoteKeeperTest, WorkersHaveNoCapabilitiesNotEvenInTheirNamespace) {
  const Tier best = best_tier(probe_sandbox());
  for (const Tier tier : {Tier::t1, Tier::t2, Tier::t2n}) {
    if (tier > best) GTEST_SKIP() << "this machine has no " << name_of(tier);
    const auto worker = load(fixture_source("crasher"), tier);
    ASSERT_NE(worker, nullptr);
    std::ifstream status("/proc/" + std::to_string(worker->pids().at(0)) + "/status");
    int sets = 0;
    for (std::string line; std::getline(status, line);) {
      const bool is_set = line.starts_with("CapEff:") || line.starts_with("CapPrm:") || line.starts_with("CapInh:");
      if (is_set) EXPECT_EQ(line.substr(8), "0000000000000000") << name_of(tier) << ' ' << line.substr(0, 6);
      sets += is_set ? 1 : 0;
    }
    EXPECT_EQ(sets, 3) << name_of(tier);
  }
}

TEST_F(ZygoteKeeperTest, StartsAnotherWhenItDies) {
  const auto first = load();
  const pid_t before = only_zygote();
  ASSERT_NE(before, 0);
  for (const int how : {SIGKILL, SIGTERM}) {
    const pid_t now = only_zygote();
    kill(now, how);
    const auto next = load();  // by the new one, or without it: the model is loaded
    const std::uint64_t until_ns = monotonic_ns() + runtime::kTestPatienceNs / 4;
    while ((only_zygote() == now || only_zygote() == 0) && monotonic_ns() < until_ns) std::this_thread::yield();
    EXPECT_NE(only_zygote(), now);
    EXPECT_NE(only_zygote(), 0);
    const auto after = load();
  }
  EXPECT_TRUE(host.log->has("the zygote (bare) ended: SIGKILL"));
  EXPECT_TRUE(host.log->has("the zygote (bare) ended: SIGTERM"));
}

std::optional<runtime::PluginSource> source_on_torch() {
  auto source = fixture_source("on_torch/on_torch");
  if (!std::filesystem::exists(source.library)) return std::nullopt;
  return source;
}

TEST_F(ZygoteKeeperTest, OneForEachRuntime) {
  const auto source = source_on_torch();
  if (!source) GTEST_SKIP() << "built without libtorch";
  const auto bare = load(), on_torch = load(*source);
  ASSERT_NE(on_torch, nullptr);
  EXPECT_EQ(keeper->pids().size(), 2u);
  ASSERT_TRUE(on_torch->warm_up() && on_torch->prove());
  runtime::Asked asked("segv");
  on_torch->submit(std::span(&asked.call, 1));
  EXPECT_TRUE(asked.wait());
  runtime::Asked again("fine");
  on_torch->submit(std::span(&again.call, 1));
  EXPECT_TRUE(again.wait());
  EXPECT_EQ(again.text(), "well");
  EXPECT_FALSE(host.log->has("zygote"));
}

TEST_F(ZygoteKeeperTest, OneThatNeverWorksIsGivenUp) {
  LaunchSpec spec;
  spec.program = "/bin/true";
  spec.output = STDERR_FILENO;
  keeper = std::make_shared<ZygoteKeeper>("/bin/false", host.log);
  for (int i = 0; i < 6; ++i) {
    const auto launched = keeper->launch(spec, {}, monotonic_ns() + runtime::kTestPatienceNs);
    ASSERT_TRUE(launched.has_value()) << launched.error().message;
    EXPECT_EQ(waitpid(launched->pid, nullptr, 0), launched->pid);
    close(launched->pidfd);
    const std::uint64_t until_ns = monotonic_ns() + runtime::kTestPatienceNs / 4;
    while (!keeper->pids().empty() && monotonic_ns() < until_ns) std::this_thread::yield();
  }
  std::size_t ends = 0;
  for (const auto& line : host.log->lines()) ends += line.message.find("ended: status 1") != std::string::npos;
  EXPECT_EQ(ends, 3u) << "it was tried on and on";
  EXPECT_TRUE(host.log->has("workers are started without it"));
}

TEST(PreloadFor, TheBareOneUnlessTheLibraryNeedsARuntime) {
  runtime::PluginSource source = fixture_source("echo");
  EXPECT_EQ(preload_for(source, source.models[0]), Preload());
  source.permissions.devices = true;
  EXPECT_EQ(preload_for(source, source.models[0]), std::nullopt) << "never forked";
  source.permissions.devices = false;
  source.models[0].devices = {{kDLCUDA, 0}};
  EXPECT_EQ(preload_for(source, source.models[0]), std::nullopt) << "never forked";
  source = fixture_source("no such fixture");
  EXPECT_EQ(preload_for(source, source.models[0]), std::nullopt);
  if (const auto on_torch = source_on_torch()) {
    const auto preload = preload_for(*on_torch, on_torch->models[0]);
    ASSERT_TRUE(preload.has_value());
    EXPECT_EQ(preload->size(), 3u);
    EXPECT_TRUE(preload->front().starts_with("libc10.so"));
  }
}

TEST(PreloadFor, NotWhereThePackageBringsLibraries) {
  const auto on_torch = source_on_torch();
  if (!on_torch) GTEST_SKIP() << "built without libtorch";
  std::string folder = (std::filesystem::temp_directory_path() / "stoa-preload-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  runtime::PluginSource source = *on_torch;
  source.library = std::filesystem::path(folder) / "plugin.so";
  std::filesystem::create_symlink(on_torch->library, source.library);
  EXPECT_FALSE(preload_for(source, source.models[0])->empty());
  std::filesystem::create_directory(folder + "/private");
  std::filesystem::create_symlink(on_torch->library, folder + "/private/libother.so.7");
  EXPECT_TRUE(preload_for(source, source.models[0])->empty());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace stoa::worker
