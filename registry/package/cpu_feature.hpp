// cpu_feature.hpp: the words by which a manifest says what a processor must be able to do.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string_view>

namespace stoa::registry {

// From the least to the most demanding: the levels of the x86-64 psABI ("x86-64-v3"), then the kernel's own words for
// single features ("avx512_vnni"). Empty for an architecture that no package can be for.
std::span<const std::string_view> cpu_features_of(std::string_view arch);

// 1 for "x86-64-v1" to 4; 0 for every other word.
unsigned x86_64_level_of(std::string_view feature);

}  // namespace stoa::registry
