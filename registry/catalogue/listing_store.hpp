// listing_store.hpp: what everybody may see of the catalogue, and what of it changed since a line of the audit log.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "registry/audit/audit_store.hpp"
#include "registry/catalogue/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

// A published or deprecated release of a listed plugin.
struct ListedRelease {
  ReleaseId id;
  std::string plugin, version;
  bool is_deprecated = false;
  std::int64_t published_ms = 0;
  std::shared_ptr<const std::vector<std::string>> models;  // "acme/classify"; most releases of a plugin share them
};

struct ListingChange {
  AuditHead head;
  bool is_whole = true;              // everything, and no plugin is named
  std::vector<std::string> plugins;  // all of which may have changed; those without a release below are not shown
  std::vector<ListedRelease> releases;
};

// What may have changed since a head of the audit log (change_store.hpp).
Result<ListingChange> read_listing(database::Connection& connection, const AuditHead& since);
// Of the plugin that has this model. Empty: nothing of it is shown.
Result<std::vector<ListedRelease>> read_listed_model(database::Connection& connection, std::string_view model);

}  // namespace stoa::registry
