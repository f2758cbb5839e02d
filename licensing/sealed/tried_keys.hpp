// tried_keys.hpp: which wrapped keys open with this host's key: tried once each. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <map>

#include "licensing/sealed/host_key.hpp"
#include "licensing/sealed/wrapped_key.hpp"
#include "registry/document/digest.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// Whoever looks several times a second whether a key would be given needs neither the host's private key nor its
// arithmetic again: what is wrapped for a key opens with it for ever, or never. Another key than that, which may lie
// there for a while, says nothing for later. Keeps digests, and no key. Thread: one at a time.
class TriedKeys {
 public:
  // Errors: those of unwrap(). host: asked for where this was not tried yet; what it fails with is told, and tried
  // again the next time: never permission_denied, which is unwrap()'s refusal.
  Result<void> opens(const WrappedKey& wrapped, const WrappedFor& licence,
                     const std::function<Result<HostKey>()>& host);

 private:
  std::map<registry::Sha256, Result<void>> tried_;  // by all that unwrap() looks at
};

}  // namespace stoa::licensing
