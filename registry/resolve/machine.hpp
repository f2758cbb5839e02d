// machine.hpp: what this machine offers a package, learnt from files alone.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/package/manifest.hpp"

namespace stoa::registry {

// What the kernel's driver tells without being loaded is a name; a name that nvidia_card.cpp does not know leaves
// nullopt.
struct NvidiaCard {
  std::optional<CudaCompute> compute;
  std::optional<std::uint64_t> memory_bytes;  // at least
  bool operator==(const NvidiaCard&) const = default;
};

struct Machine {
  std::string os, arch, libc;    // as a manifest writes them
  std::string libc_version;      // "2.36"
  unsigned x86_64_level = 0;     // 1 to 4: of the x86-64 psABI; 0 elsewhere
  std::vector<std::string> cpu;  // the words of cpu_feature.hpp that hold on every processor, levels left out
  std::vector<NvidiaCard> cards;

  bool has_cpu_feature(std::string_view feature) const;
  std::string text() const;  // "linux-x86_64-glibc 2.36, x86-64-v3, 1 cuda card (9.0)"
};

// Reads proc and dev below root and asks the C library for its version. What cannot be read is not there: this
// never fails, a machine that hides its processor offers the least. Blocks for a few file reads.
Machine read_machine(const std::filesystem::path& root = "/");

// Of a card by the name its driver gives it: "NVIDIA A100-SXM4-80GB".
NvidiaCard nvidia_card(std::string_view name);

}  // namespace stoa::registry
