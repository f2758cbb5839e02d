// licensed_key.hpp: which licence, if any, lets this host open what is encrypted with a key.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "licensing/sealed/content_key.hpp"
#include "licensing/sealed/host_key.hpp"
#include "licensing/terms/holdings.hpp"
#include "licensing/terms/standing.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

struct KeyWanted {
  ContentKeyId key;
  std::string model, version;  // "acme/vision", "1.2.0"
};

// Of the licences held, one that covers the release, has the key wrapped for this host and stands at this moment; which
// it is. Of several that could, the one that comes furthest speaks. Errors, permission_denied: "licence.none",
// "licence.version", "content_key.none" (it carries no such key), "content_key.other_host", and of standing_of() those
// that refuse. None of them touches a key.
Result<const HeldLicence*> licence_for_key(std::span<const HeldLicence> held, const KeyWanted& wanted,
                                           const HostFacts& host, std::int64_t now_ms);

// That, and the key: of several licences that could, the first whose wrapped key opens. Errors: those; those of
// unwrap() where none does.
Result<ContentKey> licensed_key(std::span<const HeldLicence> held, const KeyWanted& wanted, const HostKey& host,
                                const HostFacts& facts, std::int64_t now_ms);

}  // namespace stoa::licensing
