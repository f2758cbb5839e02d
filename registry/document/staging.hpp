// staging.hpp: files and folders that appear under their name only when they are complete.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>

#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// Lock: whoever builds a staging file or folder holds flock() on it until it is published. One that nobody holds was
// left by a process that died, and the next staging in the same place removes it.

class StagingFile {
 public:
  // In target's folder, so that publishing is a rename.
  static Result<StagingFile> create(const std::filesystem::path& target, unsigned mode);
  StagingFile(StagingFile&&) noexcept = default;
  ~StagingFile();

  const File& file() const { return file_; }
  const std::filesystem::path& path() const { return path_; }
  // fsync, rename over target, fsync of the folder.
  Result<void> publish();

 private:
  StagingFile() = default;
  std::filesystem::path path_, target_;  // path_ empty: nothing to remove
  File file_;
};

class StagingFolder {
 public:
  // Under root, which is made (0700) where it does not exist.
  static Result<StagingFolder> create(const std::filesystem::path& root);
  StagingFolder(StagingFolder&&) noexcept = default;
  ~StagingFolder();

  const std::filesystem::path& path() const { return path_; }
  // Renames to root/name. What lay there before is removed.
  Result<void> publish(const std::string& name);

 private:
  StagingFolder() = default;
  std::filesystem::path path_, root_;
  File lock_;
};

// Removes what dead processes left under root. A root that does not exist holds nothing.
Result<void> remove_stale_staging(const std::filesystem::path& root);

}  // namespace stoa::registry
