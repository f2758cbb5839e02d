// scratch_test.cpp: what a worker may write, how much, and what is left of it. SPDX-License-Identifier: Apache-2.0
#include "host/worker/scratch.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <fstream>

#include "host/runtime/fixture_host.hpp"
#include "host/worker/worker_instance.hpp"

namespace stoa::worker {
namespace {

using runtime::Asked;
using thread::monotonic_ns;
namespace fs = std::filesystem;

class ScratchGround {
 public:
  ScratchGround() {
    std::string made = (fs::temp_directory_path() / "stoa-scratch-XXXXXX").string();
    if (::mkdtemp(made.data()) == nullptr) std::abort();
    path_ = made;
  }
  ~ScratchGround() { fs::remove_all(path_); }
  fs::path shared() const { return path_ / "state" / "scratch"; }
  // The workers' folders, of all hosts.
  std::vector<fs::path> folders() const {
    std::vector<fs::path> found;
    std::error_code error;
    for (const auto& host : fs::directory_iterator(shared(), error))
      for (const auto& folder : fs::directory_iterator(host.path(), error)) found.push_back(folder.path());
    return found;
  }

 private:
  fs::path path_;
};

bool comes_true(const std::function<bool()>& is_so) {
  const std::uint64_t until_ns = monotonic_ns() + runtime::kTestPatienceNs / 4;
  while (!is_so() && monotonic_ns() < until_ns) std::this_thread::yield();
  return is_so();
}

TEST(ScratchRoot, RemovesWhatEndedHostsLeftAndNothingOfThoseThatRun) {
  const ScratchGround ground;
  ScratchRoot running(ground.shared());
  const auto folder = running.make({65534, 1});
  ASSERT_TRUE(folder.has_value()) << folder.error().message;
  fs::create_directories(ground.shared() / "host-dead" / "worker-1" / "inner");
  std::ofstream(ground.shared() / "host-dead" / "worker-1" / "inner" / "file") << "left";
  fs::permissions(ground.shared() / "host-dead" / "worker-1", fs::perms::none);
  const ScratchRoot next(ground.shared());
  EXPECT_FALSE(fs::exists(ground.shared() / "host-dead"));
  EXPECT_TRUE(fs::exists((*folder)->path()));
}

TEST(ScratchRoot, MakesFoldersForTheirOwnerAlone) {
  const ScratchGround ground;
  ScratchRoot root(ground.shared());
  EXPECT_FALSE(fs::exists(ground.shared())) << "before anybody needs it";
  auto folder = root.make({65534, 1});
  ASSERT_TRUE(folder.has_value()) << folder.error().message;
  struct stat status{};
  ASSERT_EQ(::lstat((*folder)->path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
  EXPECT_EQ(status.st_uid, ::geteuid() == 0 ? 65534u : ::geteuid());
  folder->reset();
  EXPECT_TRUE(ground.folders().empty());
}

TEST(ScratchFolder, CountsBlocksEntriesAndDepth) {
  struct Row {
    const char* words;
    std::uint64_t bytes_max;
    std::function<void(const fs::path&)> fill;
  };
  const auto deep = [](const fs::path& at, int n) {
    fs::path inner = at;
    for (int i = 0; i < n; ++i) inner /= "d";
    fs::create_directories(inner);
  };
  const Row rows[] = {
      {"", 1 << 20, [](const fs::path&) {}},
      {"", 1 << 20,
       [](const fs::path& at) {
         std::ofstream(at / "a").flush();
         fs::resize_file(at / "a", 1 << 30);
       }},
      {"", 1 << 20, [](const fs::path& at) { fs::create_symlink("/usr", at / "usr"); }},
      {"", 1 << 20, [&](const fs::path& at) { deep(at, 16); }},
      {"is more than 16 folders deep", 1 << 20, [&](const fs::path& at) { deep(at, 17); }},
      {"its permission is for 100000", 100'000,
       [](const fs::path& at) { std::ofstream(at / "a") << std::string(200'000, 'x'); }},
      {"its permission is for 9000", 9'000,
       [](const fs::path& at) {
         for (const char* name : {"a", "b", "c"}) std::ofstream(at / name).flush();
       }},
      {"more than 4096 files and folders", 1 << 30,
       [](const fs::path& at) {
         for (int i = 0; i <= 4096; ++i) std::ofstream(at / std::to_string(i)).flush();
       }},
  };
  const ScratchGround ground;
  ScratchRoot root(ground.shared());
  for (const Row& row : rows) {
    auto folder = root.make({65534, row.bytes_max});
    ASSERT_TRUE(folder.has_value());
    row.fill((*folder)->path());
    const auto excess = (*folder)->excess(kScratchMeasureNs);
    EXPECT_EQ(excess.has_value(), *row.words != '\0') << row.words << excess.value_or("");
    EXPECT_NE(excess.value_or("").find(row.words), std::string::npos) << *excess;
    EXPECT_FALSE((*folder)->excess(kScratchMeasureNs + 1)) << "it is not measured again at once";
    folder->reset();
    EXPECT_TRUE(ground.folders().empty()) << row.words;
  }
}

class Scratch : public testing::TestWithParam<Tier> {
 protected:
  void SetUp() override {
    static const SandboxSupport kSupport = probe_sandbox();
    if (GetParam() > best_tier(kSupport)) GTEST_SKIP() << "this machine has no " << name_of(GetParam());
    program.executable = fs::path(std::getenv("STOA_BINARY_DIR")) / "bin" / "stoa-worker";
    program.tier = GetParam();
    program.scratch = std::make_shared<ScratchRoot>(ground.shared());
    program.zygotes = std::make_shared<ZygoteKeeper>(program.executable, host.log);
  }
  void load(std::uint64_t scratch_bytes) {
    auto source = runtime::fixture_source("scratch");
    source.permissions.scratch_bytes = scratch_bytes;
    auto loaded = WorkerInstance::load(program, source, source.models[0], {}, host.services());
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
    instance = std::move(*loaded);
    ASSERT_TRUE(instance->warm_up() && instance->prove());
  }
  Asked ask(std::string_view text) {
    Asked asked(text);
    instance->submit(std::span(&asked.call, 1));
    EXPECT_TRUE(asked.wait()) << text;
    return asked;
  }

  const ScratchGround ground;
  runtime::FixtureHost host;
  WorkerProgram program;
  std::unique_ptr<WorkerInstance> instance;
};

INSTANTIATE_TEST_SUITE_P(In, Scratch, testing::Values(Tier::t1, Tier::t2, Tier::t2n),
                         [](const auto& row) { return std::string(name_of(row.param)); });

TEST_P(Scratch, IsWrittenReadAndGoneWithTheWorker) {
  load(1 << 20);
  EXPECT_EQ(ground.folders().size(), 1u);
  EXPECT_TRUE(ask("where").text().starts_with("/proc/self/fd/"));
  EXPECT_EQ(ask("write").text(), "read back");
  EXPECT_TRUE(fs::exists(ground.folders().at(0) / "file"));
  instance.reset();
  EXPECT_TRUE(ground.folders().empty());
}

TEST_P(Scratch, IsNotThereWithoutThePermission) {
  load(0);
  EXPECT_EQ(ask("where").text(), "nowhere");
  EXPECT_TRUE(ground.folders().empty());
  if (GetParam() >= Tier::t2) EXPECT_EQ(ask("write").text(), "Operation not permitted");  // T1 has RLIMIT_FSIZE 0
}

TEST_P(Scratch, OneFileIsNotLargerThanThePermission) {
  load(1 << 20);
  EXPECT_EQ(ask("one large").text(), "File too large");
}

TEST_P(Scratch, MoreThanThePermissionEndsTheWorkerWithTheNumbers) {
  load(1 << 20);
  EXPECT_EQ(ask("many").reason(), "plugin.crashed");
  EXPECT_TRUE(comes_true([&] { return host.log->has("bytes or more, its permission is for 1048576"); }));
  EXPECT_EQ(ask("write").text(), "read back") << "the replacement begins with an empty folder";
  EXPECT_TRUE(comes_true([&] { return ground.folders().size() == 1; }));
}

TEST_P(Scratch, FoldersThatCannotBeFollowedEndTheWorkerAndAreRemoved) {
  load(1 << 20);
  EXPECT_EQ(ask("deep").reason(), "plugin.crashed");
  EXPECT_TRUE(comes_true([&] { return host.log->has("folders deep"); }));
  instance.reset();
  EXPECT_TRUE(ground.folders().empty());
}

}  // namespace
}  // namespace stoa::worker
