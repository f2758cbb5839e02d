// staging.cpp: temporary names, their locks, and the cleaning up after processes that died.
// SPDX-License-Identifier: Apache-2.0
#include "registry/document/staging.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolderPrefix = ".partial-";

std::string file_prefix(const fs::path& target) { return "." + target.filename().string() + ".partial-"; }

fs::path folder_of(const fs::path& target) { return target.has_parent_path() ? target.parent_path() : fs::path("."); }

// Taken while staging names are made or swept, so that nobody sweeps a name between its making and its locking.
Result<File> lock_folder(const fs::path& folder) {
  File file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.fd() < 0) return std::unexpected(file_error("open folder", folder, errno));
  while (::flock(file.fd(), LOCK_EX) != 0)
    if (errno != EINTR) return std::unexpected(file_error("lock folder", folder, errno));
  return file;
}

// Lock: the folder's.
void sweep(const fs::path& folder, std::string_view prefix) {
  std::error_code ignored;  // what cannot be removed now is met again next time
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (!entry.path().filename().string().starts_with(prefix)) continue;
    const File file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (file.fd() < 0 || ::flock(file.fd(), LOCK_EX | LOCK_NB) != 0) continue;
    fs::remove_all(entry.path(), ignored);
  }
}

std::unexpected<Error> failed(const char* what, const fs::path& path) {
  return std::unexpected(file_error(what, path, errno));
}

}  // namespace

Result<StagingFile> StagingFile::create(const fs::path& target, unsigned mode) {
  struct stat there{};
  if (::lstat(target.c_str(), &there) == 0 && !S_ISREG(there.st_mode))
    return failure(Code::invalid_argument, "file.not_regular", target.string() + " is there and no regular file");
  const auto folder = folder_of(target);
  const auto lock = lock_folder(folder);
  if (!lock) return std::unexpected(lock.error());
  sweep(folder, file_prefix(target));
  auto name = (folder / (file_prefix(target) + "XXXXXX")).string();
  StagingFile staging;
  staging.file_ = File(::mkostemp(name.data(), O_CLOEXEC));
  if (staging.file_.fd() < 0) return failed("create a temporary file beside", target);
  staging.path_ = name;
  staging.target_ = target;
  if (::flock(staging.file_.fd(), LOCK_EX | LOCK_NB) != 0 || ::fchmod(staging.file_.fd(), mode) != 0)
    return failed("prepare", name);
  return staging;
}

StagingFile::~StagingFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<void> StagingFile::publish() {
  if (::fsync(file_.fd()) != 0) return failed("fsync", path_);
  if (::rename(path_.c_str(), target_.c_str()) != 0) return failed("rename to", target_);
  path_.clear();
  const File folder(::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd() < 0 || ::fsync(folder.fd()) != 0) return failed("fsync the folder of", target_);
  return {};
}

Result<StagingFolder> StagingFolder::create(const fs::path& root) {
  std::error_code error;
  fs::create_directories(root.parent_path(), error);
  if (::mkdir(root.c_str(), 0700) != 0 && errno != EEXIST) return failed("create folder", root);
  const auto lock = lock_folder(root);
  if (!lock) return std::unexpected(lock.error());
  sweep(root, kFolderPrefix);
  auto name = (root / (std::string(kFolderPrefix) + "XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) return failed("create a temporary folder in", root);
  StagingFolder staging;
  staging.root_ = root;
  staging.path_ = name;
  staging.lock_ = File(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (staging.lock_.fd() < 0 || ::flock(staging.lock_.fd(), LOCK_EX | LOCK_NB) != 0) return failed("lock", name);
  return staging;
}

StagingFolder::~StagingFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<void> StagingFolder::publish(const std::string& name) {
  const auto lock = lock_folder(root_);
  if (!lock) return std::unexpected(lock.error());
  const auto target = root_ / name;
  std::error_code error;
  fs::remove_all(target, error);
  if (error) return std::unexpected(file_error("remove", target, error.value()));
  if (::rename(path_.c_str(), target.c_str()) != 0) return failed("rename to", target);
  path_.clear();
  return {};
}

Result<void> remove_stale_staging(const fs::path& root) {
  std::error_code error;
  if (!fs::exists(root, error)) return {};
  const auto lock = lock_folder(root);
  if (!lock) return std::unexpected(lock.error());
  sweep(root, kFolderPrefix);
  return {};
}

}  // namespace stoa::registry
