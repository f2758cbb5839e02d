// key_file.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/signature/key_file.hpp"

#include <span>

#include "registry/document/file.hpp"
#include "registry/document/staging.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kKeyFileMax = 16 * 1024;

}  // namespace

Result<PrivateKey> read_private_key(const std::filesystem::path& file) {
  const auto pem = read_small_file(file, kKeyFileMax);
  if (!pem) return std::unexpected(pem.error());
  auto key = PrivateKey::from_pem(*pem);
  if (!key) key.error().message = file.string() + ": " + key.error().message;
  return key;
}

Result<void> keep_private_key(const std::filesystem::path& file, const PrivateKey& key) {
  const std::string pem = key.pem();
  auto staging = StagingFile::create(file, 0600);
  if (!staging) return std::unexpected(staging.error());
  if (auto written = write_all(staging->file(), std::as_bytes(std::span(pem))); !written) return written;
  return staging->publish();
}

Result<PrivateKey> read_or_make_private_key(const std::filesystem::path& file) {
  auto there = read_private_key(file);
  if (there || there.error().code != Code::not_found) return there;
  PrivateKey key = PrivateKey::generate();
  if (auto kept = keep_private_key(file, key); !kept) return std::unexpected(kept.error());
  return key;
}

}  // namespace stoa::registry
