// reserved_names.hpp: names that nobody gets without an operator's look. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string_view>

namespace stoa::registry {

// The platform's own, and words by which a stranger could speak for it.
std::span<const std::string_view> platform_words();
// Names that everybody knows, kept short on purpose: no judgement who owns a word, only that a reviewer asks.
std::span<const std::string_view> well_known_names();

}  // namespace stoa::registry
