// package_report.hpp: a verified package as text for people and as JSON for scripts.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "registry/package/package_reader.hpp"

namespace stoa::cli {

std::string package_text(const registry::Package& package);
std::string package_json(const registry::Package& package);

// What a command did, as a flat JSON object with the keys in this order.
using ReportValue = std::variant<std::string, std::uint64_t, bool>;
std::string flat_json(const std::vector<std::pair<std::string_view, ReportValue>>& fields);

}  // namespace stoa::cli
