// collection.cpp: what is live, young or in use stays.
// SPDX-License-Identifier: Apache-2.0
#include "registry/blobs/collection.hpp"

#include <algorithm>
#include <limits>

#include "registry/blobs/staging_sweep.hpp"

namespace stoa::registry {

Result<StagingSweep> sweep_staging(const BlobStore& store, bool is_dry_run) {
  const auto& folder = store.staging();
  const auto lock = folder.lock();
  if (!lock) return std::unexpected(lock.error());
  const auto names = folder.names();
  if (!names) return std::unexpected(names.error());
  StagingSweep sweep;
  for (const auto& name : *names) {
    const auto file = folder.open(name, StoreFolder::Access::read);
    if (!file && file.error().reason == "file.not_regular") sweep.strays.push_back(name);
    if (!file) continue;  // published meanwhile, for instance
    const auto is_dead = try_lock_exclusive(*file);
    if (!is_dead) return std::unexpected(is_dead.error());
    const auto status = status_of(*file);
    // Its putter may have made it a blob since it was opened here: then the name is gone.
    if (!*is_dead || !status || !folder.refers_to(name, *file)) continue;
    if (!is_dry_run)
      if (auto ok = folder.remove(name); !ok) return std::unexpected(ok.error());
    sweep.leftovers.push_back({name, status->size});
  }
  return sweep;
}

Result<Collection> collect(const BlobStore& store, const Uploads& uploads, const CollectionTerms& terms) {
  Collection collection;
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  const auto grace_ns = std::max<std::int64_t>(terms.grace_ns, 0);
  const auto before_ns = terms.now_ns < kMin + grace_ns ? kMin : terms.now_ns - grace_ns;
  for (unsigned first = 0; first < 256; ++first) {
    const auto blobs = store.list(static_cast<std::uint8_t>(first));
    if (!blobs) return std::unexpected(blobs.error());
    for (const auto& blob : *blobs) {
      if (terms.live.contains(blob.digest)) {
        ++collection.kept_live;
        continue;
      }
      if (blob.stored_ns >= before_ns) {
        ++collection.kept_young;
        continue;
      }
      if (!terms.is_dry_run) {
        const auto removed = store.remove_if_before(blob.digest, before_ns);
        if (!removed && removed.error().reason == "blob.not_found") continue;
        if (!removed) return std::unexpected(removed.error());
        if (!*removed) {
          ++collection.kept_in_use;
          continue;
        }
      }
      collection.bytes += blob.size;
      collection.removed.push_back(blob);
    }
  }
  auto swept = uploads.sweep(terms.now_ns, terms.is_dry_run);
  if (!swept) return std::unexpected(swept.error());
  collection.expired = std::move(swept->expired);
  collection.bytes += swept->bytes;
  for (auto& name : swept->leftovers) collection.leftovers.push_back("uploads/" + name);
  const auto staging = sweep_staging(store, terms.is_dry_run);
  if (!staging) return std::unexpected(staging.error());
  for (const auto& leftover : staging->leftovers) {
    collection.leftovers.push_back("staging/" + leftover.name);
    collection.bytes += leftover.bytes;
  }
  return collection;
}

}  // namespace stoa::registry
