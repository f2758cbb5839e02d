// launcher_test.cpp: what a launched program finds, and who dies with whom. SPDX-License-Identifier: Apache-2.0
#include "host/worker/launcher.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

#include "host/thread/monotonic.hpp"
#include "host/worker/test_launch.hpp"
#include "host/worker/zygote.hpp"

namespace stoa::worker {
namespace {

enum class From { program, zygote };
struct Way {
  Tier tier;
  From from;
};
void PrintTo(const Way& way, std::ostream* out) { *out << name_of(way.tier) << (way.from == From::zygote); }

class LaunchedIn : public testing::TestWithParam<Way> {
 protected:
  static Tier tier() { return GetParam().tier; }

  void SetUp() override {
    const SandboxSupport support = probe_sandbox();
    if (tier() >= Tier::t2 && support.landlock_abi < 1) GTEST_SKIP() << "this kernel has no Landlock";
    if (tier() >= Tier::t2 && !support.has_seccomp) GTEST_SKIP() << "this kernel has no seccomp";
    if (tier() == Tier::t2n && !support.has_user_namespaces) GTEST_SKIP() << "no user namespaces here";
    if (tier() == Tier::t2n && GetParam().from == From::program && !others_may_execute())
      GTEST_SKIP() << "other users may not run programs of this tree";
  }

  LaunchSpec spec(std::vector<std::string> arguments) {
    LaunchSpec made;
    made.program = fixture_program();
    made.arguments = std::move(arguments);
    made.descriptors = {said_.write};
    made.output = printed_.write;
    made.tier = tier();
    made.uid = made.gid = kNobody;
    return made;
  }

