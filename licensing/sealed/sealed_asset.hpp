// sealed_asset.hpp: an encrypted asset: chunks that cannot be changed, moved, cut off, added to, or shown as another's.
// The format: docs/reference/sealed-asset.md. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/sealed/aes_gcm.hpp"
#include "licensing/sealed/content_key.hpp"
#include "registry/document/digest.hpp"
#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over AES-256-GCM: the nonce of a chunk is a random prefix, its
// number, and whether it is the last one; the header is associated data of each.

inline constexpr std::uint32_t kSealedChunkBytes = 1 << 20;
inline constexpr std::size_t kSealedHeaderBytes = 152;

// Whose asset it is. Its digest is in the header, and so in every chunk's associated data.
struct AssetBinding {
  std::string plugin;  // "acme/vision"
  std::string path;    // "assets/weights.pt"
};

struct SealedHeader {
  std::uint32_t chunk_bytes = kSealedChunkBytes;
  std::uint64_t plain_bytes = 0;
  ContentKeyId content_key;
  registry::Sha256 binding{};
  std::array<std::uint8_t, 32> salt{};
  std::array<std::uint8_t, 7> prefix{};

  std::uint64_t chunks() const { return plain_bytes == 0 ? 1 : (plain_bytes - 1) / chunk_bytes + 1; }
  std::uint64_t sealed_bytes() const { return kSealedHeaderBytes + plain_bytes + chunks() * AesGcm::kTagBytes; }
};

// What the first bytes of a file say, of which nothing is proved yet. Errors: data_loss "sealed.syntax",
// "sealed.truncated"; unimplemented "sealed.version".
Result<SealedHeader> read_sealed_header(const registry::File& sealed);

// From the file's beginning; sealed is empty before. The same content twice gives other bytes: salt and prefix are
// random. Errors: file.*.
Result<SealedHeader> seal_asset(const registry::File& plain, const registry::File& sealed, const ContentKey& key,
                                const AssetBinding& binding, std::uint32_t chunk_bytes = kSealedChunkBytes);

class SealedAsset {
 public:
  // Looks at everything but the chunks. Errors, in this order: those of read_sealed_header; data_loss
  // "sealed.truncated", "sealed.extended" (the file's size is not what the header says); permission_denied
  // "sealed.other_key", "sealed.other_asset"; data_loss "sealed.header" (not what was sealed).
  static Result<SealedAsset> open(const registry::File& sealed, const ContentKey& key, const AssetBinding& binding);

  const SealedHeader& header() const { return header_; }
  // Of the whole content. The tags prove it already; who wants to see it proved otherwise compares.
  const registry::Sha256& plain_sha256() const { return plain_sha256_; }

  // From byte `from` on, which is where a chunk begins, as much as into takes: it ends where a chunk does. What was not
  // proved is not left in it. Errors: data_loss "sealed.chunk" (a chunk was changed), "sealed.order" (it stands at
  // another place than it was sealed for); file.*.
  Result<void> read(std::uint64_t from, std::span<std::byte> into);

 private:
  using Raw = std::array<std::byte, kSealedHeaderBytes>;
  SealedAsset(const registry::File& sealed, SealedHeader header, const Raw& raw, AesGcm cipher)
      : file_(&sealed), header_(std::move(header)), raw_(raw), cipher_(std::move(cipher)) {}
  Error why_not(std::uint64_t chunk, std::span<const std::byte> bytes);

  const registry::File* file_;  // outlives this
  SealedHeader header_;
  registry::Sha256 plain_sha256_{};
  Raw raw_;
  std::vector<std::byte> buffer_;  // one chunk as it lies in the file: small enough to stay in the cache
  NoCoreDump guard_;               // the cipher holds the key in memory of OpenSSL's
  AesGcm cipher_;
};

}  // namespace stoa::licensing
