// launcher_test.cpp: what a launched program finds, and who dies with whom. SPDX-License-Identifier: Apache-2.0
#include "host/worker/launcher.hpp"

#include <gtest/gtest.h>

#include <poll.h>

#include <algorithm>
#include <sstream>
#include <thread>

#include "host/worker/test_sandbox.hpp"

namespace stoa::worker {
namespace {

std::filesystem::path fixture_program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "stoa_launched_fixture";
}

struct PipeEnds {
  PipeEnds() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    read = ends[0];
    write = ends[1];
  }
  ~PipeEnds() {
    close_write();
    ::close(read);
  }
  PipeEnds(const PipeEnds&) = delete;
  PipeEnds& operator=(const PipeEnds&) = delete;

  void close_write() {
    if (write >= 0) ::close(write);
    write = -1;
  }

  // Until the last writer has closed it.
  std::string read_all() {
    close_write();
    std::string all;
    char text[4096];
    for (ssize_t got = 1; got != 0;) {
      got = ::read(read, text, sizeof(text));
      if (got > 0) all.append(text, static_cast<std::size_t>(got));
      if (got < 0 && errno != EINTR) break;
    }
    return all;
  }

  std::string read_line() {
    std::string line;
    for (char byte = 0; ::read(read, &byte, 1) == 1 && byte != '\n';) line += byte;
    return line;
  }

  int read, write;
};

// How it ended, as waitpid says. Waits for the pidfd first, at most ten seconds: that is what a supervisor watches.
int wait_for_end(const Launched& launched) {
  pollfd watched{launched.pidfd, POLLIN, 0};
  EXPECT_EQ(::poll(&watched, 1, 10'000), 1) << "the process has not ended";
  ::close(launched.pidfd);
  ::kill(launched.pid, SIGKILL);
  int status = 0;
  while (::waitpid(launched.pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

class LaunchedIn : public testing::TestWithParam<Tier> {
 protected:
  void SetUp() override {
    const SandboxSupport support = probe_sandbox();
    if (GetParam() >= Tier::t2 && support.landlock_abi < 1) GTEST_SKIP() << "this kernel has no Landlock";
    if (GetParam() >= Tier::t2 && !support.has_seccomp) GTEST_SKIP() << "this kernel has no seccomp";
    if (GetParam() == Tier::t2n && !support.has_user_namespaces) GTEST_SKIP() << "no user namespaces here";
    if (GetParam() == Tier::t2n && !others_may_execute())
      GTEST_SKIP() << "other users may not run programs of this tree";
  }

  LaunchSpec spec(std::vector<std::string> arguments) {
    LaunchSpec made;
    made.program = fixture_program();
    made.arguments = std::move(arguments);
    made.descriptors = {said_.write};
    made.output = printed_.write;
    made.tier = GetParam();
    made.uid = made.gid = kNobody;
    return made;
  }

  PipeEnds said_, printed_;

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

INSTANTIATE_TEST_SUITE_P(Each, LaunchedIn, testing::Values(Tier::t1, Tier::t2, Tier::t2n),
                         [](const auto& row) { return std::string(name_of(row.param)); });

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
  const auto launched = launch(with);
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
  const bool is_apart = GetParam() == Tier::t2n;
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
  const auto launched = launch(with);
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
  if (GetParam() == Tier::t1) GTEST_SKIP() << "T1 refuses none of these";
  const TestGround ground;
  const auto launched = launch(spec({"misdeeds", std::string(name_of(GetParam())), ground.get().folder,
                                     ground.get().scratch, std::to_string(::getpid())}));
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
  if (GetParam() == Tier::t2n && !kIsSanitized) expect("threads", " ", 8);
}

TEST_P(LaunchedIn, DiesWithTheThreadThatLaunchedIt) {
  Result<Launched> launched = failure(Code::unknown, "", "");
  std::thread([&] {
    launched = launch(spec({"stay", std::string(name_of(GetParam()))}));
    said_.close_write();
    if (launched) EXPECT_EQ(said_.read_line(), "stays");
  }).join();
  ASSERT_TRUE(launched.has_value()) << launched.error().message;
  const int status = wait_for_end(*launched);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
}

TEST_P(LaunchedIn, FailureLeavesNothingBehind) {
  const auto open_descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  const auto before = open_descriptors();
  LaunchSpec missing = spec({});
  missing.program = "/nowhere/worker";
  const auto launched = launch(missing);
  ASSERT_FALSE(launched.has_value());
  EXPECT_NE(launched.error().message.find("No such file or directory"), std::string::npos) << launched.error().message;
  EXPECT_EQ(launched.error().reason, GetParam() == Tier::t2n ? "sandbox.namespaces" : "launch.spawn");
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
  EXPECT_EQ(open_descriptors(), before);
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
