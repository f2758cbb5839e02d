// file.cpp: the system calls behind File.
// SPDX-License-Identifier: Apache-2.0
#include "registry/document/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace stoa::registry {
namespace {

// A path as a message shows it: whoever names a file may put a line feed or an escape sequence into the name.
std::string shown(const std::filesystem::path& path) {
  std::string text = path.string();
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

Error file_error(const std::string& what, const std::filesystem::path& path, int error_number) {
  Error error{Code::unavailable, "file.io", {}, 0};
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      error.code = Code::not_found, error.reason = "file.not_found";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      error.code = Code::permission_denied, error.reason = "file.permission";
      break;
    case EEXIST:
      error.code = Code::already_exists, error.reason = "file.exists";
      break;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      error.code = Code::resource_exhausted, error.reason = "file.no_space";
      break;
    default:
      break;
  }
  error.message = "cannot " + what + " " + shown(path) + ": " + std::generic_category().message(error_number);
  return error;
}

Result<File> open_regular(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer; it means nothing for a regular file.
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.fd() < 0) return std::unexpected(file_error("open", path, errno));
  struct stat status{};
  if (::fstat(file.fd(), &status) != 0) return std::unexpected(file_error("stat", path, errno));
  if (!S_ISREG(status.st_mode))
    return failure(Code::invalid_argument, "file.not_regular", shown(path) + " is not a regular file");
  return file;
}

Result<std::uint64_t> size_of_file(const File& file) {
  struct stat status{};
  if (::fstat(file.fd(), &status) != 0) return std::unexpected(file_error("stat", "file", errno));
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> read_at(const File& file, std::uint64_t offset, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const auto n = ::pread(file.fd(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(file_error("read", "file", errno));
    if (n == 0)
      return failure(Code::unavailable, "file.io", "file ends at byte " + std::to_string(offset) + " while being read");
    offset += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> write_all(const File& file, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(file.fd(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(file_error("write", "file", errno));
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::string> read_small_file(const std::filesystem::path& path, std::size_t bytes_max) {
  const auto file = open_regular(path);
  if (!file) return std::unexpected(file.error());
  return read_small_file(*file, path, bytes_max);
}

Result<std::string> read_small_file(const File& file, const std::filesystem::path& name, std::size_t bytes_max) {
  const auto size = size_of_file(file);
  if (!size) return std::unexpected(size.error());
  if (*size > bytes_max)
    return failure(Code::invalid_argument, "file.too_large",
                   shown(name) + " has " + std::to_string(*size) + " bytes, limit is " + std::to_string(bytes_max));
  std::string text(*size, '\0');
  if (auto ok = read_at(file, 0, std::as_writable_bytes(std::span(text))); !ok) return std::unexpected(ok.error());
  return text;
}

}  // namespace stoa::registry
