// worker_instance_test.cpp: the runtime's suite against models in worker processes, and what only they do.
// SPDX-License-Identifier: Apache-2.0
#include "host/worker/worker_instance.hpp"

#include <signal.h>

#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "host/runtime/instance_test_suite.hpp"
#include "host/worker/fixture_crasher.hpp"
#include "host/worker/test_sandbox.hpp"

namespace stoa::runtime {
namespace {

InstanceFactory in_tier(std::string name, worker::Tier tier) {
  using Loaded = Result<std::vector<std::unique_ptr<Instance>>>;
  static const worker::SandboxSupport kSupport = worker::probe_sandbox();
  std::string lacks;
  if (tier > worker::best_tier(kSupport))
    lacks = tier == worker::Tier::t2n ? "user namespaces, Landlock or seccomp" : "Landlock or seccomp";
  const auto load = [tier](const PluginSource& source, const HostServices& services) -> Loaded {
    std::vector<std::unique_ptr<Instance>> instances;
    for (const ModelSpec& model : source.models) {
      auto loaded = worker::load_worker(program(tier), source, model, services);
      if (!loaded) return std::unexpected(loaded.error());
      instances.push_back(std::move(*loaded));
    }
    return instances;
  };
  return {std::move(name), load, std::move(lacks)};
}

INSTANTIATE_TEST_SUITE_P(Worker, InstanceTest,
                         ::testing::Values(in_tier("T1", worker::Tier::t1), in_tier("T2", worker::Tier::t2),
                                           in_tier("T2n", worker::Tier::t2n)),
                         [](const auto& info) { return info.param.name; });

// Where there is no such card, the refusal names it; where there is one, the model loads.
TEST(WorkerCards, AreThoseOfTheModel) {
  if (worker::best_tier(worker::probe_sandbox()) < worker::Tier::t2) GTEST_SKIP() << "this machine has no T2";
  FixtureHost host;
  PluginSource source = fixture_source("crasher");
  source.permissions.devices = true;
  source.models[0].devices = {{kDLCPU, 0}, {kDLCUDA, 127}};
  const auto loaded = worker::load_worker(program(worker::Tier::t2), source, source.models[0], host.services());
  if (std::filesystem::exists("/dev/nvidia127")) GTEST_SKIP() << "this machine has 128 cards";
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().reason, "sandbox.landlock");
  EXPECT_NE(loaded.error().message.find("cannot grant /dev/nvidia127"), std::string::npos) << loaded.error().message;
}

TEST_F(CrasherTest, SaysWhatHappenedAndIsReplaced) {
  const auto before = instance->pids();
  const Asked crashed = ask("segv");
  EXPECT_EQ(crashed.reason(), "plugin.crashed");
  EXPECT_EQ(ask("fine").text(), "well") << "the next call waits for the replacement";
  EXPECT_NE(instance->pids(), before);
  EXPECT_TRUE(host.log->has("SIGSEGV at address 0x10, last request " + std::to_string(crashed.call->id())));
}

TEST_F(CrasherTest, SaysWhereAStackOverflowed) {
  if (worker::kIsSanitized) GTEST_SKIP() << "the sanitizers take the signal, and their stack, for themselves";
  const Asked crashed = ask("overflow");
  EXPECT_EQ(crashed.reason(), "plugin.crashed");
  EXPECT_EQ(ask("fine").text(), "well");
  EXPECT_TRUE(host.log->has("SIGSEGV at address 0x"));
  EXPECT_TRUE(host.log->has(", last request " + std::to_string(crashed.call->id())));
}

// Against the host only the nice value of its session counts, where the kernel has such groups.
TEST_F(CrasherTest, ItsSessionIsNice) {
  const auto group_of = [](const std::string& process) {
    std::ifstream file("/proc/" + process + "/autogroup");
    std::string text;
    std::getline(file, text);
    return text;
  };
  const std::string ours = group_of("self"), pid = std::to_string(instance->pids().front());
  if (ours.empty()) GTEST_SKIP() << "this kernel does not group by session";
  const std::string wanted = " nice " + std::to_string(worker::SandboxPolicy{}.nice);
  const std::uint64_t until_ns =
      thread::monotonic_ns() + kTestPatienceNs;  // the kernel takes one change in 100 ms from all
  while (!group_of(pid).ends_with(wanted) && thread::monotonic_ns() < until_ns) std::this_thread::yield();
  EXPECT_TRUE(group_of(pid).ends_with(wanted)) << group_of(pid);
  EXPECT_EQ(group_of("self"), ours);
}

TEST_F(CrasherTest, EndsOneThatEndsItself) {
  EXPECT_EQ(ask("exit").reason(), "plugin.crashed");
  EXPECT_TRUE(wait_for(InstanceState::ready));
  EXPECT_TRUE(host.log->has("it ended itself with status"));
}

// In this process such a model answers no more (InProcessInstance.SurvivesAThrowAndTakesNoMore).
TEST_F(CrasherTest, OneWhoseModelThrewIsReplaced) {
  load(1, "thrower");
  EXPECT_EQ(ask("anything").reason(), "plugin.threw");
  EXPECT_TRUE(wait_until([&] { return instance->worker_statistics()->restarts == 1; }));
  EXPECT_TRUE(wait_for(InstanceState::ready));
  EXPECT_EQ(ask("anything").reason(), "plugin.threw");
  EXPECT_TRUE(host.log->has("the model takes no more requests"));
}

TEST_F(CrasherTest, KillsOneThatHangsOrStops) {
  for (const char* how : {"hang", "stop"}) {
    EXPECT_EQ(ask(how, 20'000'000).reason(), "plugin.crashed") << how;
    EXPECT_EQ(ask("fine").text(), "well") << how;
  }
  EXPECT_TRUE(host.log->has("ms after its deadline"));
}

// A replacement is warmed up by its supervisor, who goes on supervising meanwhile.
TEST_F(CrasherTest, AReplacementMayTakeItsTimeAndPrintWhileItWarmsUp) {
  for (const char* how : {"wait", "print"}) {
    load(1, "slow_starter", how);
    EXPECT_EQ(ask("fine").text(), "warm") << how;
    EXPECT_EQ(ask("exit").reason(), "plugin.crashed") << how;
    EXPECT_EQ(ask("fine").text(), "warm") << how;
    EXPECT_EQ(instance->worker_statistics()->restarts, 1u) << how;
    EXPECT_FALSE(host.log->has("did not start")) << how;
  }
}

// Together they are longer than a record may be, and each of them fits.
TEST_F(CrasherTest, TakesABatchOfAnyLength) {
  load(1, "crasher", "batches");
  std::vector<Asked> asked;
  std::vector<std::shared_ptr<Call>> calls;
  for (const std::size_t bytes : {60'000, 60'000, 300'000, 60'000, 60'000, 60'000, 60'000}) {
    CallSpec spec = Asked::with_text("fine");
    spec.outputs = {std::string(bytes, 'x')};
    calls.push_back(asked.emplace_back(std::move(spec)).call);
  }
  instance->submit(calls);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    EXPECT_TRUE(asked[i].wait());
    EXPECT_EQ(asked[i].reason(), i == 2 ? "request.too_large" : "") << i;
  }
  EXPECT_EQ(ask("fine").text(), "well");
}

// Whoever reads an answer may outlive the model that gave it.
TEST_F(CrasherTest, APartOutlivesItsModel) {
  load(1, "echo");
  CallSpec spec;
  spec.inputs.push_back(tensor_input<float>("x", DataType::fp32, {50'000}, std::vector<float>(50'000, 1.5f)));
  Asked asked(std::move(spec));
  instance->submit(std::span(&asked.call, 1));
  ASSERT_TRUE(asked.wait());
  asked.call.reset();
  instance.reset();
  ASSERT_EQ(asked.answer.size(), 1u);
  EXPECT_EQ(reinterpret_cast<const float*>(asked.answer[0].data().data())[49'999], 1.5f);
  asked.answer.clear();  // and is counted somewhere
}

// By its own rules, which only the worker asks for.
TEST_F(CrasherTest, FormsTheBatchesThatItsModelTakes) {
  load(1, "batcher", "0");
  const std::string much(25, 'x');
  for (const Asked& asked : ask_together(std::vector<std::string>(8, much))) EXPECT_EQ(asked.text(), "4/100");
  const auto mixed = ask_together({std::string(300, 'x'), "x", much, much, much, much, "x"});
  const char* const kBatches[] = {"1/300", "4/76", "4/76", "4/76", "4/76", "2/26", "2/26"};
  for (std::size_t i = 0; i < mixed.size(); ++i) EXPECT_EQ(mixed[i].text(), kBatches[i]) << i;
  std::vector<Asked> kinds;
  std::vector<std::shared_ptr<Call>> calls;
  for (int i = 0; i < 6; ++i) {
    CallSpec spec = Asked::with_text("x");
    spec.task = i % 3 == 0 ? "odd" : "even";
    calls.push_back(kinds.emplace_back(std::move(spec)).call);
  }
  instance->submit(calls);
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    EXPECT_TRUE(kinds[i].wait());
    EXPECT_EQ(kinds[i].text(), i % 3 == 0 ? "2/2" : "4/4") << i;
  }
}

TEST_F(CrasherTest, IsQuarantinedAfterFiveInAMinute) {
  for (const char* how : {"segv", "abort", "exit", "segv", "abort"}) {
    ASSERT_TRUE(wait_for(InstanceState::ready)) << how;
    EXPECT_EQ(ask(how).reason(), "plugin.crashed") << how;
  }
  EXPECT_TRUE(wait_for(InstanceState::failed));
  EXPECT_EQ(ask("fine").reason(), "model.not_ready");
  EXPECT_TRUE(host.log->has("quarantined"));
}

TEST_F(CrasherTest, ItsMemoryIsAccounted) {
  const auto memory_mib = [&] { return instance->worker_statistics()->memory_bytes >> 20; };
  if (worker::kIsSanitized) GTEST_SKIP() << "the sanitizers' runtime has memory of its own";
  EXPECT_LT(memory_mib(), 64u);
  EXPECT_EQ(ask("64 MiB").text(), "well");
  EXPECT_TRUE(wait_until([&] { return memory_mib() >= 64; }));
  EXPECT_LT(memory_mib(), 128u);
  EXPECT_EQ(instance->worker_statistics()->restarts, 0u);
}

TEST_F(CrasherTest, OneThatHoldsTooMuchIsEnded) {
  if (worker::kIsSanitized) GTEST_SKIP() << "the sanitizers' runtime has memory of its own";
  const auto before = instance->pids();
  ask("512 MiB");  // answered, where it is faster than whoever looks
  EXPECT_TRUE(wait_until([&] { return host.log->has("MiB, its limit is 256 MiB"); }));
  EXPECT_EQ(ask("fine").text(), "well");
  EXPECT_NE(instance->pids(), before);
  EXPECT_GE(instance->worker_statistics()->restarts, 1u);
}

TEST_F(CrasherTest, KilledFromOutsideIsReplacedToo) {
  kill(instance->pids().front(), SIGKILL);
  EXPECT_EQ(ask("fine").text(), "well");
}

TEST_F(CrasherTest, OneThatDiedUnderACallLeavesNothingBehind) {
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  EXPECT_EQ(ask("abort").reason(), "plugin.crashed");
  EXPECT_EQ(ask("fine").text(), "well");
  const auto before = descriptors();
  EXPECT_EQ(ask("exit").reason(), "plugin.crashed");
  EXPECT_EQ(ask("fine").text(), "well");
  EXPECT_TRUE(wait_until([&] { return descriptors() <= before; })) << descriptors() << " after " << before;
}

// Each of them says so when it ends, and whoever hears it looks at the others.
TEST_F(CrasherTest, SeveralEndOneAfterTheOther) {
  for (int n = 0; n < 10; ++n) load(3);
  EXPECT_EQ(instance->pids().size(), 3u);
}

CallSpec pid_of(std::string session, std::string tenant = "") {
  CallSpec spec = Asked::with_text("pid");
  spec.session = std::move(session);
  spec.tenant = std::move(tenant);
  return spec;
}

TEST_F(CrasherTest, ASessionStaysWithItsWorker) {
  load(3);
  const auto answer_of = [&](CallSpec spec) {
    Asked asked(std::move(spec));
    instance->submit(std::span(&asked.call, 1));
    EXPECT_TRUE(asked.wait());
    return asked.text();
  };
  std::map<std::pair<int, int>, std::string> homes;
  std::set<std::string> used;
  for (int round = 0; round < 3; ++round) {
    for (int tenant = 0; tenant < 3; ++tenant) {
      for (int session = 0; session < 10; ++session) {
        const std::string pid = answer_of(pid_of(std::to_string(session), std::to_string(tenant)));
        EXPECT_EQ(homes.try_emplace({tenant, session}, pid).first->second, pid) << tenant << " " << session;
        used.insert(pid);
      }
    }
  }
  EXPECT_EQ(used.size(), 3u);

  // Several of them at once, in whatever order.
  std::vector<Asked> mixed;
  std::vector<std::shared_ptr<Call>> calls;
  for (int n = 0; n < 30; ++n) mixed.emplace_back(pid_of(std::to_string(n % 10), std::to_string(n / 10)));
  for (const Asked& asked : mixed) calls.push_back(asked.call);
  instance->submit(calls);
  for (int n = 0; n < 30; ++n) {
    EXPECT_TRUE(mixed[static_cast<std::size_t>(n)].wait());
    EXPECT_EQ(mixed[static_cast<std::size_t>(n)].text(), (homes[{n / 10, n % 10}])) << n;
  }

  // Its worker is gone: one of those that are there has it.
  const std::string home = homes[{0, 0}];
  kill(std::atoi(home.c_str()), SIGKILL);
  EXPECT_TRUE(wait_until([&] {
    const std::string pid = answer_of(pid_of("0", "0"));
    return pid != home && std::atoi(pid.c_str()) > 0;
  }));
}

TEST_F(CrasherTest, WithoutSessionsTheIdleOneGetsTheCall) {
  load(3);
  std::set<std::string> used = {ask("pid").text()};
  std::vector<Asked> hanging;
  for (int n = 0; n < 2; ++n) {
    hanging.emplace_back("hang");
    instance->submit(std::span(&hanging.back().call, 1));
    used.insert(ask("pid").text());
  }
  EXPECT_EQ(used.size(), 3u);
}

TEST_F(CrasherTest, IsReplacedUnderLoadAndNobodyNotices) {
  load(2);
  const auto before = instance->pids();
  std::atomic<bool> is_over{false};
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int n = 0; n < 4; ++n)
    clients.emplace_back([&, n] {
      while (!is_over.load()) {
        CallSpec spec = Asked::with_text("fine");
        if (n % 2 == 0) spec.session = std::to_string(n);
        Asked asked(std::move(spec));
        if (n != 0 || !instance->try_submit(asked.call)) instance->submit(std::span(&asked.call, 1));
        EXPECT_TRUE(asked.wait());
        EXPECT_EQ(asked.reason(), "");
        EXPECT_EQ(asked.text(), "well");
        answered.fetch_add(1);
      }
    });
  for (int round = 0; round < 3; ++round) {
    const int seen = answered.load();
    EXPECT_TRUE(wait_until([&] { return answered.load() > seen + 100; }));
    const auto replaced = instance->replace();
    EXPECT_TRUE(replaced.has_value()) << replaced.error().message;
  }
  is_over.store(true);
  for (auto& client : clients) client.join();
  const auto after = instance->pids();
  ASSERT_EQ(after.size(), 2u);
  for (const pid_t pid : after) EXPECT_EQ(std::ranges::find(before, pid), before.end()) << pid;
  EXPECT_EQ(instance->worker_statistics()->restarts, 6u);
  for (const auto& line : host.log->lines()) EXPECT_LT(line.level, LogLevel::warn) << line.message;
  EXPECT_TRUE(instance->drain(thread::monotonic_ns() + kTestPatienceNs).has_value());
}

TEST_F(CrasherTest, OneThatIsNearlyFullIsReplacedBeforeItMustBeEnded) {
  if (worker::kIsSanitized) GTEST_SKIP() << "the sanitizers' runtime has memory of its own";
  const auto before = instance->pids();
  EXPECT_EQ(ask("236 MiB").text(), "well");
  EXPECT_TRUE(wait_until([&] { return host.log->has("MiB, its limit is 256 MiB: it was replaced"); }));
  EXPECT_EQ(ask("fine").text(), "well");
  EXPECT_NE(instance->pids(), before);
  EXPECT_EQ(instance->worker_statistics()->restarts, 1u);
  EXPECT_FALSE(host.log->has("crashed"));
}

}  // namespace
}  // namespace stoa::runtime
