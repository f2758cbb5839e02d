// full_disk_test.cpp: no space, no inode, no more bytes, no descriptor at every call that wants one: an error of that
// request, and what was there before is there after it.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "registry/blobs/collection.hpp"
#include "registry/blobs/test_store.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

constexpr UploadPolicy kLasting{.idle_ns_max = 1000};
constexpr UploadQuota kAmple{.bytes_max = 100'000'000, .stored_bytes = 0, .uploads_max = 100};
constexpr std::size_t kBytes = 50'000;

// What lies there before; each request adds to it.
struct Ground {
  explicit Ground(const fs::path& path) : root(path), store(std::move(BlobStore::open(path).value())) {
    before = store->put(bytes_of("before"), 1).value().digest;
    begin(), begin();
    (void)uploads.append(keys[0], {0, bytes_of(std::string_view(text).substr(0, kBytes / 2))}, 1).value();
    (void)uploads.append(keys[1], {0, bytes_of(text)}, 1).value();
  }
  void begin() { keys.push_back({uploads.begin({"acme", kBytes, {}}, kAmple, 1).value().id, "acme"}); }

  const fs::path root;
  std::unique_ptr<BlobStore> store;
  Uploads uploads{*store, kLasting};
  Sha256 before{};
  std::vector<UploadKey> keys;  // one half there, one whole
  const std::string text = random_bytes(kBytes, 1);
};

// No GoogleTest in the child: the first thing that is wrong ends it, and the parent shows the line.
void require(bool is_right, const std::string& what) {
  if (is_right) return;
  std::fprintf(stderr, "wrong: %s\n", what.c_str());
  std::_Exit(1);
}

struct Request {
  const char* name;
  std::string (*make)(Ground&);  // its reason, or nothing
};

const Request kRequests[] = {
    {"put", [](Ground& g) { return reason_of(g.store->put(bytes_of(g.text), 2)); }},
    {"put of nothing", [](Ground& g) { return reason_of(g.store->put({}, 2)); }},
    {"begin", [](Ground& g) { return reason_of(g.uploads.begin({"acme", 10, {}}, kAmple, 2)); }},
    {"append",
     [](Ground& g) {
       const auto rest = std::string_view(g.text).substr(kBytes / 2);
       return reason_of(g.uploads.append(g.keys[0], {kBytes / 2, bytes_of(rest)}, 2));
     }},
    {"finish", [](Ground& g) { return reason_of(g.uploads.finish(g.keys[1], sha256_of(g.text), 2)); }},
    {"renew", [](Ground& g) { return reason_of(g.store->renew(g.before, 2)); }},
    {"read", [](Ground& g) { return reason_of(read_all(g.store->read(g.before))); }},
    {"range", [](Ground& g) { return reason_of(read_all(g.store->read(g.before, {1, 2}))); }},
    {"collect",
     [](Ground& g) { return reason_of(collect(*g.store, g.uploads, {{g.before, sha256_of(g.text)}, 2, 0, false})); }},
    {"check", [](Ground& g) { return reason_of(check_blobs(*g.store, g.uploads, {2, true})); }},
};

std::size_t files_in(const fs::path& root) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) count += entry.is_directory() ? 0 : 1;
  return count;
}

// After a request that failed all is as before, and the same request does what it says.
void require_unharmed(Ground& ground, const Request& request, std::size_t files, const std::string& when) {
  require(files_in(ground.root) == files, when + ": files differ");
  require(ground.store->verify(ground.before).has_value(), when + ": a blob is gone");
  require(ground.uploads.status(ground.keys[0], 2).value().offset == kBytes / 2, when + ": half an append is there");
  require(ground.uploads.status(ground.keys[1], 2).value().offset == kBytes, when + ": an upload changed");
  require(!ground.uploads.status(ground.keys[1], 2).value().is_finished, when + ": an upload is finished");
  const auto check = check_blobs(*ground.store, ground.uploads, {2, false}).value();
  require(check.findings.empty(), when + ": " + (check.findings.empty() ? "" : check.findings[0].place));
  const auto reason = request.make(ground);
  require(reason.empty(), when + ": still " + reason + " when there is room again");
}

// squeeze(n): room for so little; release(): room again. n grows until the request succeeds.
struct Shortage {
  const char* name;
  std::set<std::string> reasons;  // of requests that fail
  std::function<void(const fs::path& root, std::size_t n)> squeeze;
  std::function<void(const fs::path& root)> release;
  std::size_t n_max = 0;
  std::size_t step = 1;
};

