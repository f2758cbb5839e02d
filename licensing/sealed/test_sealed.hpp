// test_sealed.hpp: sealed assets in memory, and what can be done to them. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "licensing/sealed/sealed_asset.hpp"

namespace stoa::licensing::test {

inline registry::File file_of(std::string_view bytes) {
  registry::File file(memfd_create("test", MFD_CLOEXEC));
  if (!registry::write_all(file, std::as_bytes(std::span(bytes)))) std::abort();
  return file;
}

inline std::string bytes_of(const registry::File& file) {
  std::string bytes(*registry::size_of_file(file), '\0');
  if (!registry::read_at(file, 0, std::as_writable_bytes(std::span(bytes)))) std::abort();
  return bytes;
}

inline const AssetBinding kBinding{"acme/vision", "assets/weights.bin"};
constexpr std::uint32_t kSmallChunk = 4096;

inline std::string sealed_bytes(std::string_view plain, const ContentKey& key, const AssetBinding& binding = kBinding,
                                std::uint32_t chunk_bytes = kSmallChunk) {
  const registry::File sealed = file_of("");
  if (!seal_asset(file_of(plain), sealed, key, binding, chunk_bytes)) std::abort();
  return bytes_of(sealed);
}

// The content, or "!" and the reason.
inline std::string opened(std::string_view sealed, const ContentKey& key, const AssetBinding& binding = kBinding) {
  const registry::File file = file_of(sealed);
  auto asset = SealedAsset::open(file, key, binding);
  if (!asset) return "!" + asset.error().reason;
  std::string plain(asset->header().plain_bytes, '\0');
  if (auto read = asset->read(0, std::as_writable_bytes(std::span(plain))); !read) return "!" + read.error().reason;
  const auto digest = registry::sha256_of(plain);
  return digest == asset->plain_sha256() ? plain : "!digest";
}

}  // namespace stoa::licensing::test
