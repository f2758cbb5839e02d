// package_report.hpp: a verified package as text for people and as JSON for scripts.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "registry/package/package_reader.hpp"

namespace stoa::cli {

std::string package_text(const registry::Package& package);
std::string package_json(const registry::Package& package);

}  // namespace stoa::cli