void run_requests(const fs::path& folder, const Shortage& shortage) {
  std::size_t failed = 0;
  for (const auto& request : kRequests) {
    for (std::size_t n = 0; n <= shortage.n_max; n += shortage.step) {
      const auto root = folder / "store";
      {
        Ground ground(root);
        const auto files = files_in(root);
        const auto when = std::string(shortage.name) + ", room for " + std::to_string(n) + ", " + request.name;
        shortage.squeeze(folder, n);
        const auto reason = request.make(ground);
        shortage.release(folder);
        require(reason.empty() || shortage.reasons.contains(reason), when + ": " + reason);
        failed += reason.empty() ? 0 : 1;
        if (reason.empty())
          n = shortage.n_max;
        else
          require_unharmed(ground, request, files, when);
      }
      fs::remove_all(root);
    }
  }
  require(failed > 0, std::string(shortage.name) + ": nothing ever failed");
}

// Runs in a process of its own; 77: this machine does not allow it.
int in_child(const std::function<int()>& run) {
  const pid_t child = ::fork();
  if (child == 0) std::_Exit(run());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void write_to(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  (void)!::write(fd, text.data(), text.size());
  ::close(fd);
}

// A small file system that only this process sees.
bool mount_small(const fs::path& folder, const char* options) {
  const auto uid = ::getuid(), gid = ::getgid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  write_to("/proc/self/setgroups", "deny");
  write_to("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1");
  write_to("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
  return ::mount("none", folder.c_str(), "tmpfs", 0, options) == 0;
}

// All of a file system's free blocks but n.
void fill(const fs::path& folder, std::size_t n) {
  const int fd = ::open((folder / "filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  struct statvfs space{};
  require(::fstatvfs(fd, &space) == 0 && space.f_bavail > n, "no space to fill");
  require(::posix_fallocate(fd, 0, static_cast<off_t>((space.f_bavail - n) * space.f_frsize)) == 0, "cannot fill");
  require(::fstatvfs(fd, &space) == 0 && space.f_bavail == n, "filled otherwise");
  ::close(fd);
}

void use_up_inodes(const fs::path& folder, std::size_t n) {
  fs::create_directory(folder / "filler");
  struct statvfs space{};
  for (std::size_t i = 0; ::statvfs(folder.c_str(), &space) == 0 && space.f_favail > n; ++i)
    ::close(::open((folder / "filler" / std::to_string(i)).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

void limit(decltype(RLIMIT_FSIZE) what, std::size_t soft) {
  rlimit now{};
  ::getrlimit(what, &now);
  now.rlim_cur = std::min<rlim_t>(soft, now.rlim_max);
  require(::setrlimit(what, &now) == 0, "cannot limit");
}

std::size_t first_free_fd() {
  const int fd = ::open("/", O_RDONLY | O_CLOEXEC);
  ::close(fd);
  return static_cast<std::size_t>(fd);
}

const auto kRemoveFiller = [](const fs::path& folder) { fs::remove_all(folder / "filler"); };

const Shortage kNoSpace{"disk full", {"file.no_space"}, fill, kRemoveFiller, 40};
const Shortage kNoInode{"no inode", {"file.no_space"}, use_up_inodes, kRemoveFiller, 5};
const Shortage kFileSize{"files may not grow",
                         {"file.no_space"},
                         [](const fs::path&, std::size_t n) { limit(RLIMIT_FSIZE, n); },
                         [](const fs::path&) { limit(RLIMIT_FSIZE, RLIM_INFINITY); },
                         52'000,
                         7'429};
const Shortage kNoDescriptor{"no descriptor",
                             {"file.io"},
                             [](const fs::path&, std::size_t n) { limit(RLIMIT_NOFILE, first_free_fd() + n); },
                             [](const fs::path&) { limit(RLIMIT_NOFILE, 1024); },
                             12};

void expect_unharmed(const Shortage& shortage, const char* file_system) {
  const TestFolder folder;
  const int code = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    if (file_system != nullptr && !mount_small(folder.path(), file_system)) return 77;
    run_requests(folder.path(), shortage);
    return 0;
  });
  if (code == 77) GTEST_SKIP() << "this machine lets nobody mount a file system of their own";
  EXPECT_EQ(code, 0);
}

TEST(FullDisk, IsAnErrorOfTheRequestOnly) { expect_unharmed(kNoSpace, "size=4m"); }
TEST(FullDisk, WithoutInodesToo) { expect_unharmed(kNoInode, "size=4m,nr_inodes=600"); }
TEST(FullDisk, AndWithFilesThatMayNotGrow) { expect_unharmed(kFileSize, nullptr); }
TEST(FullDisk, AndWithoutDescriptors) { expect_unharmed(kNoDescriptor, nullptr); }

}  // namespace
}  // namespace stoa::registry
