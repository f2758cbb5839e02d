// release_rules.cpp: publishers that may publish, keys that count. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/release_rules.hpp"

#include <fmt/format.h>

#include "registry/catalogue/publisher_store.hpp"

namespace stoa::registry {

std::string subject_of(const ReleaseRecord& release) { return release.plugin + " " + release.version; }

std::string_view publisher_of(std::string_view plugin) { return plugin.substr(0, plugin.find('/')); }

Result<void> require_verified(const PublisherRecord& publisher) {
  if (publisher.state == "verified") return {};
  return failure(Code::failed_precondition, "publisher.state",
                 publisher.state == "pending"
                     ? fmt::format("publisher '{}' has no key yet; register one first", publisher.name)
                     : fmt::format("publisher '{}' is {}", publisher.name, publisher.state));
}

Result<void> require_key_counts(database::Connection& connection, const ReleaseRecord& release) {
  const std::string_view owner = publisher_of(release.plugin);
  const auto refusal = [&](std::string_view why) {
    return failure(Code::failed_precondition, "release.key", fmt::format("{} {}", subject_of(release), why));
  };
  if (release.key.hex.empty()) return refusal("is signed by no key that is known here");
  const auto key = read_key(connection, owner, release.key);
  if (!key && key.error().code == Code::not_found)
    return refusal(fmt::format("is signed by {}, which is no key of '{}'", release.key.hex, owner));
  if (!key) return std::unexpected(key.error());
  if (key->role != kReleaseKey)
    return refusal(fmt::format("is signed by {}, which is a key for {}s alone", release.key.hex, key->role));
  const std::int64_t came_ms = release.submitted_ms.value_or(0);
  if (key->is_active_at(came_ms)) return {};
  return refusal(fmt::format("came at {} ms, signed by key {} that was {} then", came_ms, release.key.hex,
                             key->state_at(came_ms)));
}

}  // namespace stoa::registry
