// manifest_golden.hpp: the golden cases of a manifest, checked against its models and assets.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "registry/document/strict_json.hpp"
#include "registry/package/manifest.hpp"

namespace stoa::registry {

// Reads /golden into manifest.golden. Precondition: models and assets of the manifest are read and sound.
void read_golden(JsonObject& top, DocumentVerdict& verdict, Manifest& manifest);

}  // namespace stoa::registry
