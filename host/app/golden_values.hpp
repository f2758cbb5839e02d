// golden_values.hpp: a golden tensor of the manifest as a typed part. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>

#include "host/runtime/part.hpp"
#include "registry/package/manifest.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// kind: the port's. folder holds the package's assets. Error: invalid_argument "package.golden".
Result<runtime::InputPart> golden_part(const registry::GoldenTensor& tensor, runtime::PartKind kind,
                                       const std::filesystem::path& folder);

}  // namespace stoa::app
