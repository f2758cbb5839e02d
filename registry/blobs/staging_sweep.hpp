// staging_sweep.hpp: puts whose process died.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "registry/blobs/blob_store.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

struct StagingSweep {
  struct Leftover {
    std::string name;
    std::uint64_t bytes = 0;
  };
  std::vector<Leftover> leftovers;  // nobody holds them: removed, unless it is a dry run
  std::vector<std::string> strays;  // no files: left where they are
};

Result<StagingSweep> sweep_staging(const BlobStore& store, bool is_dry_run);

}  // namespace stoa::registry
