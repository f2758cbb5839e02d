// licence_watch_test.cpp: which word of the licences ends a release, and which one does not.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/licence_watch.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "registry/document/test_folder.hpp"

namespace stoa::app {
namespace {

// One release with two keys, watched for real; what is said of them is changed between two looks.
class Watched : public ::testing::Test {
 protected:
  Watched() {
    log_ = *Log::open({.level = "info", .format = LogFormat::text, .file = folder_ / "log", .access = false});
    says("first", {});
    says("second", {});
  }
  void start(std::optional<bool> was_served) {
    watch_ = std::make_unique<LicenceWatch>(
        LicenceWatchParts{.releases = [this] { return look(); },
                          .may_open = [this](const KeyRequest& wanted) { return said(wanted.key.hex); },
                          .was_served = [was_served](const rollout::ReleaseId&) { return was_served; },
                          .end = [this](const rollout::ReleaseId&, const std::string& why) { note("end " + why); },
                          .serve = [this](const rollout::ReleaseId&) { note("serve"); },
                          .log = *log_},
        std::chrono::milliseconds(1));
  }
  void says(const std::string& key, Result<void> verdict) {
    const std::lock_guard lock(mutex_);
    says_[key] = std::move(verdict);
  }
  static Result<void> refused(const char* reason) { return failure(Code::permission_denied, reason, "it is refused"); }
  static Result<void> unseen(const char* reason) { return failure(Code::unavailable, reason, "it cannot be seen"); }
  // What was done until two more looks had begun: the first of them was a whole one.
  std::string done() {
    std::unique_lock lock(mutex_);
    looked_.wait(lock, [this, until = looks_ + 3] { return looks_ >= until; });
    return done_;
  }
  std::string log_text() {
    watch_.reset();
    log_.reset();
    return registry::file_bytes(folder_ / "log");
  }

 private:
  std::vector<KeyRequest> look() {
    const std::lock_guard lock(mutex_);
    ++looks_;
    looked_.notify_all();
    return {{{"first"}, "acme/vision", "1.0.0"}, {{"second"}, "acme/vision", "1.0.0"}};
  }
  Result<void> said(const std::string& key) {
    const std::lock_guard lock(mutex_);
    return says_.at(key);
  }
  void note(const std::string& what) {
    const std::lock_guard lock(mutex_);
    done_ += what + '\n';
  }

  registry::TestFolder folder_;
  std::unique_ptr<Log> log_;
  std::mutex mutex_;  // Lock: what follows
  std::condition_variable looked_;
  std::map<std::string, Result<void>> says_;
  std::string done_;
  int looks_ = 0;
  std::unique_ptr<LicenceWatch> watch_;  // first to go: it uses all of these
};

TEST_F(Watched, ARefusalOfOneKeyEndsARelease) {
  start(std::nullopt);
  EXPECT_EQ(done(), "");
  says("second", refused("licence.expired"));
  EXPECT_EQ(done(), "end licence.expired\n");
  says("second", {});
  EXPECT_EQ(done(), "end licence.expired\nserve\n");
}

// A renewed licence whose host key cannot be read for a moment: too many files are open, or the disk fails.
TEST_F(Watched, WhatCannotBeSeenEndsNoneAndBringsNone) {
  start(std::nullopt);
  EXPECT_EQ(done(), "");
  says("first", unseen("file.io"));
  EXPECT_EQ(done(), "");
  says("second", refused("licence.revoked"));
  EXPECT_EQ(done(), "end licence.revoked\n") << "the other key's refusal is one";
  says("second", {});
  EXPECT_EQ(done(), "end licence.revoked\n") << "nobody can tell yet";
  says("first", {});
  EXPECT_EQ(done(), "end licence.revoked\nserve\n");
  const std::string text = log_text();
  const auto first = text.find("release.licence_untold");
  ASSERT_NE(first, std::string::npos) << text;
  const auto again = text.find("release.licence_untold", first + 1);
  ASSERT_NE(again, std::string::npos) << "once for each time";
  EXPECT_EQ(text.find("release.licence_untold", again + 1), std::string::npos) << text;
}

TEST_F(Watched, WhatCannotBeSeenAtTheFirstLookIsTakenUpLater) {
  says("first", unseen("file.io"));
  start(true);
  EXPECT_EQ(done(), "");
  says("first", {});
  EXPECT_EQ(done(), "") << "it was served all the time";
  says("first", refused("licence.expired"));
  EXPECT_EQ(done(), "end licence.expired\n");
}

}  // namespace
}  // namespace stoa::app
