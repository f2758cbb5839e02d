// book_copy.cpp: the book through SQLite, what lies beside it as files. SPDX-License-Identifier: Apache-2.0
#include "licensing/book/book_copy.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "licensing/book/examination_store.hpp"
#include "licensing/book/schema_store.hpp"
#include "registry/document/file.hpp"
#include "registry/document/staging.hpp"

namespace stoa::licensing {
namespace {

namespace fs = std::filesystem;
using registry::file_error;

Result<void> make_durable(const fs::path& path) {
  const registry::File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.fd() < 0 || ::fsync(file.fd()) != 0) return std::unexpected(file_error("fsync", path, errno));
  return {};
}

// All but the book itself, its lock, and what is under way. What went away meanwhile was replaced.
Result<void> copy_what_else(const fs::path& from, const fs::path& to, bool is_top) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(from, error)) {
    const std::string name = entry.path().filename();
    if (name.starts_with('.') || (is_top && (name.starts_with(kBookFile) || name == kBookLock))) continue;
    if (entry.is_directory() && !entry.is_symlink()) {
      if (!fs::create_directory(to / name, error)) return std::unexpected(file_error("make", to / name, EIO));
      fs::permissions(to / name, fs::perms::owner_all, error);
      if (auto copied = copy_what_else(from / name, to / name, false); !copied) return copied;
      continue;
    }
    if (!entry.is_regular_file(error)) continue;
    fs::copy_file(from / name, to / name, error);
    if (error && error != std::errc::no_such_file_or_directory)
      return std::unexpected(file_error("copy", from / name, error.value()));
    if (error) continue;
    if (auto done = make_durable(to / name); !done) return done;
  }
  if (error) return std::unexpected(file_error("read", from, error.value()));
  return make_durable(to);
}

}  // namespace

bool is_book_folder(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / kBookFile, ignored);
}

Result<BookSummary> examine_book(const fs::path& folder, std::int64_t now_ms) {
  const fs::path file = folder / kBookFile;
  if (!is_book_folder(folder))
    return failure(Code::not_found, "file.not_found",
                   file.string() + ": there is none, so this is no licensing folder");
  if (auto known = require_known_schema(file); !known) return std::unexpected(known.error());
  auto reading = database::Connection::open(file, database::Access::read);
  if (!reading) return std::unexpected(reading.error());
  const auto head = examine_book(*reading, now_ms, {});
  if (!head) return std::unexpected(head.error());
  return summarize(*reading, *head, now_ms);
}

Result<BookSummary> copy_book(const fs::path& folder, const fs::path& to, std::int64_t now_ms) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(to, error)))
    return failure(Code::already_exists, "file.exists", to.string() + ": is there already, a backup replaces nothing");
  if (auto sound = examine_book(folder, now_ms); !sound) return sound;
  const fs::path target = fs::absolute(to).lexically_normal();
  auto staging = registry::StagingFolder::create(target.parent_path());
  if (!staging) return std::unexpected(staging.error());
  if (auto copied = copy_what_else(folder, staging->path(), true); !copied) return std::unexpected(copied.error());
  {
    auto reading = database::Connection::open(folder / kBookFile, database::Access::read);
    if (!reading) return std::unexpected(reading.error());
    if (auto copied = reading->back_up(staging->path() / kBookFile); !copied) return std::unexpected(copied.error());
  }
  auto summary = examine_book(staging->path(), now_ms);
  if (!summary) return summary;
  if (auto published = staging->publish(target.filename()); !published) return std::unexpected(published.error());
  return summary;
}

}  // namespace stoa::licensing
