// sandbox_test.cpp: every misdeed, in both stages, as root and as an ordinary user. SPDX-License-Identifier: Apache-2.0
#include "host/worker/sandbox.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "host/worker/seccomp_filter.hpp"
#include "host/worker/test_sandbox.hpp"

namespace stoa::worker {
namespace {

class Sandbox : public testing::TestWithParam<Start> {
 protected:
  void SetUp() override {
    if (GetParam() == Start::ordinary && ::geteuid() != 0)
      GTEST_SKIP() << "this is an ordinary user already: the other half of the pair has tested it";
  }

  // Skips, aloud, where the kernel lacks what T2 needs.
  static std::string missing_for_t2() {
    const SandboxSupport support = probe_sandbox();
    if (support.landlock_abi < 1) return "this kernel has no Landlock";
    if (!support.has_seccomp) return "this kernel has no seccomp";
    return "";
  }

  SandboxPolicy policy() const {
    SandboxPolicy made;
    made.readable = {ground_.get().folder};
    return made;
  }

  void check(const SandboxPolicy& with, Stage stage, const char* name, Act act, int expected) const {
    const Outcome outcome = in_sandbox(with, stage, [&] { return act(ground_.get()); }, GetParam());
    const char* const in = stage == Stage::load ? " while loading" : " while serving";
    EXPECT_EQ(outcome.refusal, "") << name << in;
    EXPECT_EQ(outcome.signal, 0) << name << in;
    EXPECT_EQ(outcome.error, expected) << name << in << ": " << std::generic_category().message(outcome.error)
                                       << " instead of " << std::generic_category().message(expected);
  }

  void check(const SandboxPolicy& with, const Misdeed& misdeed) const {
    check(with, Stage::load, misdeed.name, misdeed.act, misdeed.loading);
    check(with, Stage::serve, misdeed.name, misdeed.act, misdeed.serving);
  }

