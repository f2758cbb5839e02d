// asking_key.hpp: the key by which a customer acts on its keys, and what that may make of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "licensing/book/actor.hpp"
#include "licensing/book/records.hpp"
#include "registry/database/sqlite_store.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// Invariant: by a key nobody gets past its limits. What it makes is no wider than itself, and shares its rate and
// budget; it replaces and revokes what is no wider, and never those by which it was made.
struct AskingKey {
  ApiKey key;
  std::vector<ApiKey> elders;  // by which it was made, the nearest first; each as its first id stands in the book
};

// Nothing: an operator acts, whom this does not limit. Errors: "key.revoked", "key.expired", "key.rotated": since the
// actor was authenticated.
Result<std::optional<AskingKey>> read_asking(database::Connection& connection, const Actor& actor, std::int64_t now_ms);

// Gives a new key what it leaves out, and notes whose it is. Errors: "key.wider"; "key.generations";
// failed_precondition "key.state": the asking key was rotated, which would soon end what it makes.
Result<void> hand_on(const AskingKey& asking, ApiKey& made);

// Errors: "key.elder", "key.wider".
Result<void> require_its_own(database::Connection& connection, const AskingKey& asking, const ApiKey& key);

}  // namespace stoa::licensing
