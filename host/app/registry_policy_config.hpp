// registry_policy_config.hpp: of the section [registry], what a submitted package has to be like.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "registry/checks/licence_policy.hpp"
#include "registry/package/manifest.hpp"

namespace stoa::app {

class Section;

struct RegistryPolicyConfig {
  bool backports = false;        // 1.2.5 after 1.3.0: a reviewer decides; false: refused
  bool golden_required = false;  // a package without golden cases is refused; false: a reviewer decides
  std::uint64_t package_bytes_max = std::uint64_t{16} << 30, file_bytes_max = registry::kEntryBytesMax;
  std::size_t files_max = 1024;  // libraries and assets of a package
  registry::LicencePolicy licences = registry::default_licence_policy();
};

// The keys of [registry] that it reads: what a host that follows leaves to the other one.
inline constexpr const char* kRegistryPolicyKeys[] = {"backports", "golden_required", "package_mib",
                                                      "file_mib",  "files_max",       "licences"};

void read_registry_policy(Section& section, RegistryPolicyConfig& policy);

}  // namespace stoa::app