  // From the thread that calls it: its end is the worker's.
  Result<Launched> start(const LaunchSpec& spec) {
    if (GetParam().from == From::program) return launch(spec);
    auto zygote = Zygote::start(spec.program, {});
    if (!zygote) return std::unexpected(zygote.error());
    zygote_ = std::move(*zygote);
    return zygote_->launch(spec, thread::monotonic_ns() + 10'000'000'000);
  }

  PipeEnds said_, printed_;
  std::unique_ptr<Zygote> zygote_;

 private:
  // As root, the program runs as another user from the start.
  static bool others_may_execute() {
    if (::geteuid() != 0) return true;
    constexpr auto kMay = std::filesystem::perms::others_exec;
    for (auto path = fixture_program(); path != path.root_path(); path = path.parent_path())
      if ((std::filesystem::status(path).permissions() & kMay) == std::filesystem::perms::none) return false;
    return true;
  }
};

constexpr Way kWays[] = {{Tier::t1, From::program}, {Tier::t2, From::program}, {Tier::t2n, From::program},
                         {Tier::t1, From::zygote},  {Tier::t2, From::zygote},  {Tier::t2n, From::zygote}};
INSTANTIATE_TEST_SUITE_P(Each, LaunchedIn, testing::ValuesIn(kWays), [](const auto& row) {
  return std::string(name_of(row.param.tier)) + (row.param.from == From::zygote ? "FromAZygote" : "");
});

TEST_P(LaunchedIn, FindsWhatItWasGivenAndNothingElse) {
  PipeEnds second;
  ASSERT_EQ(::write(second.write, "x", 1), 1);
  LaunchSpec with = spec({"report"});
  with.descriptors.push_back(second.read);
  // What must not reach it: a descriptor without close-on-exec, a blocked and an ignored signal, our environment.
  const int leaky = ::dup(STDERR_FILENO);
  sigset_t blocked, before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto handler_before = ::signal(SIGUSR2, SIG_IGN);
  ::setenv("STOA_SECRET", "1", 1);
  const auto launched = start(with);
  ::unsetenv("STOA_SECRET");
  ::signal(SIGUSR2, handler_before);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::close(leaky);
  ASSERT_TRUE(launched.has_value()) << launched.error().message;
  const std::string said = said_.read_all();
  EXPECT_EQ(wait_for_end(*launched), 0);

  std::vector<std::string> expected;
  for (int fd = 0; fd < 5; ++fd) expected.push_back("descriptor " + std::to_string(fd));
  for (const char* const variable : {"LANG=C.UTF-8", "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1"})
    expected.push_back("environment " + std::string(variable));
  const bool is_apart = tier() == Tier::t2n;
  expected.push_back("leads its session 1");
  expected.push_back("pid " + std::to_string(is_apart ? 1 : launched->pid));
  expected.push_back("parent " + std::to_string(is_apart ? 0 : ::getpid()));
  expected.push_back("uid " + std::to_string(is_apart && ::geteuid() == 0 ? kNobody : ::geteuid()));
  expected.push_back("stdin ends 1");
  expected.push_back("from 4 1 x");
  std::vector<std::string> found;
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);)
    if (line.find("SAN_OPTIONS=") == std::string::npos) found.push_back(line);
  EXPECT_EQ(found, expected);
  EXPECT_EQ(printed_.read_all(), "printed and complained");
}

// Numbers that lie where others go: 3 and 4 change places.
TEST_P(LaunchedIn, DescriptorsMayChangePlaces) {
  PipeEnds second;
  ASSERT_EQ(::write(second.write, "y", 1), 1);
  const int three = ::dup(3), four = ::dup(4);  // whatever they are
  ASSERT_EQ(::dup2(second.read, 3), 3);
  ASSERT_EQ(::dup2(said_.write, 4), 4);
  LaunchSpec with = spec({"report"});
  with.descriptors = {4, 3};
  const auto launched = start(with);
  for (const auto& [saved, number] : {std::pair{three, 3}, std::pair{four, 4}}) {
    if (saved < 0) {
      ::close(number);
      continue;
    }
    ::dup3(saved, number, O_CLOEXEC);
    ::close(saved);
  }
  ASSERT_TRUE(launched.has_value()) << launched.error().message;
  EXPECT_NE(said_.read_all().find("from 4 1 y\n"), std::string::npos);
  EXPECT_EQ(wait_for_end(*launched), 0);
}

TEST_P(LaunchedIn, ConfinesItselfToItsTier) {
  if (tier() == Tier::t1) GTEST_SKIP() << "T1 refuses none of these";
  const TestGround ground;
  const auto launched = start(spec({"misdeeds", std::string(name_of(tier())), ground.get().folder, ground.get().scratch,
                                    std::to_string(::getpid())}));
  ASSERT_TRUE(launched.has_value()) << launched.error().message;
  const std::string said = "\n" + said_.read_all();
  EXPECT_EQ(wait_for_end(*launched), 0) << said;
  const auto expect = [&](const char* name, const char* stage, int error) {
    const std::string start = "\n" + std::string(name) + stage;
    const auto at = said.find(start);
    ASSERT_NE(at, std::string::npos) << name << stage << ": nothing said";
    const auto end = said.find('\n', at + start.size());
    EXPECT_EQ(said.substr(at + start.size(), end - at - start.size()), std::to_string(error)) << name << stage;
  };
  for (const auto& misdeed : kMisdeeds) {
    expect(misdeed.name, " while loading ", misdeed.loading);
    // One process does it all here: the library is there already, and nothing has to be opened.
    const bool is_loaded = misdeed.act == misdeeds::load_a_library;
    expect(misdeed.name, " while serving ", is_loaded ? 0 : misdeed.serving);
  }
  // The sanitizers' runtime has threads of its own, which count.
  if (tier() == Tier::t2n && !kIsSanitized) expect("threads", " ", 8);
}

TEST_P(LaunchedIn, DiesWithTheThreadThatLaunchedIt) {
  Result<Launched> launched = failure(Code::unknown, "", "");
  std::thread([&] {
    launched = start(spec({"stay", std::string(name_of(tier()))}));
    said_.close_write();
    if (launched) EXPECT_EQ(said_.read_line(), "stays");
  }).join();
  ASSERT_TRUE(launched.has_value()) << launched.error().message;
  const int status = wait_for_end(*launched);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
}

TEST_P(LaunchedIn, FailureLeavesNothingBehind) {
  if (GetParam().from == From::zygote) GTEST_SKIP() << "a zygote runs no program";
  const auto before = open_descriptors();
  LaunchSpec missing = spec({});
  missing.program = "/nowhere/worker";
  const auto launched = launch(missing);
  ASSERT_FALSE(launched.has_value());
  EXPECT_NE(launched.error().message.find("No such file or directory"), std::string::npos) << launched.error().message;
  EXPECT_EQ(launched.error().reason, tier() == Tier::t2n ? "sandbox.namespaces" : "launch.spawn");
  EXPECT_TRUE(has_no_child());
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(LaunchedIn, ItsStatusAndItsSignalAreSeen) {
  auto launched = start(spec({"no such task"}));
  ASSERT_TRUE(launched.has_value()) << launched.error().message;
  int status = wait_for_end(*launched);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 2) << status;
  // The first process of a namespace is not ended by a signal it has no handler for; abort() then does worse, which a
  // sanitizer takes for a bug of the program's.
  if (tier() == Tier::t2n && kIsSanitized) return;
  launched = start(spec({"abort"}));
  ASSERT_TRUE(launched.has_value()) << launched.error().message;
  status = wait_for_end(*launched);
  const int expected = tier() == Tier::t2n ? SIGSEGV : SIGABRT;
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == expected) << status;
}

