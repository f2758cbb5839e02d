// metadata_folder.cpp: the system calls behind MetadataFolder.
// SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/metadata_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPartialPrefix = ".partial-";

}  // namespace

Result<MetadataFolder> MetadataFolder::open(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return std::unexpected(file_error("create folder", path, error.value()));
  File folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd() < 0) return std::unexpected(file_error("open folder", path, errno));
  File lock(::openat(folder.fd(), ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.fd() < 0) return std::unexpected(file_error("open", path / ".lock", errno));
  if (::flock(lock.fd(), LOCK_EX | LOCK_NB) != 0)
    return failure(Code::aborted, "metadata.locked", path.string() + " is being written by somebody else");
  MetadataFolder out(path, std::move(folder), std::move(lock));
  const auto names = out.names();
  if (!names) return std::unexpected(names.error());
  for (const auto& name : *names)
    if (name.starts_with(kPartialPrefix))
      if (auto ok = out.remove(name); !ok) return std::unexpected(ok.error());
  return out;
}

Result<MetadataFolder> MetadataFolder::look(const fs::path& path) {
  File folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd() < 0) return std::unexpected(file_error("open folder", path, errno));
  return MetadataFolder(path, std::move(folder), File());
}

Result<void> MetadataFolder::write(const std::string& name, std::string_view bytes) const {
  const auto partial = std::string(kPartialPrefix) + name;
  const File file(::openat(folder_.fd(), partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (file.fd() < 0) return std::unexpected(file_error("create", path_ / partial, errno));
  auto written = write_all(file, std::as_bytes(std::span(bytes)));
  if (written && ::fsync(file.fd()) != 0) written = std::unexpected(file_error("fsync", path_ / partial, errno));
  if (written && ::renameat(folder_.fd(), partial.c_str(), folder_.fd(), name.c_str()) != 0)
    written = std::unexpected(file_error("rename to", path_ / name, errno));
  if (!written) ::unlinkat(folder_.fd(), partial.c_str(), 0);
  return written;
}

Result<void> MetadataFolder::sync() const {
  if (::fsync(folder_.fd()) != 0) return std::unexpected(file_error("fsync folder", path_, errno));
  return {};
}

Result<void> MetadataFolder::keep_as(const std::string& name, const std::string& other) const {
  if (::linkat(folder_.fd(), name.c_str(), folder_.fd(), other.c_str(), 0) == 0 || errno == EEXIST) return {};
  if (errno != EPERM && errno != EOPNOTSUPP && errno != EMLINK)
    return std::unexpected(file_error("link to", path_ / other, errno));
  std::error_code error;  // a file system without links
  const auto bytes = std::filesystem::file_size(path_ / name, error);
  if (error) return std::unexpected(file_error("look at", path_ / name, error.value()));
  const auto text = read(name, bytes);
  return text ? write(other, *text) : std::unexpected(text.error());
}

Result<std::string> MetadataFolder::read(const std::string& name, std::uint64_t bytes_max) const {
  return read_small_file(path_ / name, bytes_max);
}

bool MetadataFolder::has(const std::string& name) const {
  return ::faccessat(folder_.fd(), name.c_str(), F_OK, 0) == 0;
}

Result<std::vector<std::string>> MetadataFolder::names() const {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_, error)) out.push_back(entry.path().filename().string());
  if (error) return std::unexpected(file_error("list", path_, error.value()));
  return out;
}

Result<void> MetadataFolder::remove(const std::string& name) const {
  if (::unlinkat(folder_.fd(), name.c_str(), 0) != 0 && errno != ENOENT)
    return std::unexpected(file_error("remove", path_ / name, errno));
  return {};
}

}  // namespace stoa::registry
