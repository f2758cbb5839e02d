// target_file.cpp: names, checks and copies of target files.
// SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/target_file.hpp"

#include <algorithm>
#include <vector>

#include "registry/document/staging.hpp"
#include "registry/document/strict_json.hpp"

namespace stoa::registry {
namespace {

constexpr std::uint64_t kChunkBytes = 1 << 20;

}  // namespace

std::string target_file_name(std::string_view path, const Sha256& sha256) {
  const auto slash = path.rfind('/');
  const auto from = slash == path.npos ? 0 : slash + 1;
  return std::string(path.substr(0, from)) + to_hex(sha256) + "." + std::string(path.substr(from));
}

Result<void> TargetCheck::take(std::span<const std::byte> bytes) {
  if (bytes.size() > length_ - taken_)
    return failure(Code::data_loss, "target.length",
                   "target is longer than the " + std::to_string(length_) + " bytes of its metadata");
  taken_ += bytes.size();
  digest_.update(bytes);
  return {};
}

Result<void> TargetCheck::finish() {
  if (taken_ != length_)
    return failure(Code::data_loss, "target.length",
                   "target has " + std::to_string(taken_) + " bytes, its metadata says " + std::to_string(length_));
  if (digest_.finish() != sha256_)
    return failure(Code::data_loss, "target.digest", "target has not the SHA-256 of its metadata, " + to_hex(sha256_));
  return {};
}

Result<void> place_target(const std::filesystem::path& targets_folder, std::string_view path, const Target& target,
                          const File& source) {
  if (!is_target_path(path))
    return failure(Code::invalid_argument, "target.path", "'" + printable(path) + "' is no clean relative path");
  const auto size = size_of_file(source);
  if (!size) return std::unexpected(size.error());
  const auto place = targets_folder / target_file_name(path, target.sha256);
  std::error_code error;
  std::filesystem::create_directories(place.parent_path(), error);
  if (error) return std::unexpected(file_error("create folder", place.parent_path(), error.value()));
  auto staged = StagingFile::create(place, 0644);
  if (!staged) return std::unexpected(staged.error());
  TargetCheck check(target);
  std::vector<std::byte> buffer(std::min(*size, kChunkBytes));
  for (std::uint64_t done = 0; done < *size;) {
    const auto chunk = std::span(buffer).first(std::min(*size - done, kChunkBytes));
    if (auto ok = read_at(source, done, chunk); !ok) return ok;
    if (auto ok = check.take(chunk); !ok) return ok;
    if (auto ok = write_all(staged->file(), chunk); !ok) return ok;
    done += chunk.size();
  }
  if (auto ok = check.finish(); !ok) return ok;
  return staged->publish();
}

}  // namespace stoa::registry
