// release_rules.hpp: what several acts on releases ask. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "registry/catalogue/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

// Of the audit log: "acme/vision 1.2.0".
std::string subject_of(const ReleaseRecord& release);
std::string_view publisher_of(std::string_view plugin);

// failed_precondition "publisher.state".
Result<void> require_verified(const PublisherRecord& publisher);
// Rules K1 and K2: the key was the publisher's and active when its signature came, by the registry's clock; the
// signer's own date proves nothing. failed_precondition "release.key".
Result<void> require_key_counts(database::Connection& connection, const ReleaseRecord& release);

}  // namespace stoa::registry
