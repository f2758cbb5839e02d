// mirror_import.hpp: a bundle's way into a folder of packages and a registry, and what its metadata says of what came
// before. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>

#include "host/cli/registry_option.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

struct ImportPlan {
  std::filesystem::path bundle, root;
  std::filesystem::path folder;  // empty: only verified
  std::filesystem::path state;
  HttpClient* registry = nullptr;  // published there, too; null: nowhere
};

// {"packages","bytes","evaluations","items":[…],"revoked":[…]} as docs/reference/mirror.md has it.
Result<Json> import_from(const ImportPlan& plan);

}  // namespace stoa::cli
