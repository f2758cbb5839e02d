// unpacked.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/package/unpacked.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "registry/document/lock_file.hpp"

namespace stoa::registry {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kDigestDigits = 16;

bool is_older(const fs::path& folder, std::int64_t since_ms) {
  struct stat facts{};
  if (::lstat(folder.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)) return false;
  return std::int64_t{facts.st_mtim.tv_sec} * 1'000 + facts.st_mtim.tv_nsec / 1'000'000 < since_ms;
}

std::vector<std::string> remove_unused(const fs::path& root, std::int64_t since_ms) {
  std::vector<std::string> removed;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error)) {
    const std::string name = entry.path().filename().string();
    if (!is_name_of_unpacked(name) || !is_older(entry.path(), since_ms)) continue;
    std::error_code failed;
    fs::remove_all(entry.path(), failed);
    if (!failed) removed.push_back(name);
  }
  std::ranges::sort(removed);
  return removed;
}

}  // namespace

bool is_name_of_unpacked(std::string_view name) {
  if (name.size() <= kDigestDigits + 1 || name[name.size() - kDigestDigits - 1] != '-') return false;
  return name.substr(name.size() - kDigestDigits).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void touch_unpacked(const fs::path& folder) { ::utimensat(AT_FDCWD, folder.c_str(), nullptr, AT_SYMLINK_NOFOLLOW); }

Result<UnpackedHold> hold_unpacked(const fs::path& root, std::int64_t unused_since_ms) {
  if (auto made = make_private_folder(root); !made) return std::unexpected(made.error());
  const fs::path path = root / ".in-use";
  UnpackedHold hold{File(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)), {}};
  if (hold.lock.fd() < 0) return std::unexpected(file_error("open", path, errno));
  if (::flock(hold.lock.fd(), LOCK_EX | LOCK_NB) == 0) hold.removed = remove_unused(root, unused_since_ms);
  // Another that begins now may hold it alone, for as long as it takes to remove.
  if (::flock(hold.lock.fd(), LOCK_SH) != 0) return std::unexpected(file_error("lock", path, errno));
  return hold;
}

}  // namespace stoa::registry
