// sdk_location.hpp: where the SDK and the templates lie, found from where this executable lies.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>

#include "stoa/result.hpp"

namespace stoa::cli {

struct SdkLocation {
  std::filesystem::path config;     // folder of stoa_sdk-config.cmake, for -Dstoa_sdk_DIR
  std::filesystem::path templates;  // folder with one folder per language
};

// Installed: <prefix>/bin/stoa beside <prefix>/lib/cmake/stoa_sdk and <prefix>/share/stoa/template. In a build tree
// (bin/stoa beside CMakeCache.txt) the SDK is first installed into <build>/stoa-sdk, so that a plugin always builds
// against an installed SDK, as a partner's does. Reason: sdk.not_found, sdk.install.
Result<SdkLocation> find_sdk();

// The templates alone; installs nothing. Reason: sdk.not_found.
Result<std::filesystem::path> find_templates();

}  // namespace stoa::cli
