// package_source.hpp: the crossing from a verified package (registry) to what the runtime loads.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>

#include "host/runtime/plugin_source.hpp"
#include "registry/package/manifest.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// folder holds the package's files under their paths in the manifest. Takes the library of the platform that
// asks for most of those that fit this machine.
// Errors: unimplemented "package.platform" (says what is offered and what this machine is), invalid_argument
// "package.golden" (a golden value that cannot be read). Encrypted assets refuse to open until decrypt_with() is
// called.
Result<runtime::PluginSource> plugin_source(const registry::Manifest& manifest, const std::filesystem::path& folder);

}  // namespace stoa::app
