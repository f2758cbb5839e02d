// worker_slot_test.cpp: what becomes of calls, of a model and of its host when a worker dies early, or never ends.
// SPDX-License-Identifier: Apache-2.0
#include "host/worker/worker_slot.hpp"

#include <signal.h>
#include <sys/mman.h>

#include <fstream>
#include <future>
#include <utility>

#include "host/runtime/fixture_host.hpp"
#include "host/thread/monotonic.hpp"
#include "host/worker/worker_instance.hpp"

#include <gtest/gtest.h>

namespace stoa::worker {
namespace {

using runtime::Asked;
using runtime::InstanceState;
using runtime::kTestPatienceNs;
using thread::monotonic_ns;

std::filesystem::path binary(const char* name) {
  return std::filesystem::path(std::getenv("STOA_BINARY_DIR")) / "bin" / name;
}

class WorkerSlotTest : public ::testing::Test {
 protected:
  WorkerSlotTest() {
    std::string made = (std::filesystem::temp_directory_path() / "stoa-slot-XXXXXX").string();
    if (::mkdtemp(made.data()) == nullptr) std::abort();
    folder = made;
    program.tier = Tier::t1;
    program.crashes_max = 1000;
    program.executable = folder / "worker";  // so that it can be taken away
  }
  ~WorkerSlotTest() override {
    instance.reset();
    std::filesystem::remove_all(folder);
  }
  Result<void> load(const char* executable, const std::string& config = "") {
    std::filesystem::create_symlink(binary(executable), program.executable);
    source.models[0].config_json = config;
    auto loaded = WorkerInstance::load(program, source, source.models[0], {}, services);
    if (!loaded) return std::unexpected(loaded.error());
    instance = std::move(*loaded);
    return make_ready(*instance);
  }
  Asked submit(runtime::CallSpec spec) {
    Asked asked(std::move(spec));
    instance->submit(std::span(&asked.call, 1));
    return asked;
  }
  static bool wait_until(const std::function<bool()>& is_so) {
    const std::uint64_t until_ns = monotonic_ns() + kTestPatienceNs / 4;
    while (!is_so() && monotonic_ns() < until_ns) std::this_thread::yield();
    return is_so();
  }
  static bool is_stopped(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    return text.find(") T ") != std::string::npos;
  }

