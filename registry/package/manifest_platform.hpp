// manifest_platform.hpp: what one platform of a manifest needs of a machine.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "registry/document/strict_json.hpp"
#include "registry/package/manifest.hpp"

namespace stoa::registry {

// Reads os, arch, libc, libc_min, cpu and gpu of /platforms/<i> into platform.
void read_platform_needs(JsonObject& object, DocumentVerdict& verdict, PlatformDeclaration& platform);

}  // namespace stoa::registry