  TestGround ground_;
};

INSTANTIATE_TEST_SUITE_P(As, Sandbox, testing::Values(Start::as_we_are, Start::ordinary), [](const auto& row) {
  return row.param == Start::ordinary ? "Ordinary" : ::geteuid() == 0 ? "Root" : "Us";
});

TEST_P(Sandbox, RefusesMisdeeds) {
  if (const std::string missing = missing_for_t2(); !missing.empty()) GTEST_SKIP() << missing;
  for (const auto& misdeed : kMisdeeds) check(policy(), misdeed);
}

// What proves that a row of the table can fire at all: without the sandbox it is not refused, or not for that reason.
TEST_P(Sandbox, MisdeedsWorkWithoutIt) {
  SandboxPolicy bare = policy();
  bare.tier = Tier::t1;
  constexpr const char* kWork[] = {
      "read passwords",    "read what it may",    "list /",    "TCP",           "Unix socket",     "fork", "spawn",
      "have signals sent", "turn data into code", "be dumped", "change folder", "outlive the host"};
  for (const auto& misdeed : kMisdeeds)
    for (const char* const name : kWork)
      if (std::string_view(name) == misdeed.name) check(bare, Stage::serve, misdeed.name, misdeed.act, 0);
}

TEST_P(Sandbox, ScratchIsWrittenAndNothingElse) {
  if (const std::string missing = missing_for_t2(); !missing.empty()) GTEST_SKIP() << missing;
  SandboxPolicy with = policy();
  with.scratch = ground_.get().scratch;
  const Misdeed rows[] = {
      {"make a file", [](const Ground& g) { return misdeeds::open_and_close(g.scratch + "/new", O_RDWR | O_CREAT); }, 0,
       0},
      {"write a file",
       [](const Ground& g) {
         const int fd = ::open((g.scratch + "/new").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
         return fd < 0 ? errno : misdeeds::errno_of(::write(fd, "abc", 3));
       },
       0, 0},
      {"remove a file", [](const Ground& g) { return misdeeds::errno_of(::unlink((g.scratch + "/new").c_str())); }, 0,
       ENOENT},
      {"make a file elsewhere",
       [](const Ground& g) { return misdeeds::open_and_close(g.folder + "/new", O_RDWR | O_CREAT); }, EACCES, EACCES},
      {"remove elsewhere",
       [](const Ground& g) { return misdeeds::errno_of(::unlink((g.folder + "/content").c_str())); }, EACCES, EACCES},
      {"truncate elsewhere",
       [](const Ground& g) { return misdeeds::open_and_close(g.folder + "/content", O_RDWR | O_TRUNC); }, EACCES,
       EACCES},
      {"link", [](const Ground& g) { return misdeeds::errno_of(::symlink("/etc", (g.scratch + "/l").c_str())); }, EPERM,
       EPERM},
      {"read passwords", [](const Ground&) { return misdeeds::open_and_close("/etc/passwd", O_RDONLY); }, EACCES,
       EACCES},
      {"TCP", [](const Ground&) { return misdeeds::socket_of(AF_INET, SOCK_STREAM, 0); }, EPERM, EPERM},
  };
  for (const auto& row : rows) check(with, row);
}

TEST_P(Sandbox, NetworkIsInternetSockets) {
  if (const std::string missing = missing_for_t2(); !missing.empty()) GTEST_SKIP() << missing;
  SandboxPolicy with = policy();
  with.network = true;
  const Misdeed rows[] = {
      {"TCP", [](const Ground&) { return misdeeds::socket_of(AF_INET, SOCK_STREAM, 0); }, 0, 0},
      {"connect", misdeeds::connect_nowhere, ECONNREFUSED, ECONNREFUSED},
      {"Unix socket", [](const Ground&) { return misdeeds::socket_of(AF_UNIX, SOCK_STREAM, 0); }, EPERM, EPERM},
      {"netlink", [](const Ground&) { return misdeeds::socket_of(AF_NETLINK, SOCK_RAW, 0); }, EPERM, EPERM},
      {"read passwords", [](const Ground&) { return misdeeds::open_and_close("/etc/passwd", O_RDONLY); }, EACCES,
       EACCES},
  };
  for (const auto& row : rows) check(with, row);
}

// A listener on 127.0.0.1 that connects are queued at.
class LocalPort {
 public:
  LocalPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_, any, bytes) != 0 || ::listen(socket_, 64) != 0 || ::getsockname(socket_, any, &bytes) != 0)
      std::abort();
    number_ = ntohs(address.sin_port);
  }
  ~LocalPort() { ::close(socket_); }
  LocalPort(const LocalPort&) = delete;
  LocalPort& operator=(const LocalPort&) = delete;
  std::uint16_t number() const { return number_; }

