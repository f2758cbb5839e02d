// manifest_fuzz.cpp: any bytes to both manifest parsers; what they accept must hold what they promise.
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <string_view>

#include "registry/package/manifest.hpp"
#include "registry/package/manifest_grammar.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const stoa::Result<stoa::registry::Manifest>& manifest) {
  if (!manifest) {
    require(manifest.error().reason.starts_with("manifest.") && !manifest.error().message.empty());
    for (const char c : manifest.error().message) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    return;
  }
  require(!manifest->platforms.empty() && !manifest->models.empty());
  for (const auto& platform : manifest->platforms) require(stoa::registry::is_package_path(platform.library));
  for (const auto& asset : manifest->assets) require(stoa::registry::is_package_path(asset.path));
  for (const auto& model : manifest->models) require(!model.inputs.empty() && !model.outputs.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(stoa::registry::parse_manifest(text));
  check(stoa::registry::parse_source_manifest(text));
  return 0;
}
