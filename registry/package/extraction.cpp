// extraction.cpp: writing verified entries into a private folder.
// SPDX-License-Identifier: Apache-2.0
#include "registry/package/extraction.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "registry/document/staging.hpp"
#include "registry/package/unpacked.hpp"

namespace stoa::registry {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kWriteBytes = 1 << 20;

struct Wanted {
  const ContainerEntry* entry;
  const Sha256* sha256;
};

std::vector<Wanted> wanted_files(const Package& package) {
  std::vector<Wanted> files;
  for (std::size_t i = 0; i < package.libraries().size(); ++i)
    files.push_back({&package.libraries()[i], &package.manifest().platforms[i].sha256});
  for (std::size_t i = 0; i < package.assets().size(); ++i)
    files.push_back({&package.assets()[i], &package.manifest().assets[i].sha256});
  return files;
}

std::string folder_name(const Package& package) {
  const auto& manifest = package.manifest();
  return manifest.publisher + "-" + manifest.plugin + "-" + manifest.version + "-" +
         to_hex(package.manifest_sha256()).substr(0, 16);
}

Result<void> write_entry(const Package& package, const Wanted& wanted, const fs::path& target) {
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  if (error) return std::unexpected(file_error("create folder", target.parent_path(), error.value()));
  const File out(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (out.fd() < 0) return std::unexpected(file_error("create", target, errno));
  Sha256Stream stream;
  std::vector<std::byte> buffer(std::min<std::uint64_t>(wanted.entry->size, kWriteBytes));
  for (std::uint64_t done = 0; done < wanted.entry->size;) {
    const auto chunk = std::span(buffer).first(std::min<std::uint64_t>(wanted.entry->size - done, kWriteBytes));
    if (auto ok = read_at(package.file(), wanted.entry->data_offset + done, chunk); !ok) return ok;
    stream.update(chunk);
    if (auto ok = write_all(out, chunk); !ok) return ok;
    done += chunk.size();
  }
  if (stream.finish() != *wanted.sha256)
    return failure(Code::data_loss, "package.digest_mismatch",
                   "entry '" + wanted.entry->path + "' changed after the package was verified");
  if (::fchmod(out.fd(), 0444) != 0) return std::unexpected(file_error("chmod", target, errno));
  return {};
}

// A folder left by an earlier run may be torn by a crash or touched by hand: it counts only when every digest fits and
// nothing else lies in it.
bool holds_exactly(const fs::path& folder, std::span<const Wanted> files) {
  std::error_code error;
  std::size_t found = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error))
    if (!entry.is_directory(error)) ++found;
  if (error || found != files.size()) return false;
  return std::ranges::all_of(files, [&](const Wanted& wanted) {
    const auto path = folder / wanted.entry->path;
    if (fs::symlink_status(path, error).type() != fs::file_type::regular) return false;
    const auto file = open_regular(path);
    if (!file || size_of_file(*file) != wanted.entry->size) return false;
    return digest_entry(*file, {wanted.entry->path, wanted.entry->size, 0}) == *wanted.sha256;
  });
}

ExtractedPackage describe(const Package& package, const fs::path& folder) {
  ExtractedPackage extracted{folder, {}, {}};
  for (const auto& entry : package.libraries())
    extracted.libraries.push_back({entry.path, folder / entry.path, entry.size});
  for (const auto& entry : package.assets()) extracted.assets.push_back({entry.path, folder / entry.path, entry.size});
  return extracted;
}

}  // namespace

Result<ExtractedPackage> extract_package(const Package& package, const fs::path& root, ExtractPolicy policy) {
  if (policy == ExtractPolicy::trusted_only)
    if (auto ok = require_trusted(package); !ok) return std::unexpected(ok.error());
  const auto place = fs::absolute(root);
  if (auto ok = remove_stale_staging(place); !ok) return std::unexpected(ok.error());
  const auto name = folder_name(package);
  const auto files = wanted_files(package);
  if (holds_exactly(place / name, files)) {
    touch_unpacked(place / name);
    return describe(package, place / name);
  }

  auto staging = StagingFolder::create(place);
  if (!staging) return std::unexpected(staging.error());
  for (const auto& wanted : files)
    if (auto ok = write_entry(package, wanted, staging->path() / wanted.entry->path); !ok)
      return std::unexpected(ok.error());
  if (auto ok = staging->publish(name); !ok) return std::unexpected(ok.error());
  return describe(package, place / name);
}

}  // namespace stoa::registry
