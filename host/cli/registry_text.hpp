// registry_text.hpp: answers of a registry as text for people. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>
#include <string>

#include "host/client/http_client.hpp"

namespace stoa::cli {

// Members of a record by their path, "package.sha256"; absent: "-". Never a control character.
std::string member_text(const client::Json& record, const std::string& path);

// A row per record, the columns aligned under their names.
std::string table_text(const client::Json& records, std::initializer_list<const char*> columns);
// Of a page that has more behind it: how to ask for that; else nothing.
std::string earlier_text(const client::Json& page);
// A line per member; lists and objects in it one line each.
std::string record_text(const client::Json& record);
// The chain of checks of a release: a line each, with the reason where one did not pass.
std::string checks_text(const client::Json& checks);

}  // namespace stoa::cli
