// registry_policy_config.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/registry_policy_config.hpp"

#include "host/app/config_section.hpp"

namespace stoa::app {
namespace {

// One of the two lists. Without built_in what stands here is all there is.
void read_licence_lists(Section& licences, const char* key, const registry::LicenceLists& built_in,
                        registry::LicenceRules& rules) {
  licences.section(key, [&](Section& section) {
    registry::LicenceLists lists;
    bool is_on_top = true;
    section.flag("built_in", is_on_top);
    section.texts("allowed", lists.allowed);
    section.texts("workers_only", lists.workers_only);
    section.texts("review", lists.review);
    section.texts("denied", lists.denied);
    section.text("otherwise", lists.otherwise);
    // Read alone first: what stands twice here is a slip, what stands in the built-in lists, too, is moved.
    auto read = registry::LicenceRules::parse(lists);
    if (read && is_on_top) read = registry::LicenceRules::parse(registry::on_top_of(built_in, lists));
    if (read)
      rules = std::move(*read);
    else
      licences.fail(key, "value", read.error().message);
  });
}

void read_mib(Section& section, const char* key, std::uint64_t& bytes, std::uint64_t mib_max) {
  std::uint64_t mib = 0;
  section.number<std::uint64_t>(key, mib, 1, mib_max);
  if (mib > 0) bytes = mib << 20;
}

}  // namespace

void read_registry_policy(Section& section, RegistryPolicyConfig& policy) {
  section.flag("backports", policy.backports);
  section.flag("golden_required", policy.golden_required);
  read_mib(section, "package_mib", policy.package_bytes_max, 1u << 20);
  read_mib(section, "file_mib", policy.file_bytes_max, registry::kEntryBytesMax >> 20);
  section.number<std::size_t>("files_max", policy.files_max, 1, 1u << 16);
  section.section("licences", [&](Section& licences) {
    read_licence_lists(licences, "code", registry::default_code_licences(), policy.licences.code);
    read_licence_lists(licences, "weights", registry::default_weights_licences(), policy.licences.weights);
  });
}

}  // namespace stoa::app
