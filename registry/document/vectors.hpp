// vectors.hpp: where the tests find test vectors that others published.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdlib>
#include <filesystem>

namespace stoa::registry {

inline std::filesystem::path vectors_folder() {
  if (const char* given = std::getenv("STOA_VECTORS_DIR")) return given;
  const char* source = std::getenv("STOA_SOURCE_DIR");
  return std::filesystem::path(source ? source : ".") / ".." / "shared" / "vectors";
}

}  // namespace stoa::registry
