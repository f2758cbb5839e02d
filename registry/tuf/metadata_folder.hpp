// metadata_folder.hpp: a folder of metadata files with one writer, each file whole and durable or not there.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// Not staging.hpp, which looks through the whole folder for each file: a repository's has thousands, and writes many at
// a time. Lock: .lock in the folder, for the life of this object; readers need none, since files only change by rename.
class MetadataFolder {
 public:
  // Makes the folder where there is none, and removes what a writer that died left half-written. Reason:
  // metadata.locked.
  static Result<MetadataFolder> open(const std::filesystem::path& path);
  // As a reader: no lock, and nothing is made or removed.
  static Result<MetadataFolder> look(const std::filesystem::path& path);

  // fsync, rename over name. The name is durable after sync().
  Result<void> write(const std::string& name, std::string_view bytes) const;
  Result<void> sync() const;
  // The bytes of name stay under another one, too, when name is written anew. Nothing where that is there already.
  Result<void> keep_as(const std::string& name, const std::string& other) const;
  // file.not_found where there is none.
  Result<std::string> read(const std::string& name, std::uint64_t bytes_max) const;
  bool has(const std::string& name) const;
  Result<std::vector<std::string>> names() const;
  Result<void> remove(const std::string& name) const;

  const std::filesystem::path& path() const { return path_; }

 private:
  MetadataFolder(std::filesystem::path path, File folder, File lock)
      : path_(std::move(path)), folder_(std::move(folder)), lock_(std::move(lock)) {}
  std::filesystem::path path_;
  File folder_, lock_;
};

}  // namespace stoa::registry
