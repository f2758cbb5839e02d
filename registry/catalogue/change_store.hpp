// change_store.hpp: what acts were about since a place in the audit log: what else there is has not changed.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "registry/audit/audit_store.hpp"
#include "registry/catalogue/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

// Every act has its line (C2), and the line its subject: "acme/vision 1.2.0", "acme/vision", "acme/classify@champion".
struct ChangedNames {
  AuditHead head;         // all up to it is in here
  bool is_whole = false;  // since is no place in this log, or so much happened that all is read faster: no name below
  std::map<std::string, std::set<std::string>> releases;  // plugin -> versions
  // Plugins and models (the two look alike), with how many lines there are about each.
  std::map<std::string, std::size_t> names;
};
// since: a head of this log, as an earlier call gave it. The hash tells a restored catalogue from the one that was
// seen.
Result<ChangedNames> read_changed_names(database::Connection& connection, const AuditHead& since);

// Whether this log has been there. A head without lines is no place.
Result<bool> is_place(database::Connection& connection, const AuditHead& head);

// When the last act was, by the registry's time; 0 where there was none.
Result<std::int64_t> read_last_act_ms(database::Connection& connection);

// The last act on a subject whose name begins so; empty where there was none.
Result<std::string> last_act_on(database::Connection& connection, std::string_view subject, std::string_view prefix);

// Versions that were signed, and that a restored catalogue does not have: a line of the log holds each for its package.
inline constexpr std::string_view kHoldVersion = "metadata.hold";
std::string held_subject_of(std::string_view plugin, std::string_view version);  // without build metadata
// The digest in hexadecimal digits; empty: nobody holds it.
Result<std::string> read_held_package(database::Connection& connection, std::string_view plugin,
                                      std::string_view version);
// Of a release whose version is held for other bytes: already_exists "release.version_taken".
Result<void> require_held_package(database::Connection& connection, const ReleaseRecord& release);

}  // namespace stoa::registry
