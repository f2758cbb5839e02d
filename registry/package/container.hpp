// container.hpp: the outer form of a package: uncompressed POSIX ustar, in one canonical byte form.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "registry/document/file.hpp"
#include "registry/package/manifest.hpp"
#include "stoa/result.hpp"

struct archive;

namespace stoa::registry {

inline constexpr std::string_view kManifestPath = "manifest.json", kEnvelopePath = "manifest.dsse.json";
inline constexpr std::uint64_t kPackageBytesMax = std::uint64_t{64} << 30;
inline constexpr std::uint64_t kEnvelopeBytesMax = 2 << 20;  // base64 of the largest manifest, and room
inline constexpr std::size_t kEntriesMax = 2 + 16 + 4096;    // manifest, envelope, platforms, assets

// Error: invalid_argument "package.RULE".
inline std::unexpected<Error> refuse_package(std::string_view rule, std::string message) {
  return failure(Code::invalid_argument, "package." + std::string(rule), std::move(message));
}

// What a reader takes at most: of a package, where the caller says nothing.
struct ContainerBounds {
  std::uint64_t bytes_max = kPackageBytesMax;
  std::size_t entries_max = kEntriesMax;
};

struct ContainerEntry {
  std::string path;
  std::uint64_t size = 0;
  std::uint64_t data_offset = 0;
};

// Reads every header and no data. Refuses whatever differs from the bytes that ContainerWriter would write, the data
// apart: so headers, padding and trailer are covered here, data by digests and the signature. Reasons: package.* of
// docs/reference/package.md.
Result<std::vector<ContainerEntry>> read_container(const File& file, std::uint64_t file_size,
                                                   const ContainerBounds& bounds = {});

Result<std::string> read_entry(const File& file, const ContainerEntry& entry);
Result<Sha256> digest_entry(const File& file, const ContainerEntry& entry);

// Entries in the order they are added, all with the same metadata: mode 0644, owner 0, time 0.
class ContainerWriter {
 public:
  // Lifetime: file outlives the writer.
  static Result<ContainerWriter> create(const File& file);

  Result<void> add(std::string_view path, std::string_view bytes);
  // Copies size bytes of source from offset, and hashes what it copied.
  Result<Sha256> add(std::string_view path, const File& source, std::uint64_t offset, std::uint64_t size);
  // Writes the trailer. Without it the file is truncated.
  Result<void> finish();

 private:
  struct Free {
    void operator()(struct archive* archive) const;
  };
  explicit ContainerWriter(struct archive* archive) : archive_(archive) {}
  Result<void> begin(std::string_view path, std::uint64_t size);
  Result<void> write(std::span<const std::byte> bytes);
  std::unexpected<Error> failed() const;
  std::unique_ptr<struct archive, Free> archive_;
};

}  // namespace stoa::registry
