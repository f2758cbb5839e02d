// wrapped_key.hpp: a content key in a licence: only the host it is for opens it, and only under that licence.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "licensing/sealed/content_key.hpp"
#include "licensing/sealed/host_key.hpp"
#include "licensing/terms/licence.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// Which licence a key is wrapped for: in another, or in another serial of the same, it does not open.
struct WrappedFor {
  LicenceId licence;
  std::uint32_t serial = 1;
};

WrappedKey wrap(const ContentKey& key, const HostPublicKey& host, const WrappedFor& licence);

// Errors: permission_denied "content_key.other_host" (wrapped for another host's key), "content_key.wrapped" (does not
// open: changed, of another licence), "content_key.other_key" (what it opens to has another id).
Result<ContentKey> unwrap(const WrappedKey& wrapped, const HostKey& host, const WrappedFor& licence);

}  // namespace stoa::licensing
