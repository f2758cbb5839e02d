// process_memory.cpp SPDX-License-Identifier: Apache-2.0
#include "host/worker/process_memory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string>

namespace stoa::worker {

ProcessMemory::ProcessMemory(pid_t pid)
    : statm_(::open(("/proc/" + std::to_string(pid) + "/statm").c_str(), O_RDONLY | O_CLOEXEC)) {}

std::optional<std::uint64_t> ProcessMemory::private_bytes() const {
  std::array<char, 256> text;
  const ssize_t got = statm_ ? ::pread(statm_.get(), text.data(), text.size(), 0) : -1;
  if (got <= 0) return std::nullopt;
  std::array<std::uint64_t, 3> pages{};  // size, resident, shared
  const char *at = text.data(), *const end = at + got;
  for (std::uint64_t& one : pages) {
    while (at != end && *at == ' ') ++at;
    const auto [next, error] = std::from_chars(at, end, one);
    if (error != std::errc{}) return std::nullopt;
    at = next;
  }
  static const auto kPageBytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return pages[1] > pages[2] ? (pages[1] - pages[2]) * kPageBytes : 0;
}

}  // namespace stoa::worker