// Not its thread alone: the host's process is killed, and nothing of it is left to run.
TEST_P(LaunchedIn, DiesWithItsHost) {
  const char* const from = GetParam().from == From::zygote ? "zygote" : "program";
  LaunchSpec hosting = spec({"host", std::string(name_of(tier())), from});
  hosting.tier = Tier::t1;
  const auto host = launch(hosting);
  ASSERT_TRUE(host.has_value()) << host.error().message;
  said_.close_write();
  std::vector<int> watched;
  // The numbers and the worker's "stays", in whatever order.
  for (int i = 0; i < (GetParam().from == From::zygote ? 3 : 2); ++i) {
    const std::string line = said_.read_line();
    if (line == "stays") continue;
    watched.push_back(static_cast<int>(::syscall(SYS_pidfd_open, std::atoi(line.c_str()), 0u)));
    ASSERT_GE(watched.back(), 0) << line;
  }
  ::kill(host->pid, SIGKILL);
  wait_for_end(*host);
  for (const int pidfd : watched) {
    pollfd end{pidfd, POLLIN, 0};
    EXPECT_EQ(::poll(&end, 1, 10'000), 1) << "it outlives its host";
    ::close(pidfd);
  }
}

TEST(LaunchSpec, WrongOnesAreRefused) {
  struct Row {
    LaunchSpec spec;
    const char* words;
  };
  const Row rows[] = {
      {{"/bin/true", {}, {}, 1, Tier::t0}, "T0 is no tier of a worker"},
      {{"worker", {}, {}, 1, Tier::t2}, "the path is relative: \"worker\""},
      {{"/bin/true", {}, {1000}, 1, Tier::t2}, "descriptor 1000 is not open"},
      {{"/bin/true", {}, {}, -1, Tier::t2}, "descriptor -1 is not open"},
  };
  for (const auto& row : rows) {
    const auto launched = launch(row.spec);
    ASSERT_FALSE(launched.has_value()) << row.words;
    EXPECT_EQ(launched.error().reason, "launch.spec");
    EXPECT_EQ(launched.error().message, row.words);
  }
}

TEST(LaunchSpec, RootIsNoWorkersIdentity) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give identities";
  if (!probe_sandbox().has_user_namespaces) GTEST_SKIP() << "no user namespaces here";
  LaunchSpec spec{"/bin/true", {}, {}, 1, Tier::t2n};
  spec.uid = 0;
  const auto launched = launch(spec);
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().reason, "sandbox.namespaces");
}

}  // namespace
}  // namespace stoa::worker
