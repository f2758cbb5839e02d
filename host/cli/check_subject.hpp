// check_subject.hpp: a staging folder or a package as what the conformance kit examines.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "licensing/sealed/clear_asset.hpp"
#include "registry/package/manifest.hpp"
#include "sdk/check/subject.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

// Where the files lie, and what the manifest says; a package has been extracted.
struct CheckTarget {
  std::filesystem::path folder;
  registry::Manifest manifest;
};

// A folder of stoa_add_plugin() (the author's manifest), or one a package was extracted into (the packed one).
Result<CheckTarget> read_check_target(const std::filesystem::path& folder);

// Reads the golden values, lints the library (its code does not run), and loads it (its static constructors do).
// content_keys: the files of those that its assets are encrypted with. Errors, besides: permission_denied
// "check.content_key" (an asset is encrypted with another).
struct LoadedSubject {
  check::Subject subject;
  std::vector<licensing::ClearAsset> clear;  // where subject's assets lie, for as long as the case runs
};
Result<LoadedSubject> load_subject(const CheckTarget& target, const std::vector<std::string>& content_keys);

}  // namespace stoa::cli
