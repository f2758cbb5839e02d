// withdrawn.hpp: versions that were signed and are signed no more. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <vector>

#include "registry/catalogue/public_store.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// A file in metadata/, a line a version, so that it goes where the metadata goes: put beside a catalogue that was
// restored from before, for a second time, too, it says for which bytes versions are held that no target names any
// more. Rationale: not a state of the target itself, which every follower would have to know.
inline constexpr const char* kWithdrawnFile = "withdrawn.txt";

SignedVersion version_of(const PublicRelease& release);
// Nothing where there is no file. Reasons: file.*, data_loss "feed.withdrawn" with the line that is none.
Result<std::vector<SignedVersion>> read_withdrawn(const std::filesystem::path& metadata);
// Durable before it returns. Those that are there already are not written again; of two digests of one version the
// later line counts.
Result<void> keep_withdrawn(const std::filesystem::path& metadata, const std::vector<SignedVersion>& versions);

}  // namespace stoa::registry
