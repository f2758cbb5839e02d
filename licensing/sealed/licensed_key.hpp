// licensed_key.hpp: which licence, if any, lets this host open what is encrypted with a key.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "licensing/sealed/content_key.hpp"
#include "licensing/sealed/host_key.hpp"
#include "licensing/sealed/wrapped_key.hpp"
#include "licensing/terms/holdings.hpp"
#include "licensing/terms/standing.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

struct KeyWanted {
  ContentKeyId key;
  std::string model, version;  // "acme/vision", "1.2.0"
};

// Of the licences held, the first that covers the release, has the key wrapped for this host, stands at this moment,
// and whose wrapped key opens. Where none does, the one that comes furthest speaks. Errors, permission_denied:
// "licence.none", "licence.version", "content_key.none" (it carries no such key), "content_key.other_host", of
// standing_of() those that refuse, of unwrap() all.
Result<ContentKey> licensed_key(std::span<const HeldLicence> held, const KeyWanted& wanted, const HostKey& host,
                                const HostFacts& facts, std::int64_t now_ms);

// Whether that would be given, and else why not. opens: as unwrap() without the key, for this host; only what stands is
// asked for. What it fails with otherwise than by permission_denied is no refusal: where no licence opens, it is told
// before every refusal, since that licence might have opened.
using KeyTrial = std::function<Result<void>(const WrappedKey&, const WrappedFor&)>;
Result<void> may_open(std::span<const HeldLicence> held, const KeyWanted& wanted, const HostFacts& facts,
                      std::int64_t now_ms, const KeyTrial& opens);

}  // namespace stoa::licensing