  const runtime::FixtureHost host;
  runtime::HostServices services = host.services();
  WorkerProgram program;
  runtime::PluginSource source = runtime::fixture_source("crasher");
  std::filesystem::path folder;
  std::unique_ptr<WorkerInstance> instance;
};

// Whether the death is noticed before its last answer or after it.
TEST_F(WorkerSlotTest, AWorkerThatDiedWhenItWasWarmIsNotReady) {
  program.executable = binary("stoa_lying_worker");
  source.models[0].config_json = "dies when it is warm";
  const auto flight = std::make_shared<WorkerFlight>();
  flight->spec = source.models[0];
  std::promise<void> was_warm;
  std::promise<WorkerSlot::State> when_dead;
  bool has_died = false;
  std::unique_ptr<WorkerSlot> slot;
  const auto on_death = [&](const WorkerProcess::Death&) {
    if (std::exchange(has_died, true)) return;
    was_warm.get_future().wait();
    when_dead.set_value(slot->state());
  };
  slot = std::make_unique<WorkerSlot>(program, source, flight, services, [] {}, on_death);
  ASSERT_TRUE(slot->wait_started().has_value());
  const auto warm = slot->warm_up(monotonic_ns() + kTestPatienceNs);
  was_warm.set_value();
  EXPECT_EQ(when_dead.get_future().get(), WorkerSlot::State::recovering);
  if (!warm) EXPECT_EQ(warm.error().reason, "plugin.crashed");
}

TEST_F(WorkerSlotTest, AnIdleWorkerGetsWhatADeadOneHadNotRead) {
  source.models[0].limits.workers = 2;
  ASSERT_TRUE(load("stoa-worker").has_value());
  const auto ask_pid = [&] {
    runtime::CallSpec spec = Asked::with_text("pid");
    spec.session = "one";
    return submit(std::move(spec));
  };
  Asked first = ask_pid();
  ASSERT_TRUE(first.wait());
  const pid_t home = std::atoi(first.text().c_str());
  ASSERT_EQ(kill(home, SIGSTOP), 0);
  ASSERT_TRUE(wait_until([&] { return is_stopped(home); }));
  Asked unread = ask_pid();
  std::filesystem::remove(program.executable);  // it gets no replacement
  ASSERT_EQ(kill(home, SIGKILL), 0);
  EXPECT_TRUE(unread.wait());
  EXPECT_EQ(unread.reason(), "");
  EXPECT_NE(unread.text(), first.text());
}

// It is submitted again where another call of its batch found its worker dead.
TEST_F(WorkerSlotTest, ACallThatHasEndedIsNotBegunAgain) {
  ASSERT_TRUE(load("stoa-worker").has_value());
  constexpr std::size_t kMoreThanTheArena = 257u << 20;
  void* const memory = mmap(nullptr, kMoreThanTheArena, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  runtime::CallSpec spec = Asked::with_text("");
  spec.inputs[0].data = {static_cast<const std::byte*>(memory), kMoreThanTheArena};
  Asked refused = submit(std::move(spec));
  ASSERT_TRUE(refused.wait());
  EXPECT_EQ(refused.reason(), "worker.arena_full");
  instance->submit(std::span(&refused.call, 1));
  Asked cancelled("never begun");
  cancelled.call->finish(std::nullopt);
  instance->submit(std::span(&cancelled.call, 1));
  const auto drained = instance->drain(monotonic_ns() + 5'000'000'000);
  EXPECT_TRUE(drained.has_value()) << drained.error().message;
  munmap(memory, kMoreThanTheArena);
}

TEST_F(WorkerSlotTest, AWorkerThatDoesNotEndIsEnded) {
  ASSERT_TRUE(load("stoa_lying_worker", "does not end").has_value());
  const pid_t before = instance->pids().front();
  const auto replaced = instance->replace();
  EXPECT_TRUE(replaced.has_value()) << replaced.error().message;
  EXPECT_EQ(kill(before, 0), -1) << "it is gone";
  const auto drained = instance->drain(monotonic_ns() + kTestPatienceNs);
  EXPECT_TRUE(drained.has_value()) << drained.error().message;
  EXPECT_EQ(instance->state(), InstanceState::stopped);
}

TEST_F(WorkerSlotTest, NobodyWaitsForAReplacementThatIsNotNeededAnyMore) {
  source.models[0].limits.load_ns = 20'000'000'000;
  const std::filesystem::path mark = folder / "loaded";
  ASSERT_TRUE(load("stoa_lying_worker", "loads once: " + mark.string()).has_value());
  kill(instance->pids().front(), SIGKILL);
  ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(mark.string() + ".again"); }));
  const std::uint64_t began_ns = monotonic_ns();
  instance.reset();
  EXPECT_LT(monotonic_ns() - began_ns, 10'000'000'000u);
}

TEST_F(WorkerSlotTest, NobodyWaitsForALoadWhenTheHostStops) {
  source.models[0].limits.load_ns = 20'000'000'000;
  for (const char* how : {"never loads", "never warm"}) {
    std::filesystem::remove(program.executable);
    std::stop_source stop;
    services.stop = stop.get_token();
    auto loading = std::async(std::launch::async, [&] { return load("stoa_lying_worker", how); });
    EXPECT_EQ(loading.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout) << how;
    const std::uint64_t began_ns = monotonic_ns();
    stop.request_stop();
    const auto outcome = loading.get();
    ASSERT_FALSE(outcome.has_value()) << how;
    EXPECT_EQ(outcome.error().reason, "host.stopping") << how;
    EXPECT_LT(monotonic_ns() - began_ns, 10'000'000'000u) << how;
  }
}

}  // namespace
}  // namespace stoa::worker
