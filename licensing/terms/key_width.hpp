// key_width.hpp: what a key may hand on, and under which key's name rate and budget are counted.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>

#include "licensing/terms/api_key.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// So many keys, each made by the one before; who follows them looks no further.
inline constexpr int kGenerationsMax = 8;

// By rotation a key stays the same user under another id: the one it had first.
inline const ApiKeyId& first_of(const ApiKey& key) { return key.first.text.empty() ? key.id : key.first; }

// Neither counts after it; nothing: without an end.
std::optional<std::int64_t> end_of(const ApiKey& key);

// Of scopes, models and end. Error: permission_denied "key.wider" with the field and both values.
Result<void> require_no_wider(const ApiKey& key, const ApiKey& asking);

enum class SharedLimit : std::uint8_t { rate, budget };
constexpr SharedLimit kSharedLimits[] = {SharedLimit::rate, SharedLimit::budget};
bool has(const ApiKey& key, SharedLimit limit);

// The first key of those by whose rate or budget this one's calls are counted: a key that has one hands it on, and
// never another beside it. So however many keys it makes, all of them together use no more of it. find: the key of that
// id, which first_of() gives; null: there is none.
template <class Find>
ApiKeyId user_of(const ApiKey& key, SharedLimit limit, Find&& find) {
  ApiKeyId user = first_of(key);
  const ApiKey* elder = key.made_by.text.empty() ? nullptr : find(key.made_by);
  for (int steps = 0; elder != nullptr && has(*elder, limit) && steps < kGenerationsMax; ++steps) {
    user = first_of(*elder);
    elder = elder->made_by.text.empty() ? nullptr : find(elder->made_by);
  }
  return user;
}

}  // namespace stoa::licensing
