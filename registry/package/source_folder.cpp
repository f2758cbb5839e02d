// source_folder.cpp: openat2, and the walk that stands in for it. SPDX-License-Identifier: Apache-2.0
#include "registry/package/source_folder.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace stoa::registry {

namespace fs = std::filesystem;

namespace {

// O_NONBLOCK: opening a FIFO must not wait for a writer; it means nothing for a regular file.
constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;

}  // namespace

int open_beneath_by_steps(const File& folder, const std::string& relative) {
  File at(::fcntl(folder.fd(), F_DUPFD_CLOEXEC, 0));
  for (std::size_t begin = 0;;) {
    const std::size_t slash = relative.find('/', begin);
    const std::string name = relative.substr(begin, slash - begin);
    if (name.empty() || name == "." || name == "..") {
      errno = EXDEV;
      return -1;
    }
    if (slash == std::string::npos) return ::openat(at.fd(), name.c_str(), kReadFlags);
    // Without O_DIRECTORY, with which a link would answer ENOTDIR.
    File next(::openat(at.fd(), name.c_str(), O_PATH | O_CLOEXEC | O_NOFOLLOW));
    if (next.fd() < 0) return -1;
    struct stat status{};
    if (::fstat(next.fd(), &status) != 0) return -1;
    if (S_ISLNK(status.st_mode)) {
      errno = ELOOP;
      return -1;
    }
    at = std::move(next);
    begin = slash + 1;
  }
}

int open_beneath(const File& folder, const std::string& relative) {
  open_how how{};
  how.flags = kReadFlags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const long fd = ::syscall(SYS_openat2, folder.fd(), relative.c_str(), &how, sizeof how);
  // EPERM: what some sandboxes say to a system call they do not know.
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(fd);
  return open_beneath_by_steps(folder, relative);
}

Result<SourceFolder> SourceFolder::open(const fs::path& path) {
  SourceFolder result;
  result.path_ = path;
  result.folder_ = File(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (result.folder_.fd() < 0) return std::unexpected(file_error("open", path, errno));
  return result;
}

Result<void> SourceFolder::refuse_link(const std::string& relative) const {
  std::string target(4096, '\0');
  const auto n = ::readlinkat(folder_.fd(), relative.c_str(), target.data(), target.size());
  if (n < 0) return {};
  target.resize(static_cast<std::size_t>(n));
  return failure(Code::invalid_argument, "pack.link",
                 "'" + relative + "' is a symbolic link to '" + target + "', a package is made of regular files");
}

Result<File> SourceFolder::open_file(const std::string& relative) const {
  File file(open_beneath(folder_, relative));
  const int error = errno;
  const auto not_regular = [&] {
    return failure(Code::invalid_argument, "file.not_regular", (path_ / relative).string() + " is not a regular file");
  };
  if (file.fd() < 0) {
    for (std::size_t end = relative.find('/');; end = relative.find('/', end + 1)) {
      if (auto ok = refuse_link(relative.substr(0, end)); !ok) return std::unexpected(ok.error());
      if (end == std::string::npos) break;
    }
    if (error == ENXIO) return not_regular();  // a socket
    return std::unexpected(file_error("open", path_ / relative, error));
  }
  struct stat status{};
  if (::fstat(file.fd(), &status) != 0) return std::unexpected(file_error("stat", path_ / relative, errno));
  if (!S_ISREG(status.st_mode)) return not_regular();
  return file;
}

}  // namespace stoa::registry
