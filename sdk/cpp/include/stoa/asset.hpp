// asset.hpp: a file of the package, read through the host, which has verified its digest.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_ASSET_HPP
#define STOA_ASSET_HPP
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "stoa/host.hpp"
#include "stoa/span.hpp"

namespace stoa {

// Opened by its path in the manifest ("assets/weights.pt"), closed by the destructor.
class Asset {
 public:
  // Throws Failure: not_found, permission_denied (the licence), data_loss (the digest), unimplemented (a host without
  // assets).
  explicit Asset(std::string_view path) {
    if (detail::host_tables.assets == nullptr)
      throw Failure(Code::unimplemented, "plugin.assets", "this host offers no " STOA_EXT_HOST_ASSETS);
    stoa_error err = detail::empty_error();
    const stoa_status status =
        detail::host_tables.assets->open(detail::host_tables.host, str_of(path), &asset_, &size_, &err);
    if (status != STOA_OK) detail::throw_error(status, err, "plugin.asset");
  }
  Asset(Asset&& other) noexcept : asset_(std::exchange(other.asset_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Asset& operator=(Asset&& other) noexcept {
    std::swap(asset_, other.asset_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Asset() {
    if (asset_ != nullptr) detail::host_tables.assets->close(asset_);
  }

  std::uint64_t size() const noexcept { return size_; }

  // The whole file, read-only, page-aligned, until this object goes.
  Span<const std::byte> map() const {
    if (size_ == 0) return {};
    stoa_error err = detail::empty_error();
    const void* bytes = detail::host_tables.assets->map(asset_, &err);
    if (bytes == nullptr) detail::throw_error(err.code != STOA_OK ? err.code : STOA_INTERNAL, err, "plugin.asset");
    return Span<const std::byte>(static_cast<const std::byte*>(bytes), static_cast<std::size_t>(size_));
  }

  // Up to n bytes from offset; fewer only at the end of the file.
  std::size_t read_at(std::uint64_t offset, void* to, std::size_t n) const {
    std::size_t done = 0;
    while (done < n) {
      const std::int64_t got =
          detail::host_tables.assets->read_at(asset_, offset + done, static_cast<char*>(to) + done, n - done);
      if (got < 0)
        throw Failure(static_cast<Code>(-got), "plugin.asset",
                      "reading an asset at byte " + std::to_string(offset + done) + " failed");
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  // The whole file as a string, for small ones (labels, vocabularies).
  std::string read_text() const {
    std::string text(static_cast<std::size_t>(size_), '\0');
    text.resize(read_at(0, text.data(), text.size()));
    return text;
  }

 private:
  stoa_asset* asset_ = nullptr;
  std::uint64_t size_ = 0;
};

}  // namespace stoa
#endif
