// check_store.cpp: SQL of checks. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/check_store.hpp"

namespace stoa::registry {

Result<void> replace_checks(database::Connection& connection, const ReleaseId& id,
                            const std::vector<CheckRecord>& checks) {
  if (auto gone = connection.run("DELETE FROM checks WHERE release = ?", id.text); !gone)
    return std::unexpected(gone.error());
  std::int64_t place = 0;
  for (const CheckRecord& check : checks) {
    auto row = connection.run("INSERT INTO checks VALUES(?, ?, ?, ?, ?, ?, ?)", id.text, place++, check.name,
                              check.verdict, check.reason, check.message, check.took_us);
    if (!row) return std::unexpected(row.error());
  }
  return {};
}

Result<std::vector<CheckRecord>> read_checks(database::Connection& connection, const ReleaseId& id) {
  std::vector<CheckRecord> checks;
  auto rows = connection.query(
      "SELECT name, verdict, reason, message, took_us FROM checks WHERE release = ? ORDER BY place", id.text);
  while (rows.next())
    checks.push_back({std::string(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(2)),
                      std::string(rows.text(3)), rows.integer(4)});
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return checks;
}

}  // namespace stoa::registry
