// canonical_json.hpp: OLPC canonical JSON, the bytes that TUF signs, and the strict reading of what it can express.
// Source: the TUF specification 1.0, section 4.2, and wiki.laptop.org/go/Canonical_JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "stoa/result.hpp"

namespace stoa::registry {

// Keys in the order of their bytes, which is the order that is signed.
using SortedJson = nlohmann::json;

// Depth: a target's custom facts lie at the sixth level; the rest is for fields of a later specification.
inline constexpr std::size_t kMetadataDepthMax = 16;

// Refuses what has no canonical form or more than one reading: floats, integers beyond +-(2^53 - 1) (other clients hold
// them as doubles), duplicate keys, keys that are not printable ASCII (others sort by UTF-16), a NUL in a string, depth
// over kMetadataDepthMax. The caller bounds the size. Reasons: metadata.json, .float, .integer, .duplicate_key, .key,
// .nul_character, .too_deep.
Result<SortedJson> parse_canonical_json(std::string_view text);

// No white space, keys sorted, only " and \ escaped. Pre: value is made of what parse_canonical_json accepts.
std::string canonical_json(const SortedJson& value);

}  // namespace stoa::registry
