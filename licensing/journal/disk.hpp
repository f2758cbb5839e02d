// disk.hpp: the one system call on which durability rests. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <cstddef>

namespace stoa::licensing {

// A seam: a disk that fails is nothing a test can order otherwise.
class Disk {
 public:
  virtual ~Disk() = default;
  // As pwritev2(2) with RWF_DSYNC: what it says it wrote is on the disk, and so is what it takes to find it. Where it
  // fails, nobody knows what is.
  virtual ssize_t write_durably(int descriptor, const void* bytes, std::size_t size, off_t offset) = 0;
};

Disk& real_disk();

}  // namespace stoa::licensing
