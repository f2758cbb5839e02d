// zygote_test.cpp: what a zygote does over and over, and what is left when it dies; what its children find is the
// launcher's test. SPDX-License-Identifier: Apache-2.0
#include "host/worker/zygote.hpp"

#include <gtest/gtest.h>

#include "host/thread/monotonic.hpp"
#include "host/worker/test_launch.hpp"

namespace stoa::worker {
namespace {

constexpr std::uint64_t kPatienceNs = 10'000'000'000;

class ZygoteTest : public testing::Test {
 protected:
  void SetUp() override {
    support_ = probe_sandbox();
    zygote_ = Zygote::start(fixture_program(), {}).value_or(nullptr);
    ASSERT_NE(zygote_, nullptr);
  }
  Tier tier() const { return best_tier(support_); }
  LaunchSpec spec(std::vector<std::string> arguments) {
    return {fixture_program(), std::move(arguments), {said_.write}, printed_.write, tier(), kNobody, kNobody, false};
  }
  Result<Launched> launch(std::vector<std::string> arguments) {
    return zygote_->launch(spec(std::move(arguments)), thread::monotonic_ns() + kPatienceNs);
  }
  void end_zygote(int signal) {
    ::kill(zygote_->pid(), signal);
    pollfd ended{zygote_->death(), POLLIN, 0};
    ASSERT_EQ(::poll(&ended, 1, 10'000), 1);
  }

  SandboxSupport support_;
  PipeEnds said_, printed_;
  std::unique_ptr<Zygote> zygote_;
};

TEST_F(ZygoteTest, TwoHundredLeaveNothingBehind) {
  const auto before = open_descriptors();
  for (int i = 0; i < 200; ++i) {
    const auto launched = launch({"no such task"});
    ASSERT_TRUE(launched.has_value()) << i << ": " << launched.error().message;
    ASSERT_EQ(WEXITSTATUS(wait_for_end(*launched)), 2) << i;
  }
  EXPECT_EQ(open_descriptors(), before);
  const std::string task = "/proc/" + std::to_string(zygote_->pid()) + "/fd";
  // 0 to 3: nothing of what it passed on.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(task), std::filesystem::directory_iterator()), 4);
  zygote_.reset();
  EXPECT_TRUE(has_no_child());
}

TEST_F(ZygoteTest, ItsWorkersOutliveIt) {
  const auto launched = launch({"stay", std::string(name_of(tier()))});
  ASSERT_TRUE(launched.has_value()) << launched.error().message;
  said_.close_write();
  EXPECT_EQ(said_.read_line(), "stays");
  end_zygote(SIGKILL);
  EXPECT_EQ(zygote_->bury(), "SIGKILL");
  pollfd ended{launched->pidfd, POLLIN, 0};
  EXPECT_EQ(::poll(&ended, 1, 0), 0) << "the worker died with its zygote";
  ::kill(launched->pid, SIGKILL);
  wait_for_end(*launched);
}

TEST_F(ZygoteTest, DeadOrDeafItRefuses) {
  ::kill(zygote_->pid(), SIGSTOP);
  const auto deaf = zygote_->launch(spec({"report"}), thread::monotonic_ns() + 20'000'000);
  ASSERT_FALSE(deaf.has_value());
  EXPECT_EQ(deaf.error().code, Code::deadline_exceeded);
  end_zygote(SIGKILL);
  const auto dead = launch({"report"});
  ASSERT_FALSE(dead.has_value());
  EXPECT_EQ(dead.error().reason, "launch.zygote");
  zygote_.reset();
  EXPECT_TRUE(has_no_child());
}

TEST_F(ZygoteTest, SaysWhatItCannotPreload) {
  const std::string missing[] = {"libstoa-nowhere.so.1"};
  zygote_ = Zygote::start(fixture_program(), missing).value_or(nullptr);
  ASSERT_NE(zygote_, nullptr);
  EXPECT_FALSE(launch({"report"}).has_value());
  pollfd ended{zygote_->death(), POLLIN, 0};
  ASSERT_EQ(::poll(&ended, 1, 10'000), 1);
  EXPECT_EQ(zygote_->bury(),
            "status 69, libstoa-nowhere.so.1: cannot open shared object file: No such file or directory");
}

TEST_F(ZygoteTest, WrongSpecsAreRefusedAndHarmless) {
  LaunchSpec wrong = spec({"report"});
  wrong.descriptors = {1000};
  const auto refused = zygote_->launch(wrong, thread::monotonic_ns() + kPatienceNs);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason, "launch.spec");
  wrong.descriptors.assign(300, said_.write);
  EXPECT_FALSE(zygote_->launch(wrong, thread::monotonic_ns() + kPatienceNs).has_value());
  if (support_.has_user_namespaces && ::geteuid() == 0) {
    wrong = spec({"report"});
    wrong.tier = Tier::t2n;
    wrong.uid = 0;
    EXPECT_FALSE(zygote_->launch(wrong, thread::monotonic_ns() + kPatienceNs).has_value()) << "root in there";
  }
  const auto launched = launch({"no such task"});
  ASSERT_TRUE(launched.has_value()) << launched.error().message;
  wait_for_end(*launched);
}

}  // namespace
}  // namespace stoa::worker
