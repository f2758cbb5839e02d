// diagnosis.hpp: what is not as it should be in a registry's folder, each with its reason, and whether it was mended.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "registry/audit/audit_store.hpp"
#include "registry/publishing/publishing.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// Reasons: docs/reference/registry-doctor.md. Whoever reads a Diagnosis may rely on them.
struct Ailment {
  std::string reason;
  std::string subject;  // "acme/vision 1.2.0", a digest, a place below the folder
  std::string message;
  std::uint64_t bytes = 0;  // that mending gave back, or would
  bool is_mended = false;
};

struct Diagnosis {
  std::vector<Ailment> ailments;
  std::size_t releases = 0, packages = 0, blobs = 0;  // looked at: packages those whose signature counts
  std::uint64_t blob_bytes = 0;
  AuditHead audit;  // of a log that is whole
  std::int64_t alias_steps = 0;

  // Sound, or put in order by mending.
  bool is_healthy() const;
};

struct DoctorTerms {
  std::int64_t now_ms = 0;
  // What is younger may belong to a publish that has not written it down yet: kept. 0 where nobody publishes.
  std::int64_t grace_ms = std::int64_t{3600} * 1000;
  AuditHead remembered = {};  // a head that was written down: without one a cut tail cannot be found
};

// Reads the whole registry: a copy of its catalogue with both chains and every rule, every blob, the signature of every
// package that is served. Changes nothing, and may run beside a host that has the folder open. An Error: the
// folder is none of a registry (file.not_found), or could not be read.
Result<Diagnosis> examine_registry(const std::filesystem::path& folder, const DoctorTerms& terms);

// The same, and mends what can be mended without losing anything that a release, a signature, an upload under way or a
// pinned customer needs: orphans are removed, what lies where it does not belong is moved to blobs/damaged/, drafts and
// uploads that nobody goes on with are dropped. Killed anywhere it has mended some; the next one mends the rest.
Result<Diagnosis> mend_registry(Publishing& publishing, const DoctorTerms& terms);

// One object; docs/reference/registry-doctor.md.
std::string diagnosis_json(const Diagnosis& diagnosis);

}  // namespace stoa::registry
