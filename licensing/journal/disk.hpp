// disk.hpp: the two system calls on which durability rests. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <cstddef>

namespace stoa::licensing {

// A seam: a disk that fails is nothing a test can order otherwise.
class Disk {
 public:
  virtual ~Disk() = default;
  // As pwrite(2) and fdatasync(2).
  virtual ssize_t write_at(int descriptor, const void* bytes, std::size_t size, off_t offset) = 0;
  virtual int sync(int descriptor) = 0;
};

Disk& real_disk();

}  // namespace stoa::licensing
