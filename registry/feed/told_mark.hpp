// told_mark.hpp: up to which line of the audit log the signed metadata says what the catalogue says.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>

#include "registry/audit/audit_store.hpp"
#include "registry/tuf/metadata.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// A file beside the metadata that saves reading all of both at a start. Invariant: it is believed only where it names
// the snapshot that is there, so that a kill between the two, metadata of another day or a restored catalogue (its
// log has another hash at that line) cost a comparison and never a change. No part of a backup.
struct ToldMark {
  FileFact snapshot;
  AuditHead told;
};
// Nothing to go by: a head of no line. So does a mark that another form of targets was told with.
AuditHead read_told_mark(const std::filesystem::path& file, const FileFact& snapshot);
Result<void> keep_told_mark(const std::filesystem::path& file, const ToldMark& mark);

}  // namespace stoa::registry
