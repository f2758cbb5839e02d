// store_folder.cpp: the openat() family behind StoreFolder.
// SPDX-License-Identifier: Apache-2.0
#include "registry/blobs/store_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

FileStatus to_status(const struct stat& status) {
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size), status.st_nlink,
          status.st_mtim.tv_sec * kNsPerSecond + status.st_mtim.tv_nsec};
}

Result<bool> try_flock(const File& file, int operation) {
  while (::flock(file.fd(), operation) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return std::unexpected(file_error("lock", "file", errno));
  }
  return true;
}

}  // namespace

Result<FileStatus> status_of(const File& file) {
  struct stat status{};
  if (::fstat(file.fd(), &status) != 0) return std::unexpected(file_error("stat", "file", errno));
  return to_status(status);
}

Result<void> set_modified(const File& file, std::int64_t now_ns) {
  auto seconds = now_ns / kNsPerSecond, rest = now_ns % kNsPerSecond;
  if (rest < 0) --seconds, rest += kNsPerSecond;
  const timespec times[2] = {{0, UTIME_OMIT}, {seconds, rest}};
  if (::futimens(file.fd(), times) != 0) return std::unexpected(file_error("set the time of", "file", errno));
  return {};
}

Result<void> lock_file(const File& file, LockKind kind) {
  const auto locked = try_flock(file, kind == LockKind::shared ? LOCK_SH : LOCK_EX);
  if (!locked) return std::unexpected(locked.error());
  return {};
}

Result<bool> try_lock_exclusive(const File& file) { return try_flock(file, LOCK_EX | LOCK_NB); }

std::unexpected<Error> StoreFolder::failed(const char* what, const std::string& name) const {
  const int number = errno;
  if (number == ELOOP)
    return failure(Code::failed_precondition, "file.not_regular", (path_ / name).string() + " is a symbolic link");
  return std::unexpected(file_error(what, path_ / name, number));
}

Result<StoreFolder> StoreFolder::open_root(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return std::unexpected(file_error("create folder", path, errno));
  File file(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.fd() < 0) return std::unexpected(file_error("open folder", path, errno));
  return StoreFolder(std::move(file), path);
}

Result<StoreFolder> StoreFolder::open_child(const std::string& name) const {
  File file(::openat(file_.fd(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (file.fd() < 0 && (errno == ENOTDIR || errno == ELOOP))
    return failure(Code::failed_precondition, "file.not_folder", (path_ / name).string() + " is no folder");
  if (file.fd() < 0) return failed("open folder", name);
  return StoreFolder(std::move(file), path_ / name);
}

Result<StoreFolder> StoreFolder::make_child(const std::string& name) const {
  if (::mkdirat(file_.fd(), name.c_str(), 0700) != 0 && errno != EEXIST) return failed("create folder", name);
  return open_child(name);
}

Result<File> StoreFolder::open(const std::string& name, Access access) const {
  // O_NONBLOCK: opening a FIFO must not wait for its other end; it means nothing for a regular file.
  const int how = access == Access::read ? O_RDONLY : O_RDWR;
  File file(::openat(file_.fd(), name.c_str(), how | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.fd() < 0) return failed("open", name);
  struct stat status{};
  if (::fstat(file.fd(), &status) != 0) return failed("stat", name);
  if (!S_ISREG(status.st_mode))
    return failure(Code::failed_precondition, "file.not_regular", (path_ / name).string() + " is not a regular file");
  return file;
}

Result<File> StoreFolder::create(const std::string& name) const {
  File file(::openat(file_.fd(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.fd() < 0) return failed("create", name);
  return file;
}

Result<FileStatus> StoreFolder::status(const std::string& name) const {
  struct stat status{};
  if (::fstatat(file_.fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return failed("stat", name);
  return to_status(status);
}

bool StoreFolder::refers_to(const std::string& name, const File& file) const {
  const auto named = status(name), opened = status_of(file);
  return named && opened && named->same_file(*opened);
}

Result<std::vector<std::string>> StoreFolder::names() const {
  // An open description of its own: the position in a folder belongs to it, and threads share ours.
  const int fd = ::openat(file_.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed("open folder", "");
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::fdopendir(fd), ::closedir);
  if (!folder) {
    auto error = failed("read folder", "");
    ::close(fd);
    return error;
  }
  std::vector<std::string> names;
  errno = 0;
  for (const dirent* entry = ::readdir(folder.get()); entry != nullptr; entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return failed("read folder", "");
  std::ranges::sort(names);
  return names;
}

Result<void> StoreFolder::rename(const std::string& name, const StoreFolder& to, const std::string& new_name) const {
  if (::renameat(file_.fd(), name.c_str(), to.file_.fd(), new_name.c_str()) != 0)
    return to.failed("rename to", new_name);
  return {};
}

Result<void> StoreFolder::rename_if_free(const std::string& name, const StoreFolder& to,
                                         const std::string& new_name) const {
  if (::renameat2(file_.fd(), name.c_str(), to.file_.fd(), new_name.c_str(), RENAME_NOREPLACE) != 0)
    return to.failed("rename to", new_name);
  return {};
}

Result<void> StoreFolder::remove(const std::string& name) const {
  if (::unlinkat(file_.fd(), name.c_str(), 0) != 0) return failed("remove", name);
  return {};
}

Result<void> StoreFolder::sync() const {
  if (::fsync(file_.fd()) != 0) return failed("fsync folder", "");
  return {};
}

Result<File> StoreFolder::lock() const {
  File file(::openat(file_.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.fd() < 0) return failed("open folder", "");
  if (auto locked = lock_file(file, LockKind::exclusive); !locked) return std::unexpected(locked.error());
  return file;
}

}  // namespace stoa::registry
