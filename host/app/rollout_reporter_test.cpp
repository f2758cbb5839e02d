// rollout_reporter_test.cpp: what roll-outs come to reaches the catalogue, over a disk that is full for a while, too.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/rollout_reporter.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "registry/document/test_child.hpp"
#include "registry/upkeep/test_registry_folder.hpp"

namespace stoa::app {
namespace {

// Room for the lines of the log, and for no frame of the catalogue's (a page and its head).
constexpr rlim_t kFullBytes = 4'096;
const std::string kClassify = "acme/classify";

rollout::Step taken_back(const std::string& version) {
  return {.version = version,
          .from = rollout::ReleaseState::shifting,
          .to = rollout::ReleaseState::rolled_back,
          .why = "errors: 5 of 100",
          .answers = "1.0.0"};
}

class RolloutReporterTest : public ::testing::Test {
 protected:
  RolloutReporterTest() {
    on.open();
    on.add_acme();
    for (const char* const version : {"1.0.0", "1.1.0", "1.2.0"}) on.published(version);
    log = *Log::open({.level = "info", .format = LogFormat::text, .file = folder / "host.log", .access = false});
  }
  ~RolloutReporterTest() override { registry::limit_files(RLIM_INFINITY); }

  RolloutReporter::Parts parts() {
    return {.publishing = *on,
            .log = *log,
            .on_change = [this] { written.fetch_add(1); },
            .again = std::chrono::milliseconds(5)};
  }
  static bool eventually(const std::function<bool()>& is_so) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!is_so() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    return is_so();
  }
  int complaints() const {
    const std::string text = registry::file_bytes(folder / "host.log");
    int count = 0;
    for (std::size_t at = text.find("rollout.unwritten"); at != text.npos; at = text.find("rollout.unwritten", at + 1))
      ++count;
    return count;
  }
  // What the catalogue's log says of roll-outs, the oldest first: "1.1.0: errors: 5 of 100".
  std::vector<std::string> said() {
    std::vector<std::string> lines;
    on->with_catalogue([&](registry::Catalogue& catalogue) {
      for (const auto& line : *catalogue.audit(on.admin, 0, 100, kClassify))
        if (line.action == "rollout.rolled_back") lines.insert(lines.begin(), line.detail);
    });
    return lines;
  }

  registry::TestFolder folder;
  registry::RegistryFolder on{folder.path()};
  std::unique_ptr<Log> log;
  std::atomic<int> written{0};
};

const std::vector<std::string> kBoth{"1.1.0: errors: 5 of 100", "1.2.0: errors: 5 of 100"};

TEST_F(RolloutReporterTest, WaitsOutAFullDiskKeepsTheOrderAndComplainsOnce) {
  RolloutReporter reporter(parts());
  registry::limit_files(kFullBytes);
  reporter.start();
  for (const char* const version : {"1.1.0", "1.2.0"}) reporter.note(kClassify, taken_back(version));
  ASSERT_TRUE(eventually([&] { return complaints() > 0; }));
  EXPECT_EQ(said(), std::vector<std::string>());
  EXPECT_EQ(written.load(), 0);
  registry::limit_files(RLIM_INFINITY);
  EXPECT_TRUE(eventually([&] { return written.load() == 2; }));
  EXPECT_EQ(said(), kBoth);
  EXPECT_EQ(complaints(), 1);
  // The next full disk is another one.
  registry::limit_files(kFullBytes);
  reporter.note(kClassify, taken_back("1.0.0"));
  EXPECT_TRUE(eventually([&] { return complaints() == 2; }));
}

TEST_F(RolloutReporterTest, AStopWaitsForNoDisk) {
  RolloutReporter reporter(parts());
  registry::limit_files(kFullBytes);
  reporter.start();
  reporter.note(kClassify, taken_back("1.1.0"));
  ASSERT_TRUE(eventually([&] { return complaints() > 0; }));
  reporter.stop();
  registry::limit_files(RLIM_INFINITY);
  EXPECT_EQ(said(), std::vector<std::string>());
  EXPECT_EQ(written.load(), 0);
}

TEST_F(RolloutReporterTest, WhatWaitsIsWrittenBeforeItStops) {
  RolloutReporter reporter(parts());
  for (const char* const version : {"1.1.0", "1.2.0"}) reporter.note(kClassify, taken_back(version));
  reporter.start();
  reporter.stop();
  EXPECT_EQ(said(), kBoth);
  EXPECT_EQ(complaints(), 0);
}

}  // namespace
}  // namespace stoa::app
