// sealed_asset.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/sealed_asset.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "registry/document/id.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kMagic = "STOASEAL";
constexpr std::uint16_t kVersion = 1;
constexpr std::uint32_t kChunkBytesMin = 1 << 12, kChunkBytesMax = 1 << 24;
// Where the fields of the header begin; numbers are big-endian.
constexpr std::size_t kVersionAt = 8, kZeroAt = 10, kChunkAt = 12, kPlainAt = 16, kKeyAt = 24, kBindingAt = 32,
                      kSaltAt = 64, kPrefixAt = 96, kLastZeroAt = 103, kDigestAt = 104;
constexpr std::size_t kKeyIdBytes = 8;
constexpr std::uint64_t kPlacesTried = 256;  // when a chunk does not open, whether it is another's

// The last byte of a nonce. The header's own tells it from every chunk.
enum class Place : std::uint8_t { inner = 0, last = 1, header = 2 };

using Raw = std::array<std::byte, kSealedHeaderBytes>;

template <class Number>
void put(Raw& raw, std::size_t at, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    raw[at + i] = static_cast<std::byte>(number >> (8 * (sizeof(Number) - 1 - i)));
}

template <class Number>
Number get(const Raw& raw, std::size_t at) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) number = number << 8 | std::to_integer<std::uint64_t>(raw[at + i]);
  return static_cast<Number>(number);
}

AesGcm::Nonce nonce_of(const SealedHeader& header, std::uint64_t chunk, Place place) {
  AesGcm::Nonce nonce{};
  std::ranges::copy(header.prefix, nonce.begin());
  for (std::size_t i = 0; i < 4; ++i) nonce[7 + i] = static_cast<std::uint8_t>(chunk >> (8 * (3 - i)));
  nonce[11] = static_cast<std::uint8_t>(place);
  return nonce;
}

Place place_of(const SealedHeader& header, std::uint64_t chunk) {
  return chunk + 1 == header.chunks() ? Place::last : Place::inner;
}

std::uint64_t plain_bytes_of(const SealedHeader& header, std::uint64_t chunk) {
  return std::min<std::uint64_t>(header.chunk_bytes, header.plain_bytes - chunk * header.chunk_bytes);
}

registry::Sha256 digest_of(const AssetBinding& binding) {
  std::string text = "stoa asset 1";
  text.append(1, '\0').append(binding.plugin).append(1, '\0').append(binding.path);
  return registry::sha256_of(text);
}

// HKDF-SHA256, so that two assets under one content key never share a key, and with it a nonce.
Secret asset_key(const ContentKey& key, const SealedHeader& header) {
  const auto hmac = [](std::span<const std::uint8_t> with, std::span<const std::uint8_t> message, Secret& out) {
    unsigned int size = 0;
    if (HMAC(EVP_sha256(), with.data(), static_cast<int>(with.size()), message.data(), message.size(),
             out.bytes().data(), &size) == nullptr)
      throw std::bad_alloc();
  };
  Secret prk, made;
  hmac(header.salt, key.bytes(), prk);
  std::string info = "stoa sealed asset 1";
  info.append(reinterpret_cast<const char*>(header.binding.data()), header.binding.size()).push_back('\x01');
  hmac(prk.bytes(), {reinterpret_cast<const std::uint8_t*>(info.data()), info.size()}, made);
  return made;
}

Raw raw_of(const SealedHeader& header) {
  Raw raw{};
  std::memcpy(raw.data(), kMagic.data(), kMagic.size());
  put(raw, kVersionAt, kVersion);
  put(raw, kChunkAt, header.chunk_bytes);
  put(raw, kPlainAt, header.plain_bytes);
  std::array<std::uint8_t, kKeyIdBytes> id{};
  registry::read_hex(header.content_key.hex, id);
  std::memcpy(&raw[kKeyAt], id.data(), id.size());
  std::memcpy(&raw[kBindingAt], header.binding.data(), header.binding.size());
  std::memcpy(&raw[kSaltAt], header.salt.data(), header.salt.size());
  std::memcpy(&raw[kPrefixAt], header.prefix.data(), header.prefix.size());
  return raw;
}

std::unexpected<Error> broken(std::string_view rule, std::string message) {
  return failure(Code::data_loss, fmt::format("sealed.{}", rule), std::move(message));
}

