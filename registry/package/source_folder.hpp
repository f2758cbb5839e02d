// source_folder.hpp: an author's folder, read without ever leaving it: no symbolic link is followed below it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>

#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

class SourceFolder {
 public:
  // The folder's own path may lead over links: whoever names it, means it.
  static Result<SourceFolder> open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  // A regular file by its clean relative path. Never waits (a FIFO). Reasons: pack.link (a link on the way or at the
  // end, with its target), file.not_regular, file.not_found and the other file.*.
  Result<File> open_file(const std::string& relative) const;
  // pack.link for a link at this path, else nothing.
  Result<void> refuse_link(const std::string& relative) const;

 private:
  SourceFolder() = default;
  std::filesystem::path path_;
  File folder_;
};

// A descriptor, or -1 and errno; ELOOP where a link is in the way. Two ways to the same: openat2 is one step that no
// race can lead astray, and the other is for kernels (and sandboxes) without it.
int open_beneath(const File& folder, const std::string& relative);
int open_beneath_by_steps(const File& folder, const std::string& relative);

}  // namespace stoa::registry
