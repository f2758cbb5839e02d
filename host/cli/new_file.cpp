// new_file.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/new_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace stoa::cli {

Result<NewFile> NewFile::create(const std::string& path, unsigned mode) {
  registry::File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file.fd() < 0) return std::unexpected(registry::file_error("create", path, errno));
  return NewFile(path, std::move(file));
}

NewFile::~NewFile() {
  if (file_.fd() >= 0 && !is_kept_) ::unlink(path_.c_str());
}

Result<void> NewFile::write(std::string_view text) {
  if (auto ok = registry::write_all(file_, std::as_bytes(std::span(text))); !ok) return ok;
  if (::fsync(file_.fd()) != 0) return std::unexpected(registry::file_error("fsync", path_, errno));
  return {};
}

}  // namespace stoa::cli