Result<Raw> read_raw(const registry::File& sealed) {
  const auto size = registry::size_of_file(sealed);
  if (!size) return std::unexpected(size.error());
  Raw raw{};
  const std::size_t there = std::min<std::uint64_t>(*size, raw.size());
  if (auto read = registry::read_at(sealed, 0, std::span(raw).first(there)); !read)
    return std::unexpected(read.error());
  if (std::memcmp(raw.data(), kMagic.data(), std::min(there, kMagic.size())) != 0)
    return broken("syntax", "is no sealed asset: it does not begin with STOASEAL");
  if (there < raw.size())
    return broken("truncated", fmt::format("has {} bytes, its header alone takes {}", there, raw.size()));
  return raw;
}

Result<SealedHeader> header_of(const Raw& raw) {
  if (const auto version = get<std::uint16_t>(raw, kVersionAt); version != kVersion)
    return failure(Code::unimplemented, "sealed.version",
                   fmt::format("has format version {}, this host reads {}", version, kVersion));
  SealedHeader header;
  header.chunk_bytes = get<std::uint32_t>(raw, kChunkAt);
  header.plain_bytes = get<std::uint64_t>(raw, kPlainAt);
  if (get<std::uint16_t>(raw, kZeroAt) != 0 || raw[kLastZeroAt] != std::byte{0})
    return broken("syntax", "a reserved byte of the header is not zero");
  if (!std::has_single_bit(header.chunk_bytes) || header.chunk_bytes < kChunkBytesMin ||
      header.chunk_bytes > kChunkBytesMax)
    return broken("syntax", fmt::format("has chunks of {} bytes, allowed are powers of two from {} to {}",
                                        header.chunk_bytes, kChunkBytesMin, kChunkBytesMax));
  if (header.plain_bytes > std::uint64_t{1} << 40)
    return broken("syntax", fmt::format("says it has {} bytes, allowed are 2^40", header.plain_bytes));
  const auto bytes = std::as_bytes(std::span(raw));
  const auto copy = [&](std::size_t at, std::span<std::uint8_t> into) {
    std::memcpy(into.data(), &bytes[at], into.size());
  };
  std::array<std::uint8_t, kKeyIdBytes> id{};
  copy(kKeyAt, id);
  header.content_key.hex = registry::to_hex(id);
  copy(kBindingAt, header.binding);
  copy(kSaltAt, header.salt);
  copy(kPrefixAt, header.prefix);
  return header;
}

// SHA-256 needs a pass of its own, because the header comes first: what is read twice must be the same.
Result<registry::Sha256> digest_of(const registry::File& plain, std::uint64_t size, std::span<std::byte> buffer) {
  registry::Sha256Stream stream;
  for (std::uint64_t done = 0; done < size;) {
    const auto chunk = buffer.first(std::min<std::uint64_t>(buffer.size(), size - done));
    if (auto read = registry::read_at(plain, done, chunk); !read) return std::unexpected(read.error());
    stream.update(chunk);
    done += chunk.size();
  }
  return stream.finish();
}

// Plain text of an asset that is on its way.
struct PlainBuffer {
  explicit PlainBuffer(std::size_t size) : bytes(size) {}
  PlainBuffer(const PlainBuffer&) = delete;
  PlainBuffer& operator=(const PlainBuffer&) = delete;
  ~PlainBuffer() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
  std::vector<std::byte> bytes;
};

}  // namespace

Result<SealedHeader> read_sealed_header(const registry::File& sealed) {
  const auto raw = read_raw(sealed);
  if (!raw) return std::unexpected(raw.error());
  return header_of(*raw);
}

Result<SealedHeader> seal_asset(const registry::File& plain, const registry::File& sealed, const ContentKey& key,
                                const AssetBinding& binding, std::uint32_t chunk_bytes) {
  const NoCoreDump guard;
  const auto size = registry::size_of_file(plain);
  if (!size) return std::unexpected(size.error());
  PlainBuffer buffer(chunk_bytes);
  const auto sha256 = digest_of(plain, *size, buffer.bytes);
  if (!sha256) return std::unexpected(sha256.error());

  SealedHeader header;
  header.chunk_bytes = chunk_bytes;
  header.plain_bytes = *size;
  header.content_key = key.id();
  header.binding = digest_of(binding);
  registry::fill_random(header.salt);
  registry::fill_random(header.prefix);
  AesGcm cipher(asset_key(key, header).bytes(), AesGcm::Direction::seal);
  Raw raw = raw_of(header);
  cipher.seal(nonce_of(header, 0, Place::header), std::span(raw).first(kDigestAt), std::as_bytes(std::span(*sha256)),
              std::span(raw).subspan(kDigestAt));
  if (auto written = registry::write_all(sealed, raw); !written) return std::unexpected(written.error());

  registry::Sha256Stream again;
  std::vector<std::byte> out(chunk_bytes + AesGcm::kTagBytes);
  for (std::uint64_t i = 0; i < header.chunks(); ++i) {
    const auto chunk = std::span(buffer.bytes).first(plain_bytes_of(header, i));
    if (auto read = registry::read_at(plain, i * chunk_bytes, chunk); !read) return std::unexpected(read.error());
    again.update(chunk);
    const auto into = std::span(out).first(chunk.size() + AesGcm::kTagBytes);
    cipher.seal(nonce_of(header, i, place_of(header, i)), raw, chunk, into);
    if (auto written = registry::write_all(sealed, into); !written) return std::unexpected(written.error());
  }
  if (again.finish() != *sha256)
    return failure(Code::aborted, "sealed.changed", "the file changed while it was sealed");
  return header;
}

