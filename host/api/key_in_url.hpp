// key_in_url.hpp: finds API keys in targets, where they do not belong, and takes them out of what is logged.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace stoa::api {

// Whether something in it begins as a key does where a word begins, also percent-encoded, once or twice; or a whole key
// stands anywhere. No allocation.
bool has_key(std::string_view target) noexcept;

// The target with "sk_..." in place of each segment and value that has a key anywhere in it.
std::string without_keys(std::string_view target);

}  // namespace stoa::api
