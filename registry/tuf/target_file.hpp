// target_file.hpp: the bytes of a target: where they lie in a repository, and whether they are what its metadata says.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "registry/document/file.hpp"
#include "registry/tuf/metadata.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// With consistent snapshots: "acme/vision/HASH.1.2.0.stoa".
std::string target_file_name(std::string_view path, const Sha256& sha256);

// Length and digest of a target's bytes as they come. Usage: take() any number of times, finish() once.
class TargetCheck {
 public:
  explicit TargetCheck(const Target& target) : length_(target.length), sha256_(target.sha256) {}
  // target.length as soon as there is more than was promised.
  Result<void> take(std::span<const std::byte> bytes);
  // target.length (fewer bytes), target.digest.
  Result<void> finish();

 private:
  const std::uint64_t length_;
  const Sha256 sha256_;
  std::uint64_t taken_ = 0;
  Sha256Stream digest_;
};

// Copies source to its place under targets_folder, where it appears verified and durable or not at all. To be called
// before the target is published. Reasons: target.path, target.length, target.digest, file.*.
Result<void> place_target(const std::filesystem::path& targets_folder, std::string_view path, const Target& target,
                          const File& source);

}  // namespace stoa::registry
