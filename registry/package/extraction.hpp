// extraction.hpp: a package's libraries and assets as files that can be mapped and loaded.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "registry/package/package_reader.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

struct ExtractedFile {
  std::string path;            // as in the manifest
  std::filesystem::path file;  // absolute; mode 0444
  std::uint64_t size = 0;
};

struct ExtractedPackage {
  std::filesystem::path folder;  // root/<publisher>-<plugin>-<version>-<16 digits of the manifest's SHA-256>
  std::vector<ExtractedFile> libraries, assets;  // in the manifest's order
};

enum class ExtractPolicy {
  trusted_only,  // refuse what require_trusted() refuses
  any,           // an author's own package, on the author's machine
};

// Hashes every byte again while it is written: the file may have changed since it was verified. A folder of the same
// content that is already there is verified and used again. On any error nothing is left under root, and what a process
// that died half-way left there is removed first.
Result<ExtractedPackage> extract_package(const Package& package, const std::filesystem::path& root,
                                         ExtractPolicy policy = ExtractPolicy::trusted_only);

}  // namespace stoa::registry
