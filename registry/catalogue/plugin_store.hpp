// plugin_store.hpp: the rows of plugins, and whose a model's name is. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

struct PluginRecord {
  std::string name, publisher;              // "acme/vision", "acme"
  std::string state;                        // "listed" "delisted"
  std::optional<std::string> held_because;  // a name near another's: its releases wait for a reviewer
  std::int64_t created_ms = 0;
};

Result<std::optional<PluginRecord>> read_plugin(database::Connection& connection, std::string_view name);
// publisher empty: everybody's.
Result<std::vector<PluginRecord>> read_plugins(database::Connection& connection, std::string_view publisher);
Result<void> insert_plugin(database::Connection& connection, const PluginRecord& record);
// Writes state and hold.
Result<void> update_plugin(database::Connection& connection, const PluginRecord& record);

// The plugin besides this one that has a model of the name in a release that counts. Empty: the name is free.
Result<std::string> read_other_owner(database::Connection& connection, std::string_view model, std::string_view plugin);

}  // namespace stoa::registry
