// process_memory.hpp: what another process holds for itself alone. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "host/worker/descriptor.hpp"

namespace stoa::worker {

class ProcessMemory {
 public:
  // Of a process that is not reaped yet, or the number may be another's; afterwards it means this one and no other.
  explicit ProcessMemory(pid_t pid);
  // Its resident pages less those of files and shared memory, the arenas among them. Pages that it still shares with
  // the zygote it was forked from count: nobody can tell when it will write to them. nullopt: it has ended, or its
  // /proc is hidden from us. Any thread.
  std::optional<std::uint64_t> private_bytes() const;

 private:
  Descriptor statm_;
};

}  // namespace stoa::worker