 private:
  int socket_;
  std::uint16_t number_ = 0;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const sockaddr_in address = loopback(port);
  return misdeeds::errno_of(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
}

int send_fast_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return errno;
  const sockaddr_in address = loopback(port);
  return misdeeds::errno_of(
      ::sendto(fd, "x", 1, MSG_FASTOPEN, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
}

TEST_P(Sandbox, TcpPortsAreOutboundTcpToThesePorts) {
  if (const std::string missing = missing_for_t2(); !missing.empty()) GTEST_SKIP() << missing;
  const LocalPort allowed, other;
  SandboxPolicy with = policy();
  with.tcp_ports = {allowed.number(), 1};
  const auto check_connect = [&](const SandboxPolicy& in, const char* name, std::uint16_t port, int expected) {
    for (const Stage stage : {Stage::load, Stage::serve}) {
      const Outcome outcome = in_sandbox(in, stage, [&] { return connect_to(port); }, GetParam());
      EXPECT_EQ(outcome.refusal, "") << name;
      EXPECT_EQ(outcome.error, expected) << name << ": " << std::generic_category().message(outcome.error);
    }
  };
  if (probe_sandbox().landlock_abi < 4) {
    const Outcome outcome = in_sandbox(with, Stage::load, [] { return 0; }, GetParam());
    EXPECT_TRUE(outcome.refusal.starts_with("sandbox.landlock: this kernel cannot hold a worker to TCP ports"))
        << outcome.refusal;
    GTEST_SKIP() << "this kernel's Landlock knows no ports";
  }
  check_connect(with, "an allowed port", allowed.number(), 0);
  check_connect(with, "another port", other.number(), EACCES);
  check_connect(with, "an allowed port where nobody listens", 1, ECONNREFUSED);
  const int names = connect_to(53);  // whatever it is here
  check_connect(with, "name resolution", 53, names);
  SandboxPolicy everything = with;
  everything.network = true;
  check_connect(everything, "another port with the network", other.number(), 0);

  const Misdeed rows[] = {
      {"TCP", [](const Ground&) { return misdeeds::socket_of(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP); }, 0,
       0},
      {"UDP", [](const Ground&) { return misdeeds::socket_of(AF_INET, SOCK_DGRAM, 0); }, EPERM, EPERM},
      {"MPTCP", [](const Ground&) { return misdeeds::socket_of(AF_INET, SOCK_STREAM, 262); }, EPERM, EPERM},
      {"SCTP", [](const Ground&) { return misdeeds::socket_of(AF_INET, SOCK_STREAM, 132); }, EPERM, EPERM},
      {"Unix socket", [](const Ground&) { return misdeeds::socket_of(AF_UNIX, SOCK_STREAM, 0); }, EPERM, EPERM},
      {"send before connecting", [](const Ground&) { return send_fast_to(1); }, EPERM, EPERM},
      {"serve",
       [](const Ground&) {
         const sockaddr_in address = loopback(0);
         return misdeeds::errno_of(
             ::bind(::socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
       },
       EACCES, EACCES},
      {"read the hosts file", [](const Ground&) { return misdeeds::open_and_close("/etc/hosts", O_RDONLY); }, 0, 0},
      {"read passwords", [](const Ground&) { return misdeeds::open_and_close("/etc/passwd", O_RDONLY); }, EACCES,
       EACCES},
  };
  for (const auto& row : rows) check(with, row);
}

TEST_P(Sandbox, DevicesOpenOnlyTheCardsTheyAreGiven) {
  if (const std::string missing = missing_for_t2(); !missing.empty()) GTEST_SKIP() << missing;
  SandboxPolicy with = policy();
  with.devices = true;
  const auto card = [](const Ground&) { return misdeeds::open_and_close("/dev/nvidia0", O_RDWR); };
  const bool has_card = std::filesystem::exists("/dev/nvidia0");
  check(with, {"a card that is not given", card, has_card ? EACCES : ENOENT, has_card ? EACCES : ENOENT});
  with.cards = {0};
  if (has_card) return check(with, {"a card that is given", card, 0, 0});
  const Outcome outcome = in_sandbox(with, Stage::load, [] { return 0; }, GetParam());
  EXPECT_TRUE(outcome.refusal.starts_with("sandbox.landlock: cannot grant /dev/nvidia0: No such file"))
      << outcome.refusal;
}

TEST_P(Sandbox, DevicesAndJitMakeCodeWhileServing) {
  if (const std::string missing = missing_for_t2(); !missing.empty()) GTEST_SKIP() << missing;
  SandboxPolicy jit = policy(), devices = policy();
  jit.jit = true;
  devices.devices = true;
  const auto memory_file = [](const Ground&) { return misdeeds::call(SYS_memfd_create, "m", 0u); };
  const auto comm = [](const Ground&) { return misdeeds::open_and_close("/proc/self/task/self/comm", O_WRONLY); };
  check(jit, {"map code", misdeeds::map_code, 0, 0});
  check(jit, {"load a library", misdeeds::load_a_library, 0, EPERM});
  check(jit, {"make a file in memory", memory_file, EPERM, EPERM});
  check(devices, {"map code", misdeeds::map_code, 0, 0});
  check(devices, {"load a library", misdeeds::load_a_library, 0, 0});
  check(devices, {"make a file in memory", memory_file, 0, 0});
  check(devices, {"name a thread that is none", comm, ENOENT, ENOENT});
  check(devices, {"name the main thread",
                  [](const Ground&) {
                    const std::string id = std::to_string(::gettid());
                    return misdeeds::open_and_close("/proc/self/task/" + id + "/comm", O_WRONLY);
                  },
                  0, 0});
  check(devices, {"exec", misdeeds::execute_a_shell, EPERM, EPERM});
  check(devices, {"TCP", [](const Ground&) { return misdeeds::socket_of(AF_INET, SOCK_STREAM, 0); }, EPERM, EPERM});
}

TEST_P(Sandbox, AbortEndsTheWorkerAsItShould) {
  if (const std::string missing = missing_for_t2(); !missing.empty()) GTEST_SKIP() << missing;
  for (const Stage stage : {Stage::load, Stage::serve}) {
    const Outcome outcome = in_sandbox(policy(), stage, []() -> int { std::abort(); }, GetParam());
    EXPECT_EQ(outcome.signal, SIGABRT);
  }
}

// A filter names the process it is for: one that was compiled before the fork must name the child.
TEST_P(Sandbox, FiltersOfTheParentNameTheChild) {
  if (const std::string missing = missing_for_t2(); !missing.empty()) GTEST_SKIP() << missing;
  const auto in_child = [this](const std::function<int()>& act) {
    return in_sandbox(policy(), Stage::serve, act, GetParam());
  };
  const auto in_grandchild = [&](const std::function<int()>& act) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (!prepare_filters()) ::_exit(kNotEntered);
      const Outcome outcome = in_child(act);
      ::_exit(outcome.refusal.empty() && outcome.signal == 0 ? outcome.error : kNotEntered);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  rlimit limit;
  EXPECT_EQ(in_grandchild([&] { return misdeeds::errno_of(::prlimit(::getpid(), RLIMIT_CORE, nullptr, &limit)); }), 0);
  EXPECT_EQ(in_grandchild([&] { return misdeeds::errno_of(::prlimit(::getppid(), RLIMIT_CORE, nullptr, &limit)); }),
            EPERM);
  EXPECT_EQ(in_grandchild([] { return misdeeds::call(SYS_tgkill, ::getpid(), ::gettid(), 0); }), 0);
  EXPECT_EQ(in_grandchild([] { return misdeeds::call(SYS_tgkill, ::getppid(), ::getppid(), 0); }), EPERM);
}

TEST_P(Sandbox, ServeStageReachesThreadsThatRun) {
  if (const std::string missing = missing_for_t2(); !missing.empty()) GTEST_SKIP() << missing;
  const SandboxPolicy with = policy();
  const Outcome outcome = in_sandbox(
      with, Stage::load,
      [&] {
        std::atomic<bool> is_serving = false;
        int seen = 0;
        std::thread early([&] {
          is_serving.wait(false);
          seen = misdeeds::open_and_close(ground_.get().folder + "/content", O_RDONLY);
        });
        const bool is_entered = enter_serve_stage(with).has_value();
        is_serving = true;
        is_serving.notify_one();
        early.join();
        return is_entered ? seen : EIO;
      },
      GetParam());
  EXPECT_EQ(outcome.error, EPERM) << outcome.refusal;
}

TEST_P(Sandbox, LimitsHold) {
  if (kIsSanitized) GTEST_SKIP() << "the sanitizers' runtime reserves terabytes of address space";
  SandboxPolicy limited = policy();
  limited.tier = Tier::t1;
  limited.memory_bytes_max = 512u << 20;
  limited.descriptors_max = 20;
  limited.scratch = ground_.get().scratch;
  limited.scratch_bytes_max = 4096;
  const Misdeed rows[] = {
      {"a gigabyte", [](const Ground&) { return std::malloc(1u << 30) == nullptr ? errno : 0; }, ENOMEM, ENOMEM},
      {"twenty files",
       [](const Ground&) {
         for (int i = 0; i < 20; ++i)
           if (::dup(STDERR_FILENO) < 0) return errno;
         return 0;
       },
       EMFILE, EMFILE},
      {"a core",
       [](const Ground&) {
         rlimit core{1, 1};
         return ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0 ? 0 : EIO;
       },
       0, 0},
      {"niceness", [](const Ground&) { return ::getpriority(PRIO_PROCESS, 0) >= 10 ? 0 : EIO; }, 0, 0},
      {"no new privileges", [](const Ground&) { return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : EIO; }, 0,
       0},
      {"no dump", [](const Ground&) { return ::prctl(PR_GET_DUMPABLE) == 0 ? 0 : EIO; }, 0, 0},
      {"dies with the host",
       [](const Ground&) {
         int signal = 0;
         return ::prctl(PR_GET_PDEATHSIG, &signal) == 0 && signal == SIGKILL ? 0 : EIO;
       },
       0, 0},
      {"no root", [](const Ground&) { return ::geteuid() != 0 && ::getegid() != 0 && ::setuid(0) != 0 ? 0 : EIO; }, 0,
       0},
  };
  for (const auto& row : rows) check(limited, row);

  const Outcome large = in_sandbox(
      limited, Stage::load,
      [&] {
        const int fd = ::open((ground_.get().scratch + "/large").c_str(), O_WRONLY | O_CREAT, 0600);
        const std::string text(8192, 'x');
        for (int i = 0; i < 2; ++i)
          if (::write(fd, text.data(), text.size()) < 0) return errno;
        return 0;
      },
      GetParam());
  EXPECT_EQ(large.signal, SIGXFSZ) << large.error;
}

TEST_P(Sandbox, ThreadBombMeetsItsLimit) {
  if (kIsSanitized) GTEST_SKIP() << "the sanitizers' runtime has threads of its own";
  SandboxPolicy limited = policy();
  limited.tier = Tier::t1;
  limited.uid = 65533;  // nobody else's: the kernel counts per uid
  limited.threads_max = 8;
  limited.memory_bytes_max = 512u << 20;
  const Outcome outcome = in_sandbox(
      limited, Stage::serve,
      [] {
        pthread_attr_t attributes;
        ::pthread_attr_init(&attributes);
        ::pthread_attr_setstacksize(&attributes, 8u << 20);
        for (int started = 1; started < 200; ++started) {
          pthread_t thread;
          if (::pthread_create(
                  &thread, &attributes,
                  [](void*) -> void* {
                    ::pause();
                    return nullptr;
                  },
                  nullptr) != 0)
            return started;  // with the main thread
        }
        return 0;
      },
      GetParam());
  const bool is_root = ::geteuid() == 0 && GetParam() == Start::as_we_are;
  EXPECT_EQ(limits_threads(limited), ::geteuid() == 0);
  if (is_root)
    EXPECT_EQ(outcome.error, 8) << outcome.refusal;
  else  // one stack of address space each
    EXPECT_TRUE(outcome.error > 30 && outcome.error <= 64) << outcome.error << outcome.refusal;
}

TEST_P(Sandbox, KeepsOnlyTheDescriptorsItIsGiven) {
  const int kept = ::dup(STDERR_FILENO), other = ::dup(STDERR_FILENO);
  SandboxPolicy with = policy();
  with.tier = Tier::t1;
  with.descriptors = {kept};
  const auto flags = [](int fd) { return misdeeds::errno_of(::fcntl(fd, F_GETFD)); };
  EXPECT_EQ(in_sandbox(with, Stage::load, [&] { return flags(kept); }, GetParam()).error, 0);
  EXPECT_EQ(in_sandbox(with, Stage::load, [&] { return flags(other); }, GetParam()).error, EBADF);
  ::close(kept);
  ::close(other);
}

TEST(SandboxPolicy, WrongOnesAreRefusedWithTheirReason) {
  struct Row {
    const char* words;
    std::function<void(SandboxPolicy&)> spoil;
    bool needs_t2;
  };
  const Row rows[] = {
      {"sandbox.policy: T0", [](auto& p) { p.tier = Tier::t0; }, false},
      {"sandbox.policy: a worker may not be root", [](auto& p) { p.uid = 0; }, false},
      {"sandbox.policy: the path is relative: \"here\"", [](auto& p) { p.readable = {"here"}; }, false},
      {"sandbox.policy: the path is relative: \"there\"", [](auto& p) { p.scratch = "there"; }, false},
      {"sandbox.namespaces: the worker is process", [](auto& p) { p.tier = Tier::t2n; }, false},
      {"sandbox.descriptors: descriptor -1", [](auto& p) { p.descriptors = {-1}; }, false},
      {"sandbox.parent: host 1 has died", [](auto& p) { p.host_pid = 1; }, false},
      {"sandbox.landlock: cannot grant /nowhere: No such file", [](auto& p) { p.readable = {"/usr", "/nowhere"}; },
       true},
      {"sandbox.landlock: cannot grant /no-scratch", [](auto& p) { p.scratch = "/no-scratch"; }, true},
  };
  for (const auto& row : rows) {
    if (row.needs_t2 && probe_sandbox().landlock_abi < 1) {
      std::printf("not run, this kernel has no Landlock: %s\n", row.words);
      continue;
    }
    SandboxPolicy policy;
    row.spoil(policy);
    const Outcome outcome = in_sandbox(policy, Stage::load, [] { return 0; });
    EXPECT_TRUE(outcome.refusal.starts_with(row.words)) << outcome.refusal << " instead of " << row.words;
  }
}

TEST(SandboxTier, NamesAreReadBack) {
  for (const Tier tier : {Tier::t0, Tier::t1, Tier::t2, Tier::t2n}) EXPECT_EQ(parse_tier(name_of(tier)).value(), tier);
  for (const char* const wrong : {"", "t2", "T3", "T2n ", "2"}) {
    const auto parsed = parse_tier(wrong);
    ASSERT_FALSE(parsed.has_value()) << wrong;
    EXPECT_EQ(parsed.error().reason, "sandbox.tier");
  }
}

TEST(SandboxTier, BestIsWhatAllPartsAllow) {
  struct Row {
    SandboxSupport support;
    Tier best;
  };
  constexpr Row kRows[] = {
      {{0, false, false, false}, Tier::t1}, {{0, true, true, true}, Tier::t1},   {{7, false, true, true}, Tier::t1},
      {{1, true, false, true}, Tier::t2},   {{1, true, true, false}, Tier::t2n},
  };
  for (const auto& row : kRows) EXPECT_EQ(best_tier(row.support), row.best);
  const SandboxSupport here = probe_sandbox();
  EXPECT_EQ(here.is_root, ::geteuid() == 0);
  std::printf("this machine: Landlock ABI %d, seccomp %d, user namespaces %d, root %d: %s\n", here.landlock_abi,
              here.has_seccomp, here.has_user_namespaces, here.is_root, std::string(name_of(best_tier(here))).c_str());
}

// Under stoa_confined, which says what it took away.
TEST(SandboxTier, ProbeFindsWhatIsTakenAway) {
  const char* const lacks = std::getenv("STOA_LACKS");
  if (lacks == nullptr || *lacks == 0) GTEST_SKIP() << "nothing is taken away from this machine";
  const SandboxSupport here = probe_sandbox();
  if (std::string_view(lacks) == "namespaces") {
    EXPECT_FALSE(here.has_user_namespaces);
    EXPECT_EQ(best_tier(here), here.landlock_abi > 0 && here.has_seccomp ? Tier::t2 : Tier::t1);
  } else {
    EXPECT_EQ(std::string_view(lacks), "landlock");
    EXPECT_EQ(here.landlock_abi, 0);
    EXPECT_EQ(best_tier(here), Tier::t1);
  }
}

}  // namespace
}  // namespace stoa::worker
