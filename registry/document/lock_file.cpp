// lock_file.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/document/lock_file.hpp"

#include <fcntl.h>

#include <cerrno>

namespace stoa::registry {

Result<void> make_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return std::unexpected(file_error("make", folder, error.value()));
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  return {};
}

Result<std::optional<File>> lock_file(const std::filesystem::path& path) {
  File file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.fd() < 0) return std::unexpected(file_error("open", path, errno));
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(file.fd(), F_SETLK, &whole) == 0) return file;
  if (errno != EACCES && errno != EAGAIN) return std::unexpected(file_error("lock", path, errno));
  return std::nullopt;
}

}  // namespace stoa::registry
