// file.hpp: an owned file descriptor, with reads and writes that are whole or an Error.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include "stoa/result.hpp"

namespace stoa::registry {

class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~File();

  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

// The Error of a failed system call: reason file.not_found, file.permission, file.exists, file.no_space or file.io.
Error file_error(const std::string& what, const std::filesystem::path& path, int error_number);

// Regular files only (a FIFO would block, a device has no size): file.not_regular.
Result<File> open_regular(const std::filesystem::path& path);
Result<std::uint64_t> size_of_file(const File& file);
// Fills the whole span; a file that ends before is file.io.
Result<void> read_at(const File& file, std::uint64_t offset, std::span<std::byte> bytes);
Result<void> write_all(const File& file, std::span<const std::byte> bytes);

// A whole small file. More than bytes_max: file.too_large, nothing is read.
Result<std::string> read_small_file(const std::filesystem::path& path, std::size_t bytes_max);
// The same of an open one; name is for the message.
Result<std::string> read_small_file(const File& file, const std::filesystem::path& name, std::size_t bytes_max);

}  // namespace stoa::registry