Result<SealedAsset> SealedAsset::open(const registry::File& sealed, const ContentKey& key,
                                      const AssetBinding& binding) {
  const auto raw = read_raw(sealed);
  if (!raw) return std::unexpected(raw.error());
  auto header = header_of(*raw);
  if (!header) return std::unexpected(header.error());
  const auto size = registry::size_of_file(sealed);
  if (!size) return std::unexpected(size.error());
  if (const std::uint64_t wanted = header->sealed_bytes(); *size != wanted)
    return broken(*size < wanted ? "truncated" : "extended",
                  fmt::format("has {} bytes, its header says {}", *size, wanted));
  if (header->content_key != key.id())
    return failure(Code::permission_denied, "sealed.other_key",
                   fmt::format("is encrypted with content key {}, this is {}", header->content_key.hex, key.id().hex));
  if (header->binding != digest_of(binding))
    return failure(Code::permission_denied, "sealed.other_asset",
                   fmt::format("was sealed as another asset than {} of {}", binding.path, binding.plugin));
  AesGcm cipher(asset_key(key, *header).bytes(), AesGcm::Direction::open);
  SealedAsset asset(sealed, std::move(*header), *raw, std::move(cipher));
  if (!asset.cipher_.open(nonce_of(asset.header_, 0, Place::header), std::span(asset.raw_).first(kDigestAt),
                          std::span(asset.raw_).subspan(kDigestAt),
                          std::as_writable_bytes(std::span(asset.plain_sha256_))))
    return broken("header", "its header is not the one that was sealed");
  return asset;
}

Result<void> SealedAsset::read(std::uint64_t from, std::span<std::byte> into) {
  const std::uint64_t end = from + into.size();
  if (from % header_.chunk_bytes != 0 || end > header_.plain_bytes ||
      (end % header_.chunk_bytes != 0 && end != header_.plain_bytes))
    return failure(Code::internal, "sealed.part", fmt::format("bytes {} to {} are no whole chunks", from, end));
  buffer_.resize(header_.chunk_bytes + AesGcm::kTagBytes);
  std::uint64_t i = from / header_.chunk_bytes;
  do {  // an empty asset has a chunk, too
    const auto out = into.subspan(i * header_.chunk_bytes - from, plain_bytes_of(header_, i));
    const auto chunk = std::span(buffer_).first(out.size() + AesGcm::kTagBytes);
    const std::uint64_t at = kSealedHeaderBytes + i * (header_.chunk_bytes + AesGcm::kTagBytes);
    if (auto got = registry::read_at(*file_, at, chunk); !got) return got;
    if (!cipher_.open(nonce_of(header_, i, place_of(header_, i)), raw_, chunk, out))
      return std::unexpected(why_not(i, chunk));
  } while (++i * header_.chunk_bytes < end);
  return {};
}

// Told apart for whoever looks for what went wrong: a disk that lost bits, or somebody who moved chunks about.
Error SealedAsset::why_not(std::uint64_t chunk, std::span<const std::byte> bytes) {
  PlainBuffer scratch(bytes.size() - AesGcm::kTagBytes);
  for (std::uint64_t other = 0; other < std::min(header_.chunks(), kPlacesTried); ++other) {
    for (const Place place : {Place::inner, Place::last})
      if (cipher_.open(nonce_of(header_, other, place), raw_, bytes, scratch.bytes))
        return {Code::data_loss, "sealed.order",
                fmt::format("where chunk {} of {} belongs stands chunk {}", chunk, header_.chunks(), other), 0};
  }
  return {Code::data_loss, "sealed.chunk",
          fmt::format("chunk {} of {} is not the one that was sealed", chunk, header_.chunks()), 0};
}

}  // namespace stoa::licensing
