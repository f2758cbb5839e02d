// listing_file.hpp: the search index as it was, in a file, so that a start reads what changed since and not half a
// million releases. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <optional>

#include "registry/audit/audit_store.hpp"
#include "registry/listing/search_index.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// Invariant: made of the catalogue alone, and believed only by the program that wrote it and where its digest is right:
// it may be removed at any time, and is no part of a backup. The head says up to which act it goes, and of which log.
struct KeptListing {
  AuditHead head;
  SearchIndex::Entries entries;
};
// Nothing: it is not there, or not to be believed.
std::optional<KeptListing> read_listing_file(const std::filesystem::path& file);
Result<void> keep_listing_file(const std::filesystem::path& file, const KeptListing& listing);

}  // namespace stoa::registry
