// bundle.hpp: a selection of releases in one file, with the metadata that proves each of them without a network.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "registry/document/file.hpp"
#include "registry/tuf/tuf_client.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// The file is a plain tar in the container's canonical form:
//   bundle.json               {"packages":["acme/vision/1.2.0.stoa",...],"stoa_mirror":1}
//   metadata/2.root.json ...  the chain of roots, timestamp, snapshot, targets and all bins: who imports hears of every
//                             release, not of these packages alone
//   packages/SHA256           each package once
//   evaluations/SHA256        what was said of these packages: each with its signature and the key, by its own digest
inline constexpr std::uint64_t kBundleBytesMax = std::uint64_t{4} << 40;
// With the bins of a full catalogue, more than 60,000 packages; the index of so many takes some 20 MB of memory.
inline constexpr std::size_t kBundleEntriesMax = 65'536;

struct BundleCounts {
  std::size_t packages = 0, evaluations = 0;
  std::uint64_t bytes = 0;  // of the packages
};

// What somebody said of a package, and signed. said_by and is_publishers_key are the exporting registry's word alone:
// nothing in the bundle proves them, and the signature proves whose key it was.
struct BundleEvaluation {
  std::string envelope;    // as the registry has it
  std::string public_key;  // PEM, that verifies it
  std::string said_by;     // "publisher:acme", "operator:rita"
  bool is_publishers_key = false;
};

// The bytes of a package, for reading from the start. Its length and digest are checked here.
using OpenBlob = std::function<Result<File>(const Sha256& sha256)>;

// Follows the repository once as anybody would, and puts what it took into the file, which appears complete or not at
// all. first_root: the oldest root that an importer may hold. Reasons: those of TufClient, target.unknown,
// target.length, target.digest, mirror.selection (none, twice the same, too many), mirror.changed, what open answers,
// file.*.
struct ExportOrder {
  std::string_view first_root;
  FetchMetadata fetch;
  std::span<const std::string> target_paths;
  OpenBlob open;
  // Of these packages; others' are left out. Each is verified first: signature.*, evaluation.*.
  std::span<const BundleEvaluation> evaluations = {};
};
Result<BundleCounts> export_bundle(const std::filesystem::path& file, const ExportOrder& order, TufTime now);

struct ImportRules {
  std::string_view trusted_root;
  std::filesystem::path state_folder;  // of a TufClient: what was imported before bounds what may come
  // A bundle travels for longer than a timestamp lives, so this is how long ago its metadata may have expired. The
  // price: for so long an importer may be kept from news without noticing. Going back is noticed all the same.
  std::chrono::seconds expired_for_max = std::chrono::days(30);
};

// One verified package of a bundle. Lifetime: within the call that receives it.
struct BundlePackage {
  std::string_view path;  // "acme/vision/1.2.0.stoa"
  const Target& target;
  const File& file;
  std::uint64_t offset = 0;

  // The bytes, 1 MiB at most at a time. They are checked again: after an Error (target.digest: the file changed under
  // us) nothing of them may be kept.
  Result<void> read(const std::function<Result<void>(std::span<const std::byte>)>& take) const;
};

// An Error ends the import.
using ReceivePackage = std::function<Result<void>(const BundlePackage& package)>;
// Its signature is good, and it is about a package of the bundle. path: that package's.
using ReceiveEvaluation = std::function<Result<void>(std::string_view path, const BundleEvaluation& evaluation)>;
// What the metadata says today of a path that was imported before; null: nothing.
using HearOfKnown = std::function<Result<void>(const std::string& path, const Target* target)>;

struct Import {
  ReceivePackage package;
  ReceiveEvaluation evaluation = {};        // or empty
  std::span<const std::string> known = {};  // paths that were imported before
  HearOfKnown hear = {};                    // of each of them, before the packages; or empty
};

// Verifies the whole bundle and only then hands its packages over, in the order of its index. Nothing is held in memory
// but the index and a chunk. Reasons: mirror.* for the container's rules (truncated, trailing_bytes, not_canonical,
// ...; see container.hpp), mirror.index, mirror.unknown_entry, mirror.missing (a package of the index),
// mirror.evaluation (one that is none, or of no package here), signature.*; metadata.* of TufClient; target.unknown,
// target.length, target.digest; what import's functions answer.
Result<BundleCounts> import_bundle(const std::filesystem::path& file, const ImportRules& rules, TufTime now,
                                   const Import& import);

}  // namespace stoa::registry
