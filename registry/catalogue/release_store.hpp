// release_store.hpp: the rows of plugins, releases, their models and their checks. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/catalogue/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

struct PluginRecord {
  std::string name, publisher;              // "acme/vision", "acme"
  std::string state;                        // "listed" "delisted"
  std::optional<std::string> held_because;  // a name near another's: its releases wait for a reviewer
  std::int64_t created_ms = 0;
};

Result<std::optional<PluginRecord>> read_plugin(database::Connection& connection, std::string_view name);
Result<std::vector<PluginRecord>> read_plugins(database::Connection& connection, std::string_view publisher);
Result<void> insert_plugin(database::Connection& connection, const PluginRecord& record);
Result<void> update_plugin(database::Connection& connection, const PluginRecord& record);

// A version without its build metadata: what makes two versions one.
std::string version_key_of(std::string_view version);

Result<void> insert_release(database::Connection& connection, const ReleaseRecord& record);
// Writes all but id, plugin, version and the time it was made, and its models.
Result<void> update_release(database::Connection& connection, const ReleaseRecord& record);
// not_found "release.unknown".
Result<ReleaseRecord> read_release(database::Connection& connection, const ReleaseId& id);
// The one that holds the version (build metadata ignored). Nothing: it is free.
Result<std::optional<ReleaseRecord>> find_release(database::Connection& connection, std::string_view plugin,
                                                  std::string_view version);
// The releases whose package has this digest.
Result<std::vector<ReleaseRecord>> find_package(database::Connection& connection, const Sha256& package_sha256);

struct ReleaseFilter {
  std::string publisher, plugin, model, task;  // each empty: any
  std::optional<ReleaseState> state;
  std::string text;   // in the plugin's or a model's name, its description or task
  std::string after;  // id of the last one seen; empty: from the newest
  std::size_t most = 50;
  bool with_manifest = false;
};
// From the newest back.
Result<std::vector<ReleaseRecord>> read_releases(database::Connection& connection, const ReleaseFilter& filter);
// Bytes of the packages that count against a publisher's quota, each package once.
Result<std::uint64_t> stored_bytes(database::Connection& connection, std::string_view publisher);

Result<void> replace_checks(database::Connection& connection, const ReleaseId& id,
                            const std::vector<CheckRecord>& checks);
Result<std::vector<CheckRecord>> read_checks(database::Connection& connection, const ReleaseId& id);

}  // namespace stoa::registry
