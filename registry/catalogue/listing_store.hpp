// listing_store.hpp: what everybody may see of the catalogue, and what of it changed since a line of the audit log.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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
  std::int64_t line = 0;             // of the audit log: everything up to it is in here
  std::vector<std::string> plugins;  // all of which may have changed; those without a release below are not shown
  std::vector<ListedRelease> releases;
};

// Every step of a release and of a plugin has its line in the audit log (C2), so what has no line since then has not
// changed. since_line 0: everything, and no plugin is named.
Result<ListingChange> read_listing(database::Connection& connection, std::int64_t since_line);
// Of the plugin that has this model. Empty: nothing of it is shown.
Result<std::vector<ListedRelease>> read_listed_model(database::Connection& connection, std::string_view model);

}  // namespace stoa::registry
