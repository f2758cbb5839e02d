// clear_asset.hpp: an asset in clear, in memory that has no name and no way to a disk but the swap.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "licensing/sealed/sealed_asset.hpp"
#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// A memfd nobody can write to, grow or shrink any more. Its pages are locked where the process may (RLIMIT_MEMLOCK),
// through a mapping that is kept for that alone and left out of core dumps.
class ClearAsset {
 public:
  // file holds the sealed bytes. Errors: those of SealedAsset; resource_exhausted "sealed.memory".
  static Result<ClearAsset> open(const registry::File& sealed, const ContentKey& key, const AssetBinding& binding);
  ClearAsset(ClearAsset&& other) noexcept;
  ClearAsset& operator=(ClearAsset&&) = delete;
  ~ClearAsset();

  int descriptor() const { return file_.fd(); }
  std::uint64_t size() const { return size_; }
  bool is_locked() const { return mapping_ != nullptr; }  // cannot be swapped out

 private:
  ClearAsset() = default;
  registry::File file_;
  std::uint64_t size_ = 0;
  void* mapping_ = nullptr;  // of size_ bytes, read-only; null: not locked, or empty
};

}  // namespace stoa::licensing
