// scratch.cpp: partner code chooses names, depths and modes in there. SPDX-License-Identifier: Apache-2.0
#include "host/worker/scratch.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <string_view>

#include "host/worker/sandbox_failure.hpp"

namespace stoa::worker {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kBlockBytes = 4096;  // what an entry takes at least: names and inodes fill a disk, too
constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::unexpected<Error> no_scratch(const fs::path& path, int error) {
  return sandbox_failure("scratch", "cannot make a folder in " + path.string(), error);
}

// The entries of a folder, until one answers with an errno. 0: that was all. Takes the descriptor.
int each_entry(int descriptor, const std::function<int(const char*)>& visit) {
  if (descriptor < 0) return errno;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::fdopendir(descriptor), &::closedir);
  if (folder == nullptr) {
    const int error = errno;
    ::close(descriptor);
    return error;
  }
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(folder.get());
    if (entry == nullptr) return errno;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (const int error = visit(entry->d_name); error != 0) return error;
  }
}

// Adds up a folder. Links are not followed, and what goes away meanwhile was not there.
struct Measurement {
  std::uint64_t bytes_max;
  std::uint64_t bytes = 0;
  std::uint32_t entries = 0;

  bool is_over() const { return bytes > bytes_max || entries > kScratchEntriesMax; }

  // 0 or an errno.
  int add(int folder, int depth) {
    return each_entry(folder, [&](const char* name) {
      struct stat status{};
      if (is_over()) return 0;
      if (::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT ? 0 : errno;
      ++entries;
      bytes += std::max<std::uint64_t>(static_cast<std::uint64_t>(status.st_blocks) * 512, kBlockBytes);
      if (!S_ISDIR(status.st_mode)) return 0;
      if (depth == kScratchDepthMax) return ENAMETOOLONG;
      const int inner = ::openat(folder, name, kOpenFolder);
      if (inner < 0) return errno == ENOENT ? 0 : errno;
      return add(inner, depth + 1);
    });
  }
};

// Empties a folder. Folders that lie too deep for recursion, and for our descriptors, are moved to the top, where the
// next pass finds them.
struct Removal {
  int top;
  std::uint32_t names = 0;  // that were tried: partner code may have taken some
  bool has_moved = false;

  int empty(int folder, int depth) {
    return each_entry(folder, [&](const char* name) {
      if (::unlinkat(folder, name, 0) == 0 || errno != EISDIR) return 0;
      if (::geteuid() != 0) ::fchmodat(folder, name, 0700, 0);  // it may be shut to its owner; root need not mind
      if (depth == kScratchDepthMax) {
        int error = ENOTEMPTY;
        while (error == ENOTEMPTY || error == EEXIST || error == ENOTDIR) {
          const std::string above = "stoa-deep-" + std::to_string(names++);
          error = ::renameat(folder, name, top, above.c_str()) == 0 ? 0 : errno;
        }
        has_moved = has_moved || error == 0;
        return 0;
      }
      empty(::openat(folder, name, kOpenFolder), depth + 1);
      ::unlinkat(folder, name, AT_REMOVEDIR);
      return 0;
    });
  }
};

void remove_tree(const fs::path& path) {
  if (::geteuid() != 0) ::chmod(path.c_str(), 0700);
  const Descriptor top(::open(path.c_str(), kOpenFolder));
  if (!top) return;
  Removal removal{top.get()};
  do {
    removal.has_moved = false;
    removal.empty(::openat(top.get(), ".", kOpenFolder), 0);
  } while (removal.has_moved);
  ::rmdir(path.c_str());
}

// Of all hosts, one at a time makes or clears folders in the shared one.
Descriptor lock_of(const fs::path& folder, int how) {
  Descriptor locked(::open(folder.c_str(), kOpenFolder));
  if (locked && ::flock(locked.get(), how) != 0) locked.reset();
  return locked;
}

// mkdtemp's mode is 0700.
Result<fs::path> make_inside(const fs::path& folder, const char* pattern) {
  std::string made = (folder / pattern).string();
  if (::mkdtemp(made.data()) == nullptr) return no_scratch(folder, errno);
  return fs::path(made);
}

}  // namespace

Result<std::unique_ptr<ScratchFolder>> ScratchFolder::make(const fs::path& in, const ScratchSpec& spec) {
  const auto path = make_inside(in, "worker-XXXXXX");
  if (!path) return std::unexpected(path.error());
  std::unique_ptr<ScratchFolder> made(new ScratchFolder(*path, spec.bytes_max));
  if (::geteuid() == 0 && ::lchown(path->c_str(), spec.uid, spec.uid) != 0) return no_scratch(in, errno);
  return made;
}

ScratchFolder::~ScratchFolder() { remove_tree(path_); }

Result<Descriptor> ScratchFolder::open() const {
  Descriptor opened(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened) return sandbox_failure("scratch", "cannot open " + path_.string(), errno);
  return opened;
}

std::optional<std::string> ScratchFolder::excess(std::uint64_t now_ns) {
  if (now_ns < next_ns_) return std::nullopt;
  next_ns_ = now_ns + kScratchMeasureNs;
  Measurement found{bytes_max_};
  const int error = found.add(::open(path_.c_str(), kOpenFolder), 0);
  if (found.bytes > bytes_max_)
    return "its scratch folder has " + std::to_string(found.bytes) + " bytes or more, its permission is for " +
           std::to_string(bytes_max_);
  if (found.entries > kScratchEntriesMax)
    return "its scratch folder has more than " + std::to_string(kScratchEntriesMax) + " files and folders";
  if (error == ENAMETOOLONG)
    return "its scratch folder is more than " + std::to_string(kScratchDepthMax) + " folders deep";
  if (error != 0) return "its scratch folder cannot be measured: " + std::generic_category().message(error);
  return std::nullopt;
}

ScratchRoot::ScratchRoot(fs::path shared) : shared_(std::move(shared)) {
  const Descriptor all = lock_of(shared_, LOCK_EX);
  if (!all) return;  // there is none yet, and so no leftovers
  std::error_code error;
  for (fs::directory_iterator at(shared_, error), end; !error && at != end; at.increment(error))
    if (lock_of(at->path(), LOCK_EX | LOCK_NB)) remove_tree(at->path());
}

ScratchRoot::~ScratchRoot() {
  if (!own_.empty()) remove_tree(own_);
}

Result<void> ScratchRoot::make_own() {
  std::error_code error;
  fs::create_directories(shared_.parent_path(), error);
  if (::mkdir(shared_.c_str(), 0700) != 0 && errno != EEXIST) return no_scratch(shared_, errno);
  const Descriptor all = lock_of(shared_, LOCK_EX);
  if (!all) return no_scratch(shared_, errno);
  const auto made = make_inside(shared_, "host-XXXXXX");
  if (!made) return std::unexpected(made.error());
  lock_ = lock_of(*made, LOCK_EX | LOCK_NB);
  own_ = *made;
  return {};
}

Result<std::unique_ptr<ScratchFolder>> ScratchRoot::make(const ScratchSpec& spec) {
  const std::lock_guard lock(mutex_);
  if (own_.empty())
    if (auto made = make_own(); !made) return std::unexpected(made.error());
  return ScratchFolder::make(own_, spec);
}

}  // namespace stoa::worker
