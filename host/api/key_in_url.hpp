// key_in_url.hpp: finds API keys in targets, where they do not belong, and takes them out of what is logged.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace stoa::api {

// Whether a segment of the path or a value of the query begins as a key does, also percent-encoded. No allocation.
bool has_key(std::string_view target) noexcept;

// The target with "sk_..." in place of each segment and value that has a key anywhere in it.
std::string without_keys(std::string_view target);

}  // namespace stoa::api
