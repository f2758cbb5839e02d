// store_folder.hpp: one folder of the blob store, held open, in which no name leads elsewhere.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

struct FileStatus {
  std::uint64_t device = 0, inode = 0, size = 0, links = 0;
  std::int64_t modified_ns = 0;

  bool same_file(const FileStatus& other) const { return device == other.device && inode == other.inode; }
};

Result<FileStatus> status_of(const File& file);
Result<void> set_modified(const File& file, std::int64_t now_ns);

// Takes flock() on the file's open description; it ends with the File. False: somebody else holds it.
enum class LockKind { shared, exclusive };
Result<void> lock_file(const File& file, LockKind kind);
Result<bool> try_lock_exclusive(const File& file);

// Every name is one component, looked up from the folder's own descriptor and never through a symbolic link: whoever
// can plant one in the store still cannot make it read or write elsewhere. Threads: all functions from any thread.
// Reasons: those of file_error(), and file.not_regular, file.not_folder for a name that is something else.
class StoreFolder {
 public:
  // The root may be reached through links, which are the operator's. Made (0700) where it does not exist.
  static Result<StoreFolder> open_root(const std::filesystem::path& path);
  Result<StoreFolder> open_child(const std::string& name) const;
  // Made (0700) where it does not exist; the caller syncs this folder.
  Result<StoreFolder> make_child(const std::string& name) const;

  enum class Access { read, read_write };
  // Regular files only.
  Result<File> open(const std::string& name, Access access) const;
  // A new file (0600); one that is there is file.exists.
  Result<File> create(const std::string& name) const;
  // Of the name itself: a link is not followed.
  Result<FileStatus> status(const std::string& name) const;
  bool refers_to(const std::string& name, const File& file) const;
  // All names but "." and "..", sorted.
  Result<std::vector<std::string>> names() const;

  // What lies under the new name is replaced: in one step, for others.
  Result<void> rename(const std::string& name, const StoreFolder& to, const std::string& new_name) const;
  // The same where nothing lies under the new name; else file.exists.
  Result<void> rename_if_free(const std::string& name, const StoreFolder& to, const std::string& new_name) const;
  Result<void> remove(const std::string& name) const;
  Result<void> sync() const;
  // Waits for whoever holds it. Lock: taken before that of a file in the folder, and held for a few system calls.
  Result<File> lock() const;

  const std::filesystem::path& path() const { return path_; }  // for messages

 private:
  StoreFolder(File file, std::filesystem::path path) : file_(std::move(file)), path_(std::move(path)) {}
  std::unexpected<Error> failed(const char* what, const std::string& name) const;
  File file_;
  std::filesystem::path path_;
};

}  // namespace stoa::registry
